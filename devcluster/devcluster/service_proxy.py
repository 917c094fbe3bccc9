"""The `proxy` subresource of Services: a request through the API server to an endpoint of a Service.

The name in the path is `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`, where the port is a name or a number of the Service.
Endpoints come from the Endpoints object of that name and from EndpointSlices labelled with it; nothing here makes them,
since no pods run. Answers are passed on whole, not as streams.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from devcluster.answers import Answer
from devcluster.documents import Document
from devcluster.request_info import RequestInfo
from devcluster.statuses import ApiError, Named, bad_request, not_found
from devcluster.storage import Store

PROXY = "proxy"
_SERVICES, _ENDPOINTS, _SLICES = ("", "services"), ("", "endpoints"), ("discovery.k8s.io", "endpointslices")
_SERVICE_LABEL = "kubernetes.io/service-name"
_SCHEMES = {"", "http", "https"}
_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
# The login is for the API server, which does not hand it on; the others belong to one connection (RFC 9110, 7.6.1).
_NOT_PASSED_ON = {
    "authorization",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a request goes."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """Return the base URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def is_proxied(info: RequestInfo) -> bool:
    """Say whether a request goes through to a Service."""
    return (info.group, info.version, info.resource, info.subresource) == ("", "v1", "services", PROXY)


def backend(store: Store, info: RequestInfo, dice: random.Random) -> Backend:
    """Return one of the endpoints that a request may go to.

    Raises:
        ApiError: 400, 404 or 503, there is none.

    """
    scheme, name, port = _split(info.name)
    service = store.collection(_SERVICES).get((info.namespace, name))
    if service is None:
        raise not_found(Named("services", "", name))
    if port.isdigit():
        port = _port_name(service.document, name, int(port))
    found = [*_of_endpoints(store, info.namespace, name, port), *_of_slices(store, info.namespace, name, port)]
    if not found:
        raise _unavailable(f'no endpoints available for service "{info.name}"')
    host, number = dice.choice(found)
    return Backend(scheme or "http", host, number)


async def forward(request: web.BaseRequest, backend: Backend) -> Answer:
    """Send a request on and return what came back.

    Raises:
        ApiError: 503, the endpoint cannot be reached.

    """
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
    headers |= {"X-Forwarded-For": request.remote or "", "X-Forwarded-Proto": request.scheme}
    headers |= {"X-Forwarded-Host": request.host, "X-Forwarded-Uri": request.rel_url.raw_path}
    try:
        async with (
            aiohttp.ClientSession(auto_decompress=False, timeout=_TIMEOUT) as session,
            session.request(
                request.method,
                backend.url + _rest_of_path(request),
                data=await request.read() if request.body_exists else None,
                headers=headers,
                allow_redirects=False,
                ssl=False,
            ) as answer,
        ):
            body = await answer.read()
    except (aiohttp.ClientError, OSError) as error:
        raise _unavailable(f"error trying to reach service: {error}") from error
    passed_on = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
    content_type = passed_on.pop("Content-Type", "application/octet-stream")
    return Answer(answer.status, body, content_type, passed_on)


def _split(name: str) -> tuple[str, str, str]:
    parts = name.split(":")
    scheme, service, port = {1: ("", *parts, ""), 2: ("", *parts), 3: tuple(parts)}.get(len(parts), ("", "", ""))
    if not service or scheme not in _SCHEMES:
        raise bad_request(f'invalid service request "{name}"')
    return scheme, service, port


def _port_name(service: Document, name: str, number: int) -> str:
    for port in (service.get("spec") or {}).get("ports") or ():
        if port.get("port") == number:
            return str(port.get("name") or "")
    raise _unavailable(f'no service port {number} found for service "{name}"')


def _of_endpoints(store: Store, namespace: str, name: str, port: str) -> Iterator[tuple[str, int]]:
    entry = store.collection(_ENDPOINTS).get((namespace, name))
    for subset in (entry.document.get("subsets") or ()) if entry else ():
        for address in subset.get("addresses") or ():
            yield from _with_ports(address["ip"], subset, port)


def _of_slices(store: Store, namespace: str, name: str, port: str) -> Iterator[tuple[str, int]]:
    for entry in store.collection(_SLICES).entries(namespace):
        part = entry.document
        if (part["metadata"].get("labels") or {}).get(_SERVICE_LABEL) != name:
            continue
        for endpoint in part.get("endpoints") or ():
            # Without a word about it an endpoint is ready.
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                for address in endpoint.get("addresses") or ():
                    yield from _with_ports(address, part, port)


def _with_ports(host: str, holder: Document, port: str) -> Iterator[tuple[str, int]]:
    for found in holder.get("ports") or ():
        if (found.get("name") or "") == port and found.get("port"):
            yield host, found["port"]


def _rest_of_path(request: web.BaseRequest) -> str:
    """Return what follows `proxy` in the path, as it was sent, with the query."""
    # /api/v1/namespaces/NAMESPACE/services/NAME/proxy/REST
    rest = "/".join(request.rel_url.raw_path.split("/")[8:])
    query = request.rel_url.raw_query_string
    return f"/{rest}?{query}" if query else f"/{rest}"


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)
