"""A Definition as the document that is applied to a cluster, and the file it is kept in."""

from __future__ import annotations

from typing import Any

from secrets_operator.resources.definitions.kinds import Definition
from secrets_operator.resources.definitions.structural_schema import Schema, structural_schema


def document(definition: Definition) -> dict[str, Any]:
    """Return the CustomResourceDefinition of ``definition`` as ``apiextensions.k8s.io/v1`` JSON."""
    resource = definition.resource
    metadata: dict[str, Any] = {"name": resource.full_name}
    if definition.labels:
        metadata["labels"] = dict(definition.labels)
    schema = _root_schema(definition)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": {
            "conversion": {"strategy": "None"},
            "group": resource.group,
            "names": _names(definition),
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [_version(definition, version, schema) for version in resource.versions],
        },
    }


def file_name(definition: Definition) -> str:
    """Return the name of the file that holds ``definition``: ``group_plural.yaml``."""
    return f"{definition.resource.group}_{definition.resource.plural}.yaml"


def _root_schema(definition: Definition) -> Schema:
    schema = structural_schema(definition.model)
    properties = schema["properties"]
    # The API server knows these three; a schema may say no more about them than their type.
    for name in ("apiVersion", "kind"):
        properties[name] = {"description": properties[name]["description"], "type": "string"}
    properties["metadata"] = {"type": "object"}
    schema["required"] = ["spec"]
    if not definition.model.model_fields["spec"].is_required():
        del schema["required"]
    return schema


def _names(definition: Definition) -> dict[str, Any]:
    resource = definition.resource
    names: dict[str, Any] = {
        "kind": resource.kind,
        "listKind": f"{resource.kind}List",
        "plural": resource.plural,
        "singular": resource.singular,
    }
    if definition.categories:
        names["categories"] = list(definition.categories)
    if definition.short_names:
        names["shortNames"] = list(definition.short_names)
    return names


def _version(definition: Definition, name: str, schema: Schema) -> dict[str, Any]:
    version: dict[str, Any] = {
        "additionalPrinterColumns": [
            {"jsonPath": column.path, "name": column.name, "type": column.type} for column in definition.columns
        ],
        "name": name,
        "schema": {"openAPIV3Schema": schema},
        "served": True,
        "storage": name == definition.resource.version,
        "subresources": {"status": {}},
    }
    if definition.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in definition.selectable]
    return version
