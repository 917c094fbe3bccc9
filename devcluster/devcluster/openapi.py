"""OpenAPI documents of served kinds, version 3 by group version and version 2 for everything.

They hold what ``kubectl explain``, ``kubectl apply`` and generated clients look for: schemas with their group, version
and kind, and paths with their actions and query parameters. Not every parameter of the real server is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from devcluster.builtin_types import builtin_schema
from devcluster.structural.nodes import EXTENSION_ZERO
from devcluster.structural.object_metadata import object_metadata_schema
from devcluster.structural.schema import with_object_fields

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1"
_PATCH_TYPES: Final = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_WRITE_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation")
_LIST_PARAMETERS: Final = (
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "timeoutSeconds",
    "watch",
)
_DELETE_PARAMETERS: Final = ("dryRun", "gracePeriodSeconds", "propagationPolicy")
# Method, Kubernetes action, query parameters; for the collection and for a single object.
_COLLECTION_ACTIONS: Final = (
    ("get", "list", _LIST_PARAMETERS),
    ("post", "post", _WRITE_PARAMETERS),
    ("delete", "deletecollection", (*_LIST_PARAMETERS, *_DELETE_PARAMETERS)),
)
_OBJECT_ACTIONS: Final = (
    ("get", "get", ()),
    ("put", "put", _WRITE_PARAMETERS),
    ("patch", "patch", (*_WRITE_PARAMETERS, "force")),
    ("delete", "delete", _DELETE_PARAMETERS),
)
_PARAMETER_TYPES: Final = {
    "force": "boolean",
    "watch": "boolean",
    "limit": "integer",
    "timeoutSeconds": "integer",
    "gracePeriodSeconds": "integer",
}


@dataclass(frozen=True)
class ServedKind:
    """One kind in one version; ``schema`` is its OpenAPI v3 schema, or empty for a built-in kind."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    schema: dict[str, Any]

    @property
    def model(self) -> str:
        """The name of the kind's schema: ``io.k8s.api.core.v1.Secret``, ``dev.example.v1.Widget``."""
        built_in = "." not in self.group or self.group.endswith(".k8s.io")
        if built_in:
            package = self.group.partition(".")[0] or "core"
            return f"io.k8s.api.{package}.{self.version}.{self.kind}"
        return ".".join([*reversed(self.group.split(".")), self.version, self.kind])

    @property
    def gvk(self) -> dict[str, str]:
        """The value of ``x-kubernetes-group-version-kind``."""
        return {"group": self.group, "version": self.version, "kind": self.kind}

    @property
    def collection_path(self) -> str:
        """The path of the collection, inside a namespace where there is one."""
        prefix = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = "/namespaces/{namespace}" if self.namespaced else ""
        return f"{prefix}{scope}/{self.plural}"


def document_v3(kinds: Sequence[ServedKind]) -> dict[str, Any]:
    """Return the OpenAPI v3 document of one group version."""
    writer = _Version3()
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": _paths(kinds, writer),
        "components": {"schemas": _models(kinds, writer)},
    }


def document_v2(kinds: Sequence[ServedKind]) -> dict[str, Any]:
    """Return the OpenAPI v2 (Swagger) document of all kinds."""
    writer = _Version2()
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": _paths(kinds, writer),
        "definitions": _models(kinds, writer),
    }


class _Version3:
    """How version 3 writes references, parameters and bodies."""

    prefix = "#/components/schemas/"

    def reference(self, model: str) -> dict[str, Any]:
        return {"allOf": [{"$ref": self.prefix + model}]}

    def parameter(self, name: str, place: str) -> dict[str, Any]:
        found: dict[str, Any] = {"name": name, "in": place, "schema": _parameter_schema(name)}
        return {**found, "required": True} if place == "path" else found

    def operation(self, kind: ServedKind, method: str) -> dict[str, Any]:
        schema = {"$ref": self.prefix + kind.model}
        content = {"application/json": {"schema": schema}}
        operation: dict[str, Any] = {"responses": {"200": {"description": "OK", "content": content}}}
        if method in ("post", "put"):
            operation["requestBody"] = {"required": True, "content": content}
        elif method == "patch":
            anything = {"schema": {"type": "object"}}
            operation["requestBody"] = {"required": True, "content": dict.fromkeys(_PATCH_TYPES, anything)}
        return operation

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


