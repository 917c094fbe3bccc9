"""A small language for writing the schemas of built-in kinds.

Each function returns a plain OpenAPI v3 schema. The first argument is the sentence that ``kubectl explain`` shows.
``zero`` marks a member that the API always prints, like a struct that is not behind a pointer in Go.
"""

from __future__ import annotations

from typing import Any

from devcluster.structural.nodes import EXTENSION_ZERO

Schema = dict[str, Any]


def text(description: str = "", **keywords: Any) -> Schema:
    """A string."""
    return _schema("string", description, keywords)


def integer(description: str = "", **keywords: Any) -> Schema:
    """A 32-bit integer, as most are."""
    return _schema("integer", description, {"format": "int32", **keywords})


def boolean(description: str = "", **keywords: Any) -> Schema:
    """A truth value."""
    return _schema("boolean", description, keywords)


def time(description: str = "", **keywords: Any) -> Schema:
    """A time; null where it is not set but always printed."""
    return _schema("string", description, {"format": "date-time", **keywords})


def int_or_text(description: str = "") -> Schema:
    """A number or a name, such as a port."""
    return {"description": description, "format": "int-or-string", "x-kubernetes-int-or-string": True}


def quantity() -> Schema:
    """A resource quantity."""
    return {"x-kubernetes-int-or-string": True}


def struct(description: str = "", /, **members: Schema) -> Schema:
    """An object with known members; a trailing underscore of a name is dropped (``from_``)."""
    schema = _schema("object", description, {})
    schema["properties"] = {name.rstrip("_"): member for name, member in members.items()}
    return schema


def open_struct(description: str = "", /, **members: Schema) -> Schema:
    """An object of which only the members that matter are written down; others are kept as they are."""
    return {**struct(description, **members), "x-kubernetes-preserve-unknown-fields": True}


def atomic(schema: Schema) -> Schema:
    """A struct that has one owner as a whole."""
    return {**schema, "x-kubernetes-map-type": "atomic"}


def free_map(description: str = "", values: Schema | None = None) -> Schema:
    """A map with keys of the user's choice."""
    return {**_schema("object", description, {}), "additionalProperties": values or {"type": "string"}}


def items(item: Schema, description: str = "") -> Schema:
    """A list that has one owner as a whole."""
    return {**_schema("array", description, {}), "items": item, "x-kubernetes-list-type": "atomic"}


def set_of(item: Schema, description: str = "") -> Schema:
    """A list whose items are unique and have owners of their own."""
    return {
        **_schema("array", description, {}),
        "items": item,
        "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge",
    }


def map_by(*keys: str, of: Schema, description: str = "", patch: str = "merge") -> Schema:
    """A list whose items are told apart by keys; strategic merge uses the first of them."""
    return {
        **_schema("array", description, {}),
        "items": of,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(keys),
        "x-kubernetes-patch-strategy": patch,
        "x-kubernetes-patch-merge-key": keys[0],
    }


def patched_by(key: str, schema: Schema, strategy: str = "merge") -> Schema:
    """Set another key or strategy for strategic merge than server-side apply uses."""
    extended = {**schema, "x-kubernetes-patch-strategy": strategy}
    return {**extended, "x-kubernetes-patch-merge-key": key} if key else extended


def zero(schema: Schema, value: Any = None) -> Schema:
    """Mark a member as always printed, with the value it has when it is not set."""
    empty: Any = {} if value is None and schema.get("type") == "object" else value
    nullable = {"nullable": True} if empty is None else {}
    return {**schema, **nullable, "default": empty, EXTENSION_ZERO: empty}


def kind(description: str, /, **members: Schema) -> Schema:
    """A kind; type and metadata come with compilation."""
    return struct(description, **members)


def conditions(description: str = "Latest observations of the object's state.") -> Schema:
    """The list of conditions in a status, told apart by type."""
    condition = struct(
        "One observation of the object's state.",
        type=text("What was observed."),
        status=text("True, False or Unknown."),
        observedGeneration=integer("Generation that was observed.", format="int64"),
        lastTransitionTime=time("When the status changed last.", nullable=True),
        lastUpdateTime=time("When the condition was written last.", nullable=True),
        lastProbeTime=time("When the condition was probed last.", nullable=True),
        reason=text("A word for why."),
        message=text("A sentence for people."),
    )
    return map_by("type", of=condition, description=description)


def object_reference(description: str) -> Schema:
    """A reference to an object of any kind, owned as a whole."""
    return atomic(
        struct(
            description,
            apiVersion=text("API version of the object."),
            kind=text("Kind of the object."),
            name=text("Name of the object."),
            namespace=text("Namespace of the object."),
            uid=text("UID of the object."),
            resourceVersion=text("Version of the object that is meant."),
            fieldPath=text("Part of the object that is meant."),
        )
    )


def label_selector(description: str) -> Schema:
    """A label selector, owned as a whole."""
    requirement = struct(
        "A condition on one label.",
        key=text("Name of the label."),
        operator=text("In, NotIn, Exists or DoesNotExist."),
        values=items(text(), "Values to compare with."),
    )
    return atomic(
        struct(
            description,
            matchLabels=free_map("Labels with the values they must have."),
            matchExpressions=items(requirement, "Conditions that must all hold."),
        )
    )


def _schema(kind_of_value: str, description: str, keywords: dict[str, Any]) -> Schema:
    schema: Schema = {"type": kind_of_value, **keywords}
    if description:
        schema["description"] = description
    return schema
