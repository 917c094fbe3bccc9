"""The compiled form of an OpenAPI v3 schema: a tree of `Node`.

A node says what pruning, defaulting, server-side apply and strategic merge need to know about the value at its
place. Values for which no schema is written down are described by `DEDUCED`: maps are granular, lists are atomic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

EXTENSION_ZERO: Final = "x-devcluster-zero"


class Missing:
    """The type of `MISSING`, which tells an absent value from a null one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(slots=True, eq=False)
class Node:
    """What the schema says about one place in an object; immutable once compiled."""

    raw: dict[str, Any]
    type: str = ""
    nullable: bool = False
    int_or_string: bool = False
    preserve_unknown: bool = False
    embedded_resource: bool = False
    properties: dict[str, Node] = field(default_factory=dict)
    additional: Node | None = None
    items: Node | None = None
    atomic_map: bool = False
    list_type: str = "atomic"
    map_keys: tuple[str, ...] = ()
    default: Any = MISSING
    zero: Any = MISSING
    patch_strategy: frozenset[str] = frozenset()
    patch_merge_key: str = ""
    defaults_below: bool = False
    list_types_below: bool = False

    def child(self, name: str) -> Node | None:
        """Return the node of a named member, or None where the schema knows no such member."""
        found = self.properties.get(name)
        if found is not None:
            return found
        if self.additional is not None:
            return self.additional
        return DEDUCED if self.preserve_unknown else None

    def child_or_deduced(self, name: str) -> Node:
        """Return the node of a named member, deducing it where the schema is silent."""
        return self.properties.get(name) or self.additional or DEDUCED

    @property
    def items_or_deduced(self) -> Node:
        """The node of the items of a list, deduced where the schema is silent."""
        return self.items or DEDUCED

    @property
    def is_free_map(self) -> bool:
        """True for a map whose keys are chosen by the user."""
        return self.type == "object" and not self.properties and self.additional is not None


DEDUCED: Final = Node(raw={}, preserve_unknown=True, nullable=True)


def compile_node(schema: dict[str, Any]) -> Node:
    """Compile a schema and everything below it."""
    node = Node(
        raw=schema,
        type=schema.get("type", ""),
        nullable=bool(schema.get("nullable")),
        int_or_string=bool(schema.get("x-kubernetes-int-or-string")) or schema.get("format") == "int-or-string",
        preserve_unknown=bool(schema.get("x-kubernetes-preserve-unknown-fields")),
        embedded_resource=bool(schema.get("x-kubernetes-embedded-resource")),
        atomic_map=schema.get("x-kubernetes-map-type") == "atomic",
        list_type=schema.get("x-kubernetes-list-type", "atomic"),
        map_keys=tuple(sorted(schema.get("x-kubernetes-list-map-keys", ()))),
        default=schema.get("default", MISSING),
        zero=schema.get(EXTENSION_ZERO, MISSING),
        patch_strategy=frozenset(filter(None, schema.get("x-kubernetes-patch-strategy", "").split(","))),
        patch_merge_key=schema.get("x-kubernetes-patch-merge-key", ""),
    )
    _compile_children(node, schema)
    children = [*node.properties.values(), *filter(None, (node.additional, node.items))]
    node.defaults_below = any(child.default is not MISSING or child.defaults_below for child in children)
    node.list_types_below = any(child.list_type != "atomic" or child.list_types_below for child in children)
    return node


def _compile_children(node: Node, schema: dict[str, Any]) -> None:
    node.properties = {name: compile_node(child) for name, child in schema.get("properties", {}).items()}
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        node.additional = compile_node(additional)
    elif additional is True:
        # As in Kubernetes, such members are kept, but what is below them is not known.
        node.additional = Node(raw={}, nullable=True)
    items = schema.get("items")
    if isinstance(items, dict):
        node.items = compile_node(items)
    if node.default is None:
        # A default of null is no default, as in Kubernetes; only a zero value may be null.
        node.default = MISSING if node.zero is MISSING else None
