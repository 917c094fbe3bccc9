"""Validating webhooks: which writes reach them, what they are told, and what their answers do."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from devcluster.certificates import new_authority, server_context

CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
Answer = dict[str, Any]


@dataclass
class Hook:
    """A webhook that remembers what it was asked, and answers as the test says."""

    port: int
    authority: str
    answer: Callable[[Answer], Answer] = lambda _: {"allowed": True}
    asked: list[dict[str, Any]] = field(default_factory=list)
    timeouts: list[str] = field(default_factory=list)

    @property
    def operations(self) -> list[tuple[str, str]]:
        return [(request["operation"], request["name"]) for request in self.asked]

    def webhook(self, **members: Any) -> dict[str, Any]:
        bundle = base64.b64encode(self.authority.encode()).decode()
        return {
            "name": "hook.example.test",
            "clientConfig": {"url": f"https://127.0.0.1:{self.port}/ask", "caBundle": bundle},
            "rules": [RULE],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **members,
        }


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    authority = new_authority(time.time())
    made = Hook(0, authority.certificate_pem)

    async def answer(request: web.Request) -> web.Response:
        review = await request.json()
        made.asked.append(review["request"])
        made.timeouts.append(request.query["timeout"])
        response = {"uid": review["request"]["uid"], **made.answer(review["request"])}
        return web.json_response({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})

    app = web.Application()
    app.router.add_post("/ask", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = server_context(authority, time.time())
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


async def register(api: Any, *webhooks: dict[str, Any]) -> None:
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hooks"},
        "webhooks": list(webhooks),
    }
    await api.create(CONFIGURATIONS, body)


def denied(_: Answer) -> Answer:
    return {"allowed": False, "status": {"message": "not like this", "code": 422}, "warnings": ["old habits"]}


async def test_every_operation_is_reviewed_with_the_object_after_and_before(
    api: Any, namespace: str, hook: Hook, builders: Any
) -> None:
    await register(api, hook.webhook(timeoutSeconds=3))
    await api.create(f"{namespace}/configmaps", builders["config_map"]("one"))
    await api.merge(f"{namespace}/configmaps/one", {"data": {"k": "w"}})
    assert (await api.call("DELETE", f"{namespace}/configmaps/one"))[0] == 200
    assert hook.operations == [("CREATE", "one"), ("UPDATE", "one"), ("DELETE", "one")]
    created, updated, deleted = hook.asked
    assert (created["object"]["data"], created["oldObject"]) == ({"k": "v"}, None)
    assert (updated["object"]["data"], updated["oldObject"]["data"]) == ({"k": "w"}, {"k": "v"})
    assert (deleted["object"], deleted["oldObject"]["data"]) == (None, {"k": "w"})
    assert created["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert (created["namespace"], created["dryRun"]) == ("t", False)
    assert "system:masters" in created["userInfo"]["groups"]
    assert set(hook.timeouts) == {"3s"}


async def test_a_denial_reaches_the_sender_and_nothing_is_written(
    api: Any, namespace: str, hook: Hook, builders: Any
) -> None:
    hook.answer = denied
    await register(api, hook.webhook())
    status, body = await api.call("POST", f"{namespace}/configmaps", builders["config_map"]("one"))
    assert status == 422
    assert body["message"] == 'admission webhook "hook.example.test" denied the request: not like this'
    assert (await api.call("GET", f"{namespace}/configmaps/one"))[0] == 404
    applied, _ = await api.apply(f"{namespace}/configmaps/one", builders["config_map"]("one"))
    assert applied == 422


async def test_warnings_are_headers(api: Any, namespace: str, hook: Hook, builders: Any) -> None:
    hook.answer = lambda _: {"allowed": True, "warnings": ["old habits"]}
    await register(api, hook.webhook())
    headers = {"Authorization": f"Bearer {api.token}"}
    url = f"{api.url}{namespace}/configmaps"
    async with api.session.post(url, json=builders["config_map"]("one"), headers=headers) as response:
        assert response.status == 201
        assert response.headers["Warning"] == '299 - "old habits"'


async def test_a_dry_run_is_reviewed_as_one(api: Any, namespace: str, hook: Hook, builders: Any) -> None:
    await register(api, hook.webhook())
    made = builders["config_map"]("one")
    status, _ = await api.call("POST", f"{namespace}/configmaps", made, params={"dryRun": "All"})
    assert (status, [request["dryRun"] for request in hook.asked]) == (201, [True])
    assert (await api.call("GET", f"{namespace}/configmaps/one"))[0] == 404


async def test_a_dry_run_is_refused_where_a_webhook_may_have_effects(
    api: Any, namespace: str, hook: Hook, builders: Any
) -> None:
    await register(api, hook.webhook(sideEffects="Some"))
    made = builders["config_map"]("one")
    status, body = await api.call("POST", f"{namespace}/configmaps", made, params={"dryRun": "All"})
    assert (status, body["message"]) == (400, 'admission webhook "hook.example.test" does not support dry run')


@pytest.mark.parametrize(
    ("members", "reached"),
    [
        pytest.param({}, True, id="a rule that fits"),
        pytest.param({"rules": [{**RULE, "operations": ["DELETE"]}]}, False, id="another operation"),
        pytest.param({"rules": [{**RULE, "apiGroups": ["apps"]}]}, False, id="another group"),
        pytest.param({"rules": [{**RULE, "resources": ["configmaps/status"]}]}, False, id="a subresource"),
        pytest.param({"rules": [{**RULE, "resources": ["*"], "scope": "Cluster"}]}, False, id="another scope"),
        pytest.param({"rules": [{**RULE, "resources": ["*/*"], "scope": "Namespaced"}]}, True, id="everything"),
        pytest.param({"objectSelector": {"matchLabels": {"a": "b"}}}, True, id="a label of the object"),
        pytest.param({"objectSelector": {"matchLabels": {"a": "c"}}}, False, id="a label that it lacks"),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "t"}}}, True, id="its namespace"
        ),
        pytest.param(
            {
                "namespaceSelector": {
                    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["t"]}]
                }
            },
            False,
            id="every namespace but its own",
        ),
    ],
)
async def test_rules_and_selectors_decide_what_is_reviewed(
    api: Any, namespace: str, hook: Hook, builders: Any, *, members: dict[str, Any], reached: bool
) -> None:
    await register(api, hook.webhook(**members))
    await api.create(f"{namespace}/configmaps", builders["config_map"]("one", labels={"a": "b"}))
    assert hook.operations == ([("CREATE", "one")] if reached else [])


@pytest.mark.parametrize(("policy", "status"), [("Ignore", 201), ("Fail", 500)])
@pytest.mark.parametrize("fault", ["nobody listens", "another authority", "another uid", "no answer"])
async def test_a_webhook_that_fails_counts_by_its_policy(
    api: Any, namespace: str, hook: Hook, builders: Any, *, policy: str, status: int, fault: str
) -> None:
    other = base64.b64encode(new_authority(time.time()).certificate_pem.encode()).decode()
    webhook = hook.webhook(failurePolicy=policy)
    if fault == "nobody listens":
        webhook["clientConfig"]["url"] = "https://127.0.0.1:1/ask"
    if fault == "another authority":
        webhook["clientConfig"]["caBundle"] = other
    hook.answer = {"another uid": lambda _: {"allowed": True, "uid": "x"}}.get(fault, hook.answer)
    if fault == "no answer":
        webhook["clientConfig"]["url"] += "/nothing-here"
    await register(api, webhook)
    found, body = await api.call("POST", f"{namespace}/configmaps", builders["config_map"]("one"))
    assert found == status
    if policy == "Fail":
        assert 'failed calling webhook "hook.example.test"' in body["message"]


async def test_a_service_is_reached_through_its_endpoint_slices(
    api: Any, namespace: str, hook: Hook, builders: Any
) -> None:
    """The server's certificate is for kubernetes.default.svc, among others."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kubernetes"}}
    await api.apply("/api/v1/namespaces/default/services/kubernetes", {**service, "spec": {"ports": [{"port": 443}]}})
    part = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "hook-1", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"]}],
        "ports": [{"port": hook.port}],
    }
    await api.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", part)
    webhook = hook.webhook(failurePolicy="Fail")
    webhook["clientConfig"].pop("url")
    webhook["clientConfig"]["service"] = {"namespace": "default", "name": "kubernetes", "path": "/ask"}
    await register(api, webhook)
    await api.create(f"{namespace}/configmaps", builders["config_map"]("one"))
    assert hook.operations == [("CREATE", "one")]


