"""Which operator of several in a cluster a store, a generator, an ExternalSecret or a PushSecret is for. Pure.

The class is in ``spec.controller`` of stores and generators. An ExternalSecret that names a source of another class,
wherever and for whatever, is that operator's: two must not write one Secret. A PushSecret is of everybody who has a
store that it pushes to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from secrets_operator.flow import Key, Object
from secrets_operator.resources.names import (
    CLUSTER_GENERATOR,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SECRET_STORE,
)

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
            yield _source(reference, namespace)


def is_of_another(resource: Object, foreign: Collection[Key]) -> bool:
    """Tell whether a resource is another operator's: ``foreign`` are the stores and generators of other classes."""
    kind, metadata = resource["kind"], resource["metadata"]
    namespace = metadata.get("namespace", "")
    if kind == EXTERNAL_SECRET.kind:
        return any(source in foreign for source in named_sources(resource["spec"], namespace))
    if kind == PUSH_SECRET.kind:
        refs = resource["spec"].get("secretStoreRefs") or ()
        # Which stores have some labels is not asked here: one of them may be ours.
        return bool(refs) and all(
            not ref.get("labelSelector") and bool(ref.get("name")) and _source(ref, namespace) in foreign
            for ref in refs
        )
    return Key(kind, namespace, metadata["name"]) in foreign


def _source(reference: Object, namespace: str) -> Key:
    kind = reference.get("kind") or SECRET_STORE.kind
    return Key(kind, "" if kind in _CLUSTER_WIDE else namespace, reference["name"])
