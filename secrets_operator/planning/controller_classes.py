"""Which operator of several in a cluster a store, a generator or an ExternalSecret is for. Pure.

The class is in ``spec.controller`` of stores and generators. An ExternalSecret that names a source of another class,
wherever and for whatever, is that operator's: two must not write one Secret.
"""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.flow import Key, Object
from secrets_operator.resources.names import CLUSTER_GENERATOR, CLUSTER_SECRET_STORE, SECRET_STORE

_CLUSTER_WIDE = frozenset({CLUSTER_SECRET_STORE.kind, CLUSTER_GENERATOR.kind})


def is_of_class(source: Object, controller_class: str) -> bool:
    """Tell whether a store or generator belongs to this operator: no class, or its own."""
    spec = source.get("spec") or {}
    if source.get("kind") == CLUSTER_GENERATOR.kind:
        # It says so inside, in what a generator of its own would have as its spec.
        spec = next(iter((spec.get("generator") or {}).values()), None) or {}
    return (spec.get("controller") or controller_class) == controller_class


def named_sources(spec: Object, namespace: str) -> Iterator[Key]:
    """Yield the stores and generators that the raw spec of an ExternalSecret names, also one that cannot be read."""
    entries = [entry for field in ("data", "dataFrom") for entry in spec.get(field) or () if isinstance(entry, dict)]
    sources = [source for entry in entries if isinstance(source := entry.get("sourceRef"), dict)]
    inner = [source.get(member) for source in sources for member in ("storeRef", "generatorRef")]
    for reference in (spec.get("secretStoreRef"), *inner):
        if isinstance(reference, dict) and reference.get("name"):
            kind = reference.get("kind") or SECRET_STORE.kind
            yield Key(kind, "" if kind in _CLUSTER_WIDE else namespace, reference["name"])
