"""What a request is about, read from its method, path and query: verb, group, resource, namespace, name.

The counterpart of apiserver's `RequestInfo`: authorization, the request log and dispatch all work on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = {"status", "finalize"}
_TRUE = {"true", "1", "True", "t", "T", "TRUE"}


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """One request; everything but `verb` and `path` is empty when it is not about a resource."""

    verb: str
    path: str
    is_resource: bool = False
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


def is_true(text: str | None) -> bool:
    """Read a boolean query parameter; one without a value is true."""
    return text is not None and (text == "" or text in _TRUE)


def parse(method: str, path: str, query: Mapping[str, str]) -> RequestInfo:
    """Read a request; paths outside `/api/VERSION/` and `/apis/GROUP/VERSION/` are not about resources."""
    verb = _VERBS.get(method, method.lower())
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        return _resource(verb, path, ("", parts[1], *parts[2:]), query)
    if len(parts) >= 4 and parts[0] == "apis":
        return _resource(verb, path, (parts[1], parts[2], *parts[3:]), query)
    return RequestInfo(verb, path)


def _resource(verb: str, path: str, parts: tuple[str, ...], query: Mapping[str, str]) -> RequestInfo:
    group, version, *rest = parts
    namespace, tail = _namespaced(rest)
    resource, name, subresource = ([*tail, "", "", ""])[:3]
    if len(tail) > 3 and subresource != "proxy":  # what follows "proxy" is for the service behind it
        subresource = "/".join(tail[2:])
    name = name or _single_name(verb, query)
    final = _final_verb(verb, tail, query)
    return RequestInfo(final, path, True, group, version, resource, subresource, namespace, name)


def _namespaced(rest: list[str]) -> tuple[str, list[str]]:
    if rest[0] != "namespaces" or len(rest) < 2:
        return "", rest
    if len(rest) == 2 or (len(rest) == 3 and rest[2] in _NAMESPACE_SUBRESOURCES):
        return rest[1], rest
    return rest[1], rest[2:]


def _single_name(verb: str, query: Mapping[str, str]) -> str:
    """Return the name a field selector narrows a list to: rules with resourceNames can then allow it."""
    if verb != "get":
        return ""
    for term in query.get("fieldSelector", "").split(","):
        field, _, value = term.partition("=")
        if field == "metadata.name":
            return value.removeprefix("=")
    return ""


def _final_verb(verb: str, tail: list[str], query: Mapping[str, str]) -> str:
    if verb == "get" and is_true(query.get("watch")):
        return "watch"
    if len(tail) > 1:
        return verb
    return {"get": "list", "delete": "deletecollection"}.get(verb, verb)