class _Version2(_Version3):
    """How version 2 writes them."""

    prefix = "#/definitions/"

    def reference(self, model: str) -> dict[str, Any]:
        return {"$ref": self.prefix + model}

    def parameter(self, name: str, place: str) -> dict[str, Any]:
        found = {"name": name, "in": place, **_parameter_schema(name)}
        return {**found, "required": True} if place == "path" else found

    def operation(self, kind: ServedKind, method: str) -> dict[str, Any]:
        schema = {"$ref": self.prefix + kind.model}
        operation: dict[str, Any] = {"responses": {"200": {"description": "OK", "schema": schema}}}
        operation["produces"] = ["application/json"]
        if method in ("post", "put", "patch"):
            operation["consumes"] = list(_PATCH_TYPES) if method == "patch" else ["application/json"]
            body = {"type": "object"} if method == "patch" else schema
            operation["parameters"] = [{"name": "body", "in": "body", "required": True, "schema": body}]
        return operation

    def schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in schema.items()
            if name not in ("oneOf", "anyOf", "not", "nullable", "default")
        }


def _parameter_schema(name: str) -> dict[str, Any]:
    return {"type": _PARAMETER_TYPES.get(name, "string"), "uniqueItems": True}


def _paths(kinds: Sequence[ServedKind], writer: _Version3) -> dict[str, Any]:
    paths = {}
    for kind in kinds:
        collection = kind.collection_path
        in_path = ["namespace"] if kind.namespaced else []
        paths[collection] = _path_item(kind, _COLLECTION_ACTIONS, in_path, writer)
        paths[f"{collection}/{{name}}"] = _path_item(kind, _OBJECT_ACTIONS, ["name", *in_path], writer)
    return paths


def _path_item(
    kind: ServedKind, actions: tuple[tuple[str, str, tuple[str, ...]], ...], in_path: list[str], writer: _Version3
) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for method, action, parameters in actions:
        operation = writer.operation(kind, method)
        operation["operationId"] = (
            f"{action}{kind.model.title().replace('.', '')}{'' if 'name' in in_path else 'Collection'}"
        )
        operation["tags"] = [kind.group or "core"]
        queries = [writer.parameter(name, "query") for name in dict.fromkeys(parameters)]
        operation["parameters"] = [*operation.get("parameters", ()), *queries]
        operation["x-kubernetes-action"] = action
        operation["x-kubernetes-group-version-kind"] = kind.gvk
        item[method] = operation
    item["parameters"] = [writer.parameter(name, "path") for name in in_path]
    return item


def _models(kinds: Sequence[ServedKind], writer: _Version3) -> dict[str, Any]:
    models = {f"{_META}.ObjectMeta": _published(object_metadata_schema(), writer)}
    for kind in kinds:
        raw = with_object_fields(kind.schema or builtin_schema(kind.group, kind.version, kind.kind).raw)
        schema = _published(raw, writer)
        schema["properties"]["metadata"] = {
            "description": "Name, labels and bookkeeping that every object has.",
            **writer.reference(f"{_META}.ObjectMeta"),
        }
        schema["x-kubernetes-group-version-kind"] = [kind.gvk]
        models[kind.model] = schema
        models[f"{kind.model}List"] = _list_model(kind, writer)
    return dict(sorted(models.items()))


def _list_model(kind: ServedKind, writer: _Version3) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"A list of {kind.kind} objects.",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": {"$ref": writer.prefix + kind.model}},
        },
        "x-kubernetes-group-version-kind": [{**kind.gvk, "kind": f"{kind.kind}List"}],
    }


def _published(schema: dict[str, Any], writer: _Version3) -> dict[str, Any]:
    """Copy a schema without what is private to this server or unknown to the document's version."""
    result: dict[str, Any] = {}
    for name, value in writer.schema(schema).items():
        if name in ("properties", "patternProperties"):
            result[name] = {member: _published(below, writer) for member, below in value.items()}
        elif name in ("items", "additionalProperties", "not") and isinstance(value, dict):
            result[name] = _published(value, writer)
        elif name in ("allOf", "anyOf", "oneOf"):
            result[name] = [_published(below, writer) for below in value]
        elif name != EXTENSION_ZERO:
            result[name] = value
    return result
