"""Schemas of built-in kinds, by group, version and kind: lists with their keys, patch strategies, defaults.

Neighbours: `structural` compiles them; `schema_dsl` is the language they are written in.
"""

from __future__ import annotations

from functools import lru_cache

from devcluster.builtin_types.admission_group import admission_kinds
from devcluster.builtin_types.apps_group import apps_kinds
from devcluster.builtin_types.coordination_group import coordination_kinds
from devcluster.builtin_types.core_group import core_kinds, event_of_events_group
from devcluster.builtin_types.definition_kind import definition_kinds
from devcluster.builtin_types.discovery_group import discovery_kinds
from devcluster.builtin_types.rbac_group import rbac_kinds
from devcluster.builtin_types.schema_dsl import Schema
from devcluster.structural import StructuralSchema

__all__ = ["builtin_schema"]

_GROUPS = {
    "": core_kinds,
    "admissionregistration.k8s.io": admission_kinds,
    "apiextensions.k8s.io": definition_kinds,
    "apps": apps_kinds,
    "coordination.k8s.io": coordination_kinds,
    "discovery.k8s.io": discovery_kinds,
    "events.k8s.io": lambda: {"Event": event_of_events_group()},
    "rbac.authorization.k8s.io": rbac_kinds,
}
_ANYTHING: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@lru_cache(maxsize=128)
def builtin_schema(group: str, version: str, kind: str) -> StructuralSchema:
    """Return the compiled schema of a built-in kind; one that accepts anything for kinds that are not known."""
    kinds = _GROUPS[group]() if group in _GROUPS and version == "v1" else {}
    return StructuralSchema.compile(kinds.get(kind, _ANYTHING), is_custom_resource=False)
