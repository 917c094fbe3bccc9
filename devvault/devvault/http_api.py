"""The HTTP face: requests become calls, answers get Vault's JSON envelope; faults and the request log sit here.

`X-Vault-Namespace` is accepted and has no effect, as in Vault without an Enterprise licence.
"""

import asyncio

from aiohttp import web

from devvault.broken_answers import send_broken
from devvault.clock import Clock
from devvault.core import Core
from devvault.errors import VaultError, bad_request
from devvault.faults import Fault, FaultPlan
from devvault.identifiers import Identifiers
from devvault.logical import Call, Operation, Response
from devvault.request_log import RequestLog, RequestRecord, harmless_headers
from devvault.system import health, seal_status
from devvault.wire_json import Json, dumps, loads

_PREFIX = "/v1/"
_OPERATIONS = {
    "GET": Operation.READ,
    "HEAD": Operation.READ,
    "LIST": Operation.LIST,
    "POST": Operation.UPDATE,
    "PUT": Operation.UPDATE,
    "PATCH": Operation.PATCH,
    "DELETE": Operation.DELETE,
}


class HttpApi:
    """Serves one core over HTTP."""

    def __init__(self, core: Core, clock: Clock, identifiers: Identifiers) -> None:
        self.faults = FaultPlan()
        self.log = RequestLog()
        self._core = core
        self._clock = clock
        self._identifiers = identifiers

    async def serve(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        token = _token(http)
        # Asked before the answer, because a token that is used up or revoked by it is unknown afterwards.
        accessor = self._core.accessor(token)
        fault = self.faults.take(http.method, http.path)
        answer = await self._answer_or_fault(http, token, fault)
        self.log.add(
            RequestRecord(
                method=http.method,
                path=http.path,
                status=answer.status,
                accessor=accessor,
                namespace=http.headers.get("X-Vault-Namespace", ""),
                headers=harmless_headers(http.headers),
            ),
        )
        return await send_broken(http, answer, fault.body) if fault and fault.body else answer

    async def _answer_or_fault(self, http: web.BaseRequest, token: str, fault: Fault | None) -> web.Response:
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.status:
                return _json(fault.status, {"errors": list(fault.errors)}, fault.headers)
        return await self._answer(http, token)

    async def _answer(self, http: web.BaseRequest, token: str) -> web.Response:
        if http.method in {"GET", "HEAD"} and (open_path := self._open_path(http.path)) is not None:
            return _json(200, open_path)
        try:
            response = await self._core.handle(await _call(http, token))
        except VaultError as error:
            return _json(error.status, {"errors": error.errors})
        if response.status == 204:
            return web.Response(status=204, headers={"Cache-Control": "no-store"})
        return _json(response.status, self._envelope(response))

    def _open_path(self, path: str) -> Json | None:
        """Return the answer of a path that needs no token and has no envelope, None for every other path."""
        if path == "/v1/sys/health":
            return health(int(self._clock().timestamp()))
        if path == "/v1/sys/seal-status":
            return seal_status()
        return {"initialized": True} if path == "/v1/sys/init" else None

    def _envelope(self, response: Response) -> Json:
        envelope = {
            "request_id": self._identifiers.new_uuid(),
            "lease_id": "",
            "renewable": False,
            "lease_duration": response.lease_duration,
            "data": response.data,
            "wrap_info": None,
            "warnings": response.warnings,
            "auth": response.auth,
        }
        return {**(response.data or {}), **envelope} if response.flatten else envelope


def _token(http: web.BaseRequest) -> str:
    bearer = http.headers.get("Authorization", "")
    given = http.headers.get("X-Vault-Token", "")
    return given or (bearer.removeprefix("Bearer ").strip() if bearer.startswith("Bearer ") else "")


async def _call(http: web.BaseRequest, token: str) -> Call:
    """Read a request. Raises VaultError for what is no request of the API."""
    if not http.path.startswith(_PREFIX):
        raise VaultError(404)
    operation = _OPERATIONS.get(http.method)
    if operation is None:
        raise VaultError(405)
    if operation is Operation.READ and http.query.get("list", "").lower() == "true":
        operation = Operation.LIST
    path = http.path.removeprefix(_PREFIX)
    if operation is Operation.LIST and not path.endswith("/"):
        path += "/"
    reading = operation in {Operation.READ, Operation.LIST, Operation.DELETE}
    data = dict(http.query) if reading else _body(await http.read())
    return Call(operation, path, data, token, _client_certificate(http))


def _client_certificate(http: web.BaseRequest) -> bytes:
    """Return the certificate that the client presented, in DER, empty without one."""
    tls = http.transport.get_extra_info("ssl_object") if http.transport else None
    return (tls.getpeercert(binary_form=True) if tls else None) or b""


def _body(raw: bytes) -> Json:
    if not raw.strip():
        return {}
    try:
        data = loads(raw)
    except ValueError:
        raise bad_request("failed to parse JSON input: not valid JSON") from None
    if not isinstance(data, dict):
        raise bad_request("failed to parse JSON input: expected an object")
    return data


def _json(status: int, body: Json, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
