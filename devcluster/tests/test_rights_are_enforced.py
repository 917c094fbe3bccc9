"""Authentication and role-based access control over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from devcluster import Cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
AUDIENCE = "https://kubernetes.default.svc"


@pytest.fixture
async def bot(api: Any, namespace: str) -> Any:
    """A client that acts as the service account t/bot, which has no rights yet."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot"}}
    await api.create(f"{namespace}/serviceaccounts", account)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [AUDIENCE]}}
    issued = await api.create(f"{namespace}/serviceaccounts/bot/token", request)
    return api.acting_as(issued["status"]["token"])


async def grant(api: Any, rule: dict[str, Any], *, everywhere: bool = False, subject: Any = None) -> None:
    """Bind a new role with one rule to the bot, in namespace t or everywhere."""
    kind, place = ("ClusterRole", RBAC) if everywhere else ("Role", f"{RBAC}/namespaces/t")
    plural = f"{kind.lower()}s"
    meta = {"name": "granted"}
    version = "rbac.authorization.k8s.io/v1"
    await api.create(f"{place}/{plural}", {"apiVersion": version, "kind": kind, "metadata": meta, "rules": [rule]})
    binding = {
        "apiVersion": version,
        "kind": f"{kind}Binding",
        "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "granted"},
        "subjects": [subject or {"kind": "ServiceAccount", "name": "bot", "namespace": "t"}],
    }
    await api.create(f"{place}/{kind.lower()}bindings", binding)


SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}


@pytest.mark.parametrize(
    ("rule", "request_line", "allowed"),
    [
        pytest.param(SECRETS, "GET secrets", True, id="a granted verb is allowed"),
        pytest.param(SECRETS, "GET secrets?watch=true", False, id="watch is a verb of its own"),
        pytest.param(SECRETS, "GET configmaps", False, id="another resource is refused"),
        pytest.param(SECRETS | {"apiGroups": ["apps"]}, "GET secrets", False, id="another group is refused"),
        pytest.param(SECRETS | {"verbs": ["*"]}, "DELETE secrets", True, id="a star grants deletecollection"),
        pytest.param(SECRETS | {"resourceNames": ["a"]}, "GET secrets/a", True, id="a named object is allowed"),
        pytest.param(SECRETS | {"resourceNames": ["a"]}, "GET secrets/b", False, id="another name is refused"),
        pytest.param(SECRETS | {"resourceNames": ["a"]}, "GET secrets", False, id="a list has no name"),
        pytest.param(
            SECRETS | {"resourceNames": ["a"]},
            "GET secrets?fieldSelector=metadata.name%3Da",
            True,
            id="a list of one name counts as that name",
        ),
    ],
)
async def test_rules_decide(
    api: Any, bot: Any, namespace: str, rule: dict[str, Any], request_line: str, allowed: bool
) -> None:
    await grant(api, rule)
    method, path = request_line.split()
    status, _ = await bot.call(method, f"{namespace}/{path}")
    assert (status != 403) is allowed


async def test_nothing_is_allowed_before_a_binding_and_after_its_removal(api: Any, bot: Any, namespace: str) -> None:
    assert (await bot.call("GET", f"{namespace}/secrets"))[0] == 403
    await grant(api, SECRETS)
    assert (await bot.call("GET", f"{namespace}/secrets"))[0] == 200
    await api.call("DELETE", f"{RBAC}/namespaces/t/rolebindings/granted")
    assert (await bot.call("GET", f"{namespace}/secrets"))[0] == 403


async def test_a_role_binding_holds_in_its_namespace_only(api: Any, bot: Any) -> None:
    await grant(api, SECRETS)
    assert (await bot.call("GET", "/api/v1/namespaces/default/secrets"))[0] == 403
    assert (await bot.call("GET", "/api/v1/secrets"))[0] == 403


