"""What is pushed to another cluster, what is taken over there, and what a deletion leaves alone."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from secrets_operator_kubernetes.push_settings import PushSettings
from secrets_operator_kubernetes.pushed_secrets import pushed, without

from secrets_operator.errors import Terminal
from secrets_operator.provider import Absent, Deleted, Failed, Present, Push, Pushed, Rejected, RemoteEntry
from secrets_operator.provider.memory import push_of

CHANGED, UNCHANGED = Pushed(changed=True), Pushed(changed=False)
HEAD = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"}
LABELS = {"team": "shop", "argocd.argoproj.io/instance": "shop", "reconcile.external-secrets.io/managed": "true"}


def entry(name: str = "", key: str = "app", **spec: Any) -> RemoteEntry:
    return RemoteEntry(key, name, {**HEAD, "spec": spec} if spec else {})


def push_to(
    to: RemoteEntry, data: Mapping[str, bytes], secret_key: str = "", *, kind: str = "Opaque", **labels: str
) -> Push:
    push = push_of(to, data, secret_key)
    return replace(push, source=replace(push.source, type=kind, labels=labels))


def secret(data: Mapping[str, bytes], *, ours: str = "", made: bool = False, **fields: Any) -> dict[str, Any]:
    """A Secret as an API server shows it; ``ours`` are the keys that a push wrote."""
    owned: dict[str, Any] = {"f:data": {f"f:{key}": {} for key in ours.split()}} | ({"f:type": {}} if made else {})
    entries = [{"manager": "kubectl", "fieldsV1": {"f:data": {f"f:{key}": {} for key in data}}}]
    entries += [{"manager": "pushsecrets.external-secrets.io", "fieldsV1": owned}] if ours else []
    metadata = {"name": "app", "resourceVersion": "7", "managedFields": entries, **fields.pop("metadata", {})}
    return {"kind": "Secret", "type": "Opaque", "metadata": metadata, "data": encoded(data), **fields}


def encoded(data: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in data.items()}


def decoded(found: Mapping[str, Any]) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}


@pytest.mark.parametrize(
    ("push", "there", "data"),
    [
        pytest.param(push_to(entry(), {"a": b"1"}), None, {"a": b"1"}, id="all keys, none there -> made"),
        pytest.param(
            push_to(entry(), {"a": b"\xff", "b": b"2"}),
            {"a": b"0", "c": b"3"},
            {"a": b"\xff", "b": b"2"},
            id="all keys -> replaced",
        ),
        pytest.param(
            push_to(entry("x"), {"a": b"1"}, "a"), {"c": b"3"}, {"c": b"3", "x": b"1"}, id="one key -> merged"
        ),
        pytest.param(
            push_to(entry("x"), {"b": b"<2>", "a": b"1"}),
            None,
            {"x": b'{"a":"1","b":"<2>"}'},
            id="all keys -> JSON in a key",
        ),
        pytest.param(push_to(entry(), {"a": b"1"}), {"a": b"1"}, None, id="all keys, the same -> nothing"),
        pytest.param(
            push_to(entry("a"), {"k": b"1"}, "k"), {"a": b"1", "c": b"3"}, None, id="one key, the same -> nothing"
        ),
    ],
)
def test_the_cases_of_a_push(push: Push, there: Any, data: Any) -> None:
    wanted = pushed(push, PushSettings(), None if there is None else secret(there))
    assert (wanted and decoded(wanted)) == data


@pytest.mark.parametrize(
    ("settings", "there", "labels"),
    [
        pytest.param({}, {"own": "1"}, {"own": "1", "team": "shop"}, id="usually -> those of the source are added"),
        pytest.param({"labels": {"a": "b", "team": "x"}}, {}, {"a": "b", "team": "x"}, id="given ones win"),
        pytest.param(
            {"labels": {"a": "b"}, "sourceMergePolicy": "Replace"},
            {"own": "1"},
            {"own": "1", "a": "b"},
            id="source Replace -> given ones only",
        ),
        pytest.param(
            {"targetMergePolicy": "Replace"}, {"own": "1"}, {"team": "shop"}, id="target Replace -> no others"
        ),
        pytest.param(
            {"targetMergePolicy": "Ignore", "labels": {"a": "b"}},
            {"own": "1"},
            {"own": "1"},
            id="target Ignore -> as they are",
        ),
        pytest.param(
            {"labels": {"argocd.argoproj.io/instance": "x"}},
            {},
            {"team": "shop", "argocd.argoproj.io/instance": "x"},
            id="tracking that is asked for",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["labels", "annotations"])
def test_labels_and_annotations_follow_the_policies(settings: Any, there: Any, labels: Any, kind: str) -> None:
    push = push_of(entry(), {"a": b"1"})
    both: dict[str, dict[str, str]] = {"labels": {}, "annotations": {}} | {kind: LABELS}
    push = replace(push, source=replace(push.source, labels=both["labels"], annotations=both["annotations"]))
    chosen = PushSettings.model_validate(
        {kind if name == "labels" else name: value for name, value in settings.items()}
    )
    wanted = pushed(push, chosen, secret({"a": b"0"}, metadata={kind: there}))
    assert wanted is not None
    assert wanted["metadata"][kind] == labels
    assert wanted["metadata"]["resourceVersion"] == "7", "the write is on the condition of what was read"


@pytest.mark.parametrize(
    ("push", "there", "told"),
    [
        pytest.param(
            push_to(entry(), {"a": b"1"}, "a"), None, "requires property in RemoteRef", id="a key without a place"
        ),
        pytest.param(push_to(entry(), {}), secret({"a": b"1"}), "no keys", id="nothing is emptied"),
        pytest.param(push_to(entry("a/b"), {"a": b"1"}, "a"), None, "no key of a Secret", id="a name no key may have"),
        pytest.param(push_to(entry("x"), {"a": b"\xff"}), None, "key a is not text", id="bytes in JSON"),
        pytest.param(
            push_to(entry(), {"a": b"1"}, kind="kubernetes.io/service-account-token"),
            None,
            "grants power",
            id="a token",
        ),
        pytest.param(
            push_to(entry("x"), {"a": b"1"}, "a"),
            secret({}, type="helm.sh/release.v1"),
            "grants power",
            id="into a release",
        ),
        pytest.param(
            push_to(entry(), {"a": b"1"}),
            secret({}, type="kubernetes.io/tls"),
            "cannot become Opaque",
            id="another type",
        ),
        pytest.param(
            push_to(entry(), {"a": b"1"}), secret({}, immutable=True), "immutable", id="what cannot be changed"
        ),
    ],
)
def test_what_cannot_be_written_is_told(push: Push, there: Any, told: str) -> None:
    with pytest.raises(Terminal, match=told):
        pushed(push, PushSettings(), there)


@pytest.mark.parametrize(
    ("there", "name", "rest"),
    [
        pytest.param(secret({"a": b"1", "b": b"2"}, ours="a b", made=True), "", None, id="all ours -> the Secret goes"),
        pytest.param(secret({"a": b"1"}, ours="a", made=True), "a", None, id="our last key -> the Secret goes"),
        pytest.param(
            secret({"a": b"1", "b": b"2"}, ours="a b", made=True), "a", {"b": b"2"}, id="one key -> the rest stays"
        ),
        pytest.param(
            secret({"a": b"1", "b": b"2"}, ours="a", made=True), "", {"b": b"2"}, id="a key of others -> stays"
        ),
        pytest.param(
            secret({"a": b"1", "b": b"2"}, ours="b", made=True), "a", {"a": b"1", "b": b"2"}, id="not ours -> stays"
        ),
        pytest.param(secret({"a": b"1"}, ours="a"), "a", {}, id="a Secret of others -> only our key goes"),
        pytest.param(secret({"a": b"1"}), "", {"a": b"1"}, id="never pushed to -> nothing"),
        pytest.param(secret({"a": b"1"}, ours="a b", made=True), "b", {"a": b"1"}, id="a key that is gone -> nothing"),
    ],
)
def test_a_deletion_takes_out_what_pushes_wrote(there: Any, name: str, rest: Any) -> None:
    left = without(there, name)
    assert (None if left is None else decoded(left)) == rest


@pytest.fixture
def opened(place: Any, writer: str, open_session: Any) -> Any:
    async def open_(kind: str = "SecretStore", **spec: Any) -> Any:
        auth = {"token": {"bearerToken": {"name": "login", "key": "token", "namespace": "default"}}}
        server = place.store()["server"]
        if kind == "ClusterSecretStore":
            spec = {"auth": auth, "server": server, **spec}
        return await open_session(place.store(**spec), secrets={"login": {"token": writer}}, kind=kind)

    return open_


async def stored(place: Any, namespace: str = "shop", name: str = "app") -> Any:
    listed = await place.call("GET", f"/api/v1/namespaces/{namespace}/secrets")
    return next((one for one in listed["items"] if one["metadata"]["name"] == name), None)


async def test_a_secret_is_made_once_and_deleted_again(place: Any, opened: Any) -> None:
    session = await opened()
    push = push_to(entry(), {"tls.crt": b"c", "tls.key": b"\xff"}, kind="kubernetes.io/tls", **LABELS)
    assert await session.pushing.push(push) == CHANGED
    made = await stored(place)
    assert (made["type"], decoded(made), made["metadata"]["labels"]) == (
        "kubernetes.io/tls",
        {"tls.crt": b"c", "tls.key": b"\xff"},
        {"team": "shop"},
    )
    assert await session.pushing.push(push) == UNCHANGED
    assert await stored(place) == made
    assert await session.pushing.delete(entry()) == Deleted(changed=True)
    assert await stored(place) is None


async def test_what_others_have_in_a_secret_outlives_a_push(place: Any, opened: Any) -> None:
    await place.put("app", {"same": b"1", "mine": b"theirs", "other": b"3"})
    session = await opened()
    for name, value in (("same", b"1"), ("mine", b"ours"), ("new", b"n")):
        await session.pushing.push(push_to(entry(name), {"k": value}, "k"))
    assert decoded(await stored(place)) == {"same": b"1", "mine": b"ours", "other": b"3", "new": b"n"}
    answers = [await session.pushing.delete(entry(name)) for name in ("same", "mine", "new", "other", "")]
    assert [answer.changed for answer in answers] == [False, True, True, False, False]
    assert decoded(await stored(place)) == {"same": b"1", "other": b"3"}


async def test_what_external_secrets_operator_pushed_is_ours(place: Any, opened: Any) -> None:
    body = {"metadata": {"name": "app"}, "data": encoded({"a": b"1"}), "type": "Opaque"}
    await place.call("POST", "/api/v1/namespaces/shop/secrets?fieldManager=external-secrets", body)
    session = await opened()
    assert await session.pushing.push(push_to(entry(), {"a": b"1"})) == UNCHANGED
    assert await session.pushing.delete(entry()) == Deleted(changed=True)


async def test_an_entry_for_a_cluster_store_chooses_its_namespace(place: Any, writer: str, opened: Any) -> None:
    await place.call("POST", "/api/v1/namespaces", {"metadata": {"name": "other"}})
    subject = {"kind": "ServiceAccount", "name": "writer", "namespace": "shop"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    binding = {"metadata": {"name": "writer"}, "roleRef": role, "subjects": [subject]}
    await place.call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/other/rolebindings", binding)
    await place.put("app", {"a": b"theirs"})
    session, to = await opened("ClusterSecretStore"), entry("a", remoteNamespace="other")
    assert await session.pushing.exists(to) == Absent()
    assert await session.pushing.push(push_to(to, {"a": b"1"}, "a")) == CHANGED
    assert decoded(await stored(place, "other")) == {"a": b"1"}
    assert await session.pushing.exists(to) == Present()
    assert await session.pushing.delete(to) == Deleted(changed=True)
    assert await stored(place, "other") is None
    assert decoded(await stored(place)) == {"a": b"theirs"}


@pytest.mark.parametrize(
    ("to", "told"),
    [
        pytest.param(
            entry(remoteNamespace="other"), "metadata.spec.remoteNamespace: only entries for", id="a namespace"
        ),
        pytest.param(entry(label="x"), "metadata.spec.label: unknown field", id="a field that nobody acts on"),
        pytest.param(entry(sourceMergePolicy="Mix"), "must be one of Merge or Replace", id="a policy there is not"),
        pytest.param(entry(key="App"), "the name of a Secret", id="a name no Secret has"),
        pytest.param(entry(labels={"not a label": "x"}), "status 422", id="a label no object has"),
        pytest.param(entry(targetMergePolicy="Mix"), "Merge, Replace or Ignore", id="another policy there is not"),
    ],
)
async def test_an_entry_that_cannot_be_acted_on_is_refused(place: Any, opened: Any, to: Any, told: str) -> None:
    answer = await (await opened()).pushing.push(push_to(to, {"a": b"s3cret-1"}))
    assert isinstance(answer, Rejected)
    assert told in answer.message
    assert "s3cret-1" not in answer.message
    assert await stored(place) is None


async def test_one_key_of_a_typed_secret_needs_another_type(place: Any, opened: Any) -> None:
    session = await opened()
    data = {"tls.crt": b"c", "tls.key": b"k"}
    answer = await session.pushing.push(push_to(entry("shop.crt"), data, "tls.crt", kind="kubernetes.io/tls"))
    assert isinstance(answer, Rejected)
    assert "which template.type changes" in answer.message
    assert await session.pushing.push(push_to(entry("shop.crt"), data, "tls.crt", kind="")) == CHANGED
    made = await stored(place)
    assert (made["type"], decoded(made)) == ("Opaque", {"shop.crt": b"c"})


async def test_a_namespace_that_is_not_there_is_named(place: Any, open_session: Any) -> None:
    secrets = {"login": {"token": place.cluster.token}}
    session = await open_session(place.store(remoteNamespace="gone"), secrets=secrets)
    answer = await session.pushing.push(push_to(entry(), {"a": b"1"}))
    assert answer == Rejected("there is no namespace gone: check remoteNamespace")
    assert await session.pushing.delete(entry()) == Deleted(changed=False)


async def test_who_writes_at_once_takes_nothing_from_the_others(place: Any, opened: Any) -> None:
    sessions = [await opened() for _ in range(6)]
    pushes = [push_to(entry(f"p{index}"), {"k": b"%d" % index}, "k") for index in range(6)]
    answers = await asyncio.gather(
        *(session.pushing.push(push) for session, push in zip(sessions, pushes, strict=True))
    )
    told = {answer.message for answer in answers if isinstance(answer, Failed)}
    assert told <= {"somebody else wrote the Secret meanwhile: it is tried again"}
    assert CHANGED in answers
    kept = {f"p{index}": b"%d" % index for index, answer in enumerate(answers) if answer == CHANGED}
    assert decoded(await stored(place)) == kept


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
async def test_a_missing_right_is_named(place: Any, open_session: Any, verb: str) -> None:
    verbs = [one for one in ("get", "create", "update", "delete") if one != verb]
    token = await place.account("some", [{"apiGroups": [""], "resources": ["secrets"], "verbs": verbs}])
    owner = await open_session(place.store(), secrets={"login": {"token": place.cluster.token}})
    session = await open_session(place.store(), secrets={"login": {"token": token}})
    if verb != "create":
        await owner.pushing.push(push_to(entry(), {"a": b"0"}))
    push = session.pushing.push(push_to(entry(), {"a": b"1"}))
    answer = await (session.pushing.delete(entry()) if verb == "delete" else push)
    if verb == "delete":
        push.close()
    denied = "permission denied: allow it in a Role of the store's identity"
    assert answer == Rejected(f"{denied} ({verb} secrets in namespace shop, status 403)")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [403, 408, 429, 500, 503])
async def test_trouble_in_the_middle_leaves_what_is_there(place: Any, opened: Any, method: str, status: int) -> None:
    session = await opened()
    first, second = push_to(entry(), {"a": b"1"}), push_to(entry(), {"a": b"2"})
    before = None
    if method != "POST":
        await session.pushing.push(first)
        before = await stored(place)
    place.cluster.fail_requests(status, path="secrets", method=method, headers={"Retry-After": "7"})
    answer = await (session.pushing.delete(entry()) if method == "DELETE" else session.pushing.push(second))
    assert isinstance(answer, Rejected if status == 403 else Failed)
    assert getattr(answer, "after", 7.0) == 7.0
    assert await stored(place) == before
    assert await session.pushing.push(second) == CHANGED
    assert await session.pushing.delete(entry()) == Deleted(changed=True)
