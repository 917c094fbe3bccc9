"""Which kinds an operator works on, by its settings. Pure."""

from __future__ import annotations

from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_GENERATOR,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SEALED_SECRET,
)
from secrets_operator.settings import Settings

_CLUSTER_SOURCES = frozenset({CLUSTER_SECRET_STORE.kind, CLUSTER_GENERATOR.kind})
# What others read, such as stores, is not selected by label: a resource that is would wait for it for ever.
_SELECTED = frozenset(
    kind.kind for kind in (EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET, PUSH_SECRET, CLUSTER_PUSH_SECRET, SEALED_SECRET)
)


def is_worked_on(kind: str, settings: Settings) -> bool:
    """Tell whether anything of a kind that users write is looked at."""
    if kind == SEALED_SECRET.kind:
        return settings.sealed_secrets
    if not settings.external_secrets:
        return False
    # Who works in some namespaces only neither sees all others nor decides what they get.
    everywhere = not settings.watch_namespaces
    switches = {
        CLUSTER_EXTERNAL_SECRET.kind: settings.cluster_external_secrets and everywhere,
        PUSH_SECRET.kind: settings.push_secrets,
        CLUSTER_PUSH_SECRET.kind: settings.cluster_push_secrets and settings.push_secrets and everywhere,
    }
    return switches.get(kind, settings.cluster_stores or kind not in _CLUSTER_SOURCES)


def label_selector(kind: str, settings: Settings) -> str:
    """Return by which labels the resources of a kind are chosen; empty for all of them."""
    return settings.label_selector if kind in _SELECTED else ""
