"""What the operator remembers of a Namespace: its name, its labels, and whether it is on its way out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from secrets_operator.flow import Object

# The API server sets it on every Namespace, and nobody can change it.
NAME_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Namespace as far as decisions need it."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    terminating: bool = False


def namespace(found: Object) -> Namespace:
    """Project a Namespace as the API server sent it."""
    metadata = found["metadata"]
    return Namespace(metadata["name"], metadata.get("labels") or {}, "deletionTimestamp" in metadata)
