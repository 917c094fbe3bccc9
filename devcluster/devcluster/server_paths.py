"""Requests that are not about resources: discovery, OpenAPI, version, health."""

from collections.abc import Callable

from devcluster import discovery
from devcluster.answers import Answer, json_answer
from devcluster.calls import Call
from devcluster.openapi_documents import OpenApiDocuments
from devcluster.registry import Registry
from devcluster.statuses import NoSuchPath, method_not_allowed
from devcluster.version import version_document

_HEALTH = {"healthz", "livez", "readyz"}


class ServerPaths:
    """Answers by path; `address` says where the server can be reached."""

    def __init__(self, registry: Registry, address: Callable[[], str]) -> None:
        self._registry = registry
        self._address = address
        self._openapi = OpenApiDocuments(registry)

    def answer(self, call: Call) -> Answer:
        """Answer a request.

        Raises:
            ApiError: 405 or 406, it is not answered in this way.
            NoSuchPath: nothing like it is served.

        """
        parts = [part for part in call.info.path.split("/") if part]
        if call.info.verb != "get":
            raise method_not_allowed() if parts else NoSuchPath
        head = parts[0] if parts else ""
        if head in _HEALTH:
            return Answer(200, b"ok", "text/plain; charset=utf-8")
        if head == "openapi":
            return self._openapi_answer(parts[1:], call.headers.get("Accept", ""))
        if head in {"api", "apis"}:
            return self._discovery(parts, call.headers.get("Accept", ""))
        if parts == ["version"]:
            return json_answer(version_document())
        if not parts:
            return json_answer({"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]})
        raise NoSuchPath

    def _openapi_answer(self, parts: list[str], accept: str) -> Answer:
        if parts == ["v2"]:
            return self._openapi.everything(accept)
        if parts == ["v3"]:
            return self._openapi.index()
        if parts[:1] == ["v3"]:
            return self._openapi.group_version("/".join(parts[1:]))
        raise NoSuchPath

    def _discovery(self, parts: list[str], accept: str) -> Answer:
        core = parts[0] == "api"
        if len(parts) == 1:
            if discovery.AGGREGATED in accept.partition(",")[0]:
                body = discovery.aggregated(self._registry, core=core)
                return Answer(200, json_answer(body).body, discovery.AGGREGATED_TYPE)
            return json_answer(discovery.core_versions(self._address()) if core else discovery.groups(self._registry))
        if core:
            return json_answer(discovery.version(self._registry, "", parts[1]))
        if len(parts) == 2:
            return json_answer(discovery.group(self._registry, parts[1]))
        return json_answer(discovery.version(self._registry, parts[1], parts[2]))
