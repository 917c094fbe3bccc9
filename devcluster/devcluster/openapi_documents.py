"""The OpenAPI documents at `/openapi/v2` and `/openapi/v3`, made from the served resources and cached."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from devcluster.answers import Answer
from devcluster.openapi import ServedKind, document_v2, document_v3
from devcluster.registry import Registry
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, NoSuchPath


class OpenApiDocuments:
    """Makes the documents when they are first asked for after a change."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._generation = -1
        self._documents: dict[str, bytes] = {}

    def index(self) -> Answer:
        """Return the list of documents at `/openapi/v3`."""
        paths = {}
        for path in self._paths():
            digest = hashlib.sha256(self._document(path)).hexdigest()[:32].upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return Answer(200, orjson.dumps({"paths": paths}))

    def group_version(self, path: str) -> Answer:
        """Return the document of one group version, such as `apis/apps/v1`.

        Raises:
            NoSuchPath: it is not served.

        """
        if path not in self._paths():
            raise NoSuchPath
        return Answer(200, self._document(path))

    def everything(self, accept: str) -> Answer:
        """Return the one document of version 2, in JSON only.

        Raises:
            ApiError: 406, the client takes nothing but protobuf.

        """
        if accept and "json" not in accept and "*/*" not in accept:
            raise ApiError(406, "NotAcceptable", "only the following media types are accepted: application/json", {})
        return Answer(200, self._cached("v2", lambda: document_v2([_kind(found) for found in self._stored()])))

    def _stored(self) -> list[ServedResource]:
        groups = ["", *self._registry.groups()]
        pairs = [(group, version) for group in groups for version in self._registry.versions(group)]
        return [resource for group, version in pairs for resource in self._registry.in_version(group, version)]

    def _paths(self) -> dict[str, tuple[str, str]]:
        found = {}
        for group in ["", *self._registry.groups()]:
            for version in self._registry.versions(group):
                found[f"apis/{group}/{version}" if group else f"api/{version}"] = (group, version)
        return found

    def _document(self, path: str) -> bytes:
        group, version = self._paths()[path]
        kinds = [_kind(resource) for resource in self._registry.in_version(group, version)]
        return self._cached(path, lambda: document_v3(kinds))

    def _cached(self, path: str, make: Callable[[], dict[str, Any]]) -> bytes:
        if self._generation != self._registry.generation:
            self._documents.clear()
            self._generation = self._registry.generation
        if path not in self._documents:
            self._documents[path] = orjson.dumps(make())
        return self._documents[path]


def _kind(resource: ServedResource) -> ServedKind:
    return ServedKind(
        group=resource.group,
        version=resource.version,
        kind=resource.kind,
        plural=resource.names.plural,
        namespaced=resource.namespaced,
        schema=resource.openapi,
    )