@pytest.mark.parametrize("group", ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:t"])
async def test_groups_of_service_accounts(api: Any, bot: Any, group: str) -> None:
    await grant(api, SECRETS, everywhere=True, subject={"kind": "Group", "name": group})
    assert (await bot.call("GET", "/api/v1/secrets"))[0] == 200


async def test_apply_that_creates_needs_the_right_to_create(
    api: Any, bot: Any, namespace: str, builders: dict[str, Callable[..., Any]]
) -> None:
    await grant(api, SECRETS | {"verbs": ["patch"]})
    status, body = await bot.apply(f"{namespace}/secrets/a", builders["secret"]("a"))
    assert (status, "cannot create" in body["message"]) == (403, True)
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    assert (await bot.apply(f"{namespace}/secrets/a", builders["secret"]("a"), force="true"))[0] == 200


async def test_status_is_a_right_of_its_own(api: Any, bot: Any, namespace: str) -> None:
    await grant(api, {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch", "get"]})
    path = f"{namespace.replace('/api/v1', '/apis/apps/v1')}/deployments/d/status"
    status, body = await bot.call("GET", path)
    assert (status, 'resource "deployments/status"' in body["message"]) == (403, True)


async def test_paths_are_granted_too(api: Any, bot: Any) -> None:
    assert (await bot.call("GET", "/metrics"))[0] == 403
    await grant(api, {"nonResourceURLs": ["/met*"], "verbs": ["get"]}, everywhere=True)
    assert (await bot.call("GET", "/metrics"))[0] == 404


async def test_a_token_ends_with_its_account(api: Any, bot: Any, namespace: str) -> None:
    assert (await bot.call("GET", "/api"))[0] == 200
    await api.call("DELETE", f"{namespace}/serviceaccounts/bot")
    assert (await bot.call("GET", "/api"))[0] == 401


async def test_a_forged_token_is_refused(bot: Any) -> None:
    head, body, signature = bot.token.split(".")
    forged = bot.acting_as(f"{head}.{body}.{signature[::-1]}")
    assert (await forged.call("GET", "/api"))[0] == 401


async def test_a_token_for_others_opens_nothing_but_is_reviewed(api: Any, bot: Any, namespace: str) -> None:
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["vault"]}}
    issued = (await api.create(f"{namespace}/serviceaccounts/bot/token", request))["status"]["token"]
    assert (await bot.acting_as(issued).call("GET", "/api"))[0] == 401
    for audience, authenticated in (("vault", True), ("other", False)):
        spec = {"token": issued, "audiences": [audience]}
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        answer = await api.create("/apis/authentication.k8s.io/v1/tokenreviews", review)
        assert answer["status"]["authenticated"] is authenticated


async def test_lifetimes_below_ten_minutes_are_refused(api: Any, bot: Any, namespace: str) -> None:
    spec = {"audiences": [AUDIENCE], "expirationSeconds": 60}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    status, body = await api.call("POST", f"{namespace}/serviceaccounts/bot/token", request)
    assert (status, body["details"]["causes"][0]["field"]) == (422, "spec.expirationSeconds")


@pytest.mark.parametrize(("verb", "allowed"), [("get", True), ("delete", False)])
async def test_reviews_agree_with_enforcement(api: Any, bot: Any, verb: str, allowed: bool) -> None:
    await grant(api, SECRETS)
    asked = {"verb": verb, "resource": "secrets", "namespace": "t"}
    version = "authorization.k8s.io/v1"
    own = {"apiVersion": version, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
    mine = await bot.create(f"/apis/{version}/selfsubjectaccessreviews", own)
    spec = {"resourceAttributes": asked, "user": "system:serviceaccount:t:bot"}
    of = {"apiVersion": version, "kind": "SubjectAccessReview", "spec": spec}
    theirs = await api.create(f"/apis/{version}/subjectaccessreviews", of)
    assert mine["status"]["allowed"] is theirs["status"]["allowed"] is allowed


async def test_who_am_i(bot: Any) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = await bot.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert answer["status"]["userInfo"]["username"] == "system:serviceaccount:t:bot"


async def test_the_admin_may_act_as_others_and_others_may_not(api: Any, bot: Any, namespace: str) -> None:
    path = f"{namespace}/secrets"
    assert (await api.call("GET", path, Impersonate_User="system:serviceaccount:t:bot"))[0] == 403
    status, body = await bot.call("GET", path, Impersonate_User="somebody")
    assert (status, "impersonate" in body["message"]) == (403, True)


async def test_the_log_names_who_did_what(cluster: Cluster, bot: Any, namespace: str) -> None:
    cluster.requests.clear()
    await bot.call("GET", f"{namespace}/secrets/a")
    (logged,) = cluster.requests
    assert logged[1:] == ("system:serviceaccount:t:bot", "get", "", "secrets", "", "t", "a", 403)
