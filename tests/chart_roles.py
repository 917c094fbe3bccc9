"""What the chart's roles allow, held against what the operator asked: denials, and rules that nothing needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from devcluster import LoggedRequest

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One verb on one resource, in a namespace or (with an empty one) everywhere."""

    namespace: str
    group: str
    resource: str
    verb: str

    def covers(self, other: Permission) -> bool:
        return self.namespace in ("", other.namespace) and (self.group, self.resource, self.verb) == (
            other.group,
            other.resource,
            other.verb,
        )


def granted(manifests: Iterable[Object], account: str) -> set[Permission]:
    """Return what roles that are bound to a ServiceAccount allow."""
    manifests = list(manifests)
    bound = {
        (one["roleRef"]["kind"], one["metadata"].get("namespace", ""), one["roleRef"]["name"])
        for one in manifests
        if one["kind"].endswith("Binding") and any(subject["name"] == account for subject in one["subjects"])
    }
    return {
        Permission(namespace, group, resource, verb)
        for one in manifests
        for namespace in [one["metadata"].get("namespace", "")]
        if (one["kind"], namespace, one["metadata"]["name"]) in bound
        for rule in one["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(requests: Iterable[LoggedRequest]) -> set[Permission]:
    """Return the permissions that answered requests needed."""
    return {one for request in requests if request.resource for one in _needed(request)}


def denied(requests: Iterable[LoggedRequest]) -> list[LoggedRequest]:
    """Return the requests that RBAC turned down."""
    return [request for request in requests if request.code == 403]


def _needed(request: LoggedRequest) -> Iterator[Permission]:
    resource = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
    namespace = "" if request.resource == "namespaces" else request.namespace
    yield Permission(namespace, request.group, resource, request.verb)
    if request.verb == "patch" and request.code == 201:
        # An apply that makes the object needs the right to create too.
        yield Permission(namespace, request.group, resource, "create")
