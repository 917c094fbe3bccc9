"""Requests to the API server as plain values; building one does no I/O.

In: a :class:`Target`, options and a body. Out: a :class:`Request`, which :mod:`.client` sends. The formats are those of
https://kubernetes.io/docs/reference/using-api/api-concepts/ and .../server-side-apply/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import orjson

from secrets_operator.kube.resources import (
    LEASES,
    SERVICE_ACCOUNTS,
    SUBJECT_ACCESS_REVIEWS,
    TOKEN_REVIEWS,
    Resource,
)

JSON = "application/json"
# JSON is YAML, so the body of a server-side apply is JSON under the only media type that every version knows.
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
_METADATA = ("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
_METADATA_EVENTS = ("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: one object, or with an empty name a collection."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def collection(self) -> str:
        """The path of the collection; raises as :meth:`Resource.collection`."""
        return self.resource.collection(self.namespace)

    @property
    def path(self) -> str:
        """The path of the object; raises as :meth:`Resource.path`."""
        return self.resource.path(self.namespace, self.name, self.subresource)

    def __str__(self) -> str:
        where = "/".join(part for part in (self.namespace, self.name, self.subresource) if part)
        return f"{self.resource.kind} {where}" if where else self.resource.kind


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``verb`` and ``kind`` name it in metrics, ``subject`` in errors; body and headers never show."""

    verb: str
    kind: str
    subject: str
    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    quotable: bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    changes: bool = False
    """Whether it changes what others see, so that a replica without a lease must not send it."""

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


def get(target: Target) -> Request:
    """Build the read of one object."""
    return _reading("get", target, target.path)


def page_params(label_selector: str, field_selector: str, *, limit: int, continue_: str) -> dict[str, str | int]:
    """Return the query of a page of a list; what is empty is left out when the request is built."""
    return {"labelSelector": label_selector, "fieldSelector": field_selector, "limit": limit, "continue": continue_}


def watch_params(
    label_selector: str, field_selector: str, resource_version: str, *, seconds: int
) -> dict[str, str | int]:
    """Return the query of a watch that begins after ``resource_version`` and ends after ``seconds``."""
    return {
        "labelSelector": label_selector,
        "fieldSelector": field_selector,
        "resourceVersion": resource_version,
        "timeoutSeconds": seconds,
    }


def list_(target: Target, params: Mapping[str, str | int]) -> Request:
    """Build the list of a collection, or a page of it; empty ``params`` are left out."""
    return _reading("list", target, target.collection + _query(params))


def list_metadata(target: Target, params: Mapping[str, str | int]) -> Request:
    """Build the list of a collection without what its objects hold: of each the metadata alone."""
    return replace(list_(target, params), headers=(_METADATA,))


def watch(target: Target, params: Mapping[str, str | int]) -> Request:
    """Build a watch of a collection that delivers bookmarks; empty ``params`` are left out."""
    query = _query({"watch": "true", "allowWatchBookmarks": "true", **params})
    return _reading("watch", target, target.collection + query)


def watch_metadata(target: Target, params: Mapping[str, str | int]) -> Request:
    """Build a watch whose events hold the metadata of the objects alone."""
    return replace(watch(target, params), headers=(_METADATA_EVENTS,))


def create(target: Target, body: Mapping[str, Any], *, manager: str = "") -> Request:
    """Build the creation of an object, owned by field manager ``manager``; ``target`` is its collection."""
    return _writing("create", target, target.collection + _query({"fieldManager": manager}), body)


def apply(target: Target, body: Mapping[str, Any], *, manager: str, force: bool) -> Request:
    """Build a server-side apply; ``force`` takes over fields that other managers hold."""
    query = _query({"fieldManager": manager, "force": "true" if force else ""})
    return _writing("apply", target, target.path + query, body)


def patch(target: Target, body: Mapping[str, Any], *, manager: str = "") -> Request:
    """Build a merge patch (RFC 7386); a ``metadata.resourceVersion`` in it must still be current."""
    return _writing("patch", target, target.path + _query({"fieldManager": manager}), body)


def delete(target: Target, *, uid: str = "", resource_version: str = "") -> Request:
    """Build a deletion that happens only while the object still has ``uid`` and ``resource_version``, where given."""
    preconditions = {"uid": uid, "resourceVersion": resource_version}
    options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
    if any(preconditions.values()):
        options["preconditions"] = {key: value for key, value in preconditions.items() if value}
    return _writing("delete", target, target.path, options)


def create_token(namespace: str, service_account: str, audiences: Sequence[str], seconds: int) -> Request:
    """Build a TokenRequest: a token of a ServiceAccount for ``audiences`` that is valid for ``seconds``."""
    spec: dict[str, Any] = {"expirationSeconds": seconds}
    if audiences:
        spec["audiences"] = list(audiences)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    target = Target(SERVICE_ACCOUNTS, namespace, service_account, "token")
    return _writing("create", target, target.path, body)


def raw(path: str) -> Request:
    """Build the read of a path that is no object, such as ``/version``."""
    return Request("get", path, path, "GET", path)


# Verbs that write, with their HTTP method and media type.
_WRITES = {
    "create": ("POST", JSON),
    "apply": ("PATCH", APPLY),
    "patch": ("PATCH", MERGE),
    "delete": ("DELETE", JSON),
}


# Questions in the form of a creation; and the lease itself, which is how a replica comes back.
_UNFENCED = frozenset({LEASES, SERVICE_ACCOUNTS, TOKEN_REVIEWS, SUBJECT_ACCESS_REVIEWS})


def _reading(verb: str, target: Target, path: str) -> Request:
    return Request(verb, target.resource.kind, str(target), "GET", path)


def _writing(verb: str, target: Target, path: str, body: Mapping[str, Any]) -> Request:
    method, content_type = _WRITES[verb]
    return Request(
        verb=verb,
        kind=target.resource.kind,
        subject=str(target),
        method=method,
        path=path,
        body=orjson.dumps(body),
        content_type=content_type,
        # A deletion carries preconditions only, so there is nothing of a user's to quote.
        quotable=verb == "delete" or not target.resource.confidential,
        changes=target.resource not in _UNFENCED,
    )


def _query(params: Mapping[str, str | int]) -> str:
    given = {key: value for key, value in params.items() if value not in {"", 0}}
    return f"?{urlencode(given)}" if given else ""