@pytest.mark.parametrize(("policy", "versions"), [("Equivalent", ["v1"]), ("Exact", [])])
async def test_another_version_is_reviewed_in_the_one_that_is_asked_for(
    api: Any, namespace: str, hook: Hook, builders: Any, eventually: Any, *, policy: str, versions: list[str]
) -> None:
    made = builders["definition"]({"a": {"type": "string"}})
    (first,) = made["spec"]["versions"]
    made["spec"]["versions"] = [first, {**first, "name": "v1beta1", "storage": False}]
    await api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", made)
    path = "/apis/example.dev/v1beta1/namespaces/t/gadgets"

    async def served() -> bool:
        return bool((await api.call("GET", path))[0] == 200)

    await eventually(served, "the kind is served")
    rule = {**RULE, "apiGroups": ["example.dev"], "resources": ["gadgets"]}
    await register(api, hook.webhook(rules=[rule], matchPolicy=policy))
    gadget = {"apiVersion": "example.dev/v1beta1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"a": "b"}}
    await api.create(path, gadget)
    assert [request["resource"]["version"] for request in hook.asked] == versions
    assert [request["object"]["apiVersion"] for request in hook.asked] == [f"example.dev/{v}" for v in versions]
    assert [request["requestResource"]["version"] for request in hook.asked] == ["v1beta1" for _ in versions]


async def test_webhooks_do_not_keep_anybody_from_mending_webhooks(api: Any, hook: Hook) -> None:
    hook.answer = denied
    everything = {**RULE, "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}
    await register(api, hook.webhook(rules=[everything]))
    assert (await api.call("DELETE", f"{CONFIGURATIONS}/hooks"))[0] == 200
    assert hook.asked == []
