"""Requests through the API server to what a Service leads to, as kube-apiserver passes them on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "", "port": 81}]},
}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a server that answers with what it was asked."""

    async def answer(request: web.Request) -> web.Response:
        asked = {
            "method": request.method,
            "path": request.raw_path,
            "body": await request.text(),
            "headers": sorted(name.lower() for name in request.headers),
        }
        return web.json_response(asked, status=int(request.query.get("status", "200")), headers={"X-Answer": "yes"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def endpoints(port: int, *, name: str = "http") -> dict[str, Any]:
    ports = [{"port": port} | ({"name": name} if name else {})]
    subsets = [{"addresses": [{"ip": "127.0.0.1"}], "ports": ports}]
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": subsets}


def slice_of(port: int, *, ready: bool) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": ready}}],
        "ports": [{"name": "http", "port": port}],
    }


@pytest.mark.parametrize("name", ["web:http", "web:80", "http:web:http", "http:web:80", ":web:http"])
async def test_a_port_is_named_or_numbered(api: Any, namespace: str, port: int, name: str) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create(f"{namespace}/endpoints", endpoints(port))
    answer = await api.get(f"{namespace}/services/{name}/proxy/v1/cert.pem")
    assert (answer["method"], answer["path"]) == ("GET", "/v1/cert.pem")


@pytest.mark.parametrize("name", ["web", "web:", "http:web:", "web:81"])
async def test_a_port_may_have_no_name(api: Any, namespace: str, port: int, name: str) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create(f"{namespace}/endpoints", endpoints(port, name=""))
    assert (await api.get(f"{namespace}/services/{name}/proxy/"))["path"] == "/"


async def test_a_request_is_passed_on_whole_but_for_the_login(api: Any, namespace: str, port: int) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create(f"{namespace}/endpoints", endpoints(port))
    path = f"{namespace}/services/web:http/proxy/a%2Fb/c?status=409&x=%20y"
    status, answer = await api.call("POST", path, b"some text", X_Mine="1", Content_Type="text/plain")
    assert (status, answer["method"], answer["body"]) == (409, "POST", "some text")
    assert answer["path"] == "/a%2Fb/c?status=409&x=%20y"
    assert {"x-mine", "x-forwarded-for", "x-forwarded-uri"} <= set(answer["headers"])
    assert "authorization" not in answer["headers"]


@pytest.mark.parametrize("query", ["", "?watch=true"])
async def test_slices_lead_somewhere_as_well(api: Any, namespace: str, port: int, query: str) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create("/apis/discovery.k8s.io/v1/namespaces/t/endpointslices", slice_of(port, ready=True))
    assert (await api.get(f"{namespace}/services/web:http/proxy/x{query}"))["path"] == f"/x{query}"


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        pytest.param("web:http", 503, 'no endpoints available for service "web:http"', id="nothing behind the port"),
        pytest.param("web:99", 503, 'no service port 99 found for service "web"', id="no such port"),
        pytest.param("other", 404, 'services "other" not found', id="no such service"),
        pytest.param("ftp:web:80", 400, 'invalid service request "ftp:web:80"', id="no such scheme"),
        pytest.param("a:b:c:d", 400, 'invalid service request "a:b:c:d"', id="too many parts"),
    ],
)
async def test_what_leads_nowhere_is_refused(api: Any, namespace: str, name: str, code: int, message: str) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create("/apis/discovery.k8s.io/v1/namespaces/t/endpointslices", slice_of(1, ready=False))
    status, body = await api.call("GET", f"{namespace}/services/{name}/proxy/")
    assert (status, body["message"], body["kind"]) == (code, message, "Status")


async def test_an_endpoint_that_does_not_answer_is_unavailable(api: Any, namespace: str, unused_tcp_port: int) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create(f"{namespace}/endpoints", endpoints(unused_tcp_port))
    status, body = await api.call("GET", f"{namespace}/services/web:http/proxy/")
    assert (status, body["reason"]) == (503, "ServiceUnavailable")
    assert body["message"].startswith("error trying to reach service: ")


async def test_rights_are_those_on_the_subresource_under_the_name_in_the_path(
    api: Any, namespace: str, port: int
) -> None:
    await api.create(f"{namespace}/services", SERVICE)
    await api.create(f"{namespace}/endpoints", endpoints(port))
    rule = {"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": ["http:web:http"], "verbs": ["get"]}
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/t"
    await api.create(f"{roles}/roles", {"metadata": {"name": "r"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    subjects = [{"kind": "ServiceAccount", "name": "default", "namespace": "t"}]
    await api.create(f"{roles}/rolebindings", {"metadata": {"name": "r"}, "roleRef": reference, "subjects": subjects})
    token = await api.create(f"{namespace}/serviceaccounts/default/token", {"spec": {}})
    user = api.acting_as(token["status"]["token"])
    through = f"{namespace}/services/http:web:http/proxy/"
    asked = [("GET", through), ("POST", through), ("GET", f"{namespace}/services/web:http/proxy/")]
    assert [(await user.call(*one))[0] for one in asked] == [200, 403, 403]


async def test_discovery_names_the_subresource(api: Any) -> None:
    resources = {one["name"]: one for one in (await api.get("/api/v1"))["resources"]}
    assert resources["services/proxy"]["kind"] == "ServiceProxyOptions"
    assert resources["services/proxy"]["verbs"] == ["create", "delete", "get", "patch", "update"]
