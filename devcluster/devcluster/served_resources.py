"""The description of one served resource: names, scope, verbs, schema, strategy, and where it is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devcluster.documents import Document
from devcluster.statuses import Named
from devcluster.storage import CollectionKey, ObjectKey
from devcluster.strategy import Strategy
from devcluster.structural import StructuralSchema
from devcluster.tables import Column

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True)
class Names:
    """What a resource is called."""

    plural: str
    kind: str
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    list_kind: str = ""


@dataclass(frozen=True)
class Conversion:
    """How the stored form becomes the served one and back, for resources that share a collection."""

    to_stored: Callable[[Document], Document]
    from_stored: Callable[[Document], Document]


@dataclass(frozen=True, eq=False)
class ServedResource:
    """One resource in one version. Compared by identity: a changed definition makes a new one."""

    group: str
    version: str
    names: Names
    namespaced: bool
    schema: StructuralSchema
    strategy: Strategy
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    storage: CollectionKey = ("", "")
    storage_version: str = ""
    custom: bool = False
    openapi: dict[str, Any] = field(default_factory=dict)
    conversion: Conversion | None = None

    @property
    def api_version(self) -> str:
        """Return `group/version`, or the version alone in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def kind(self) -> str:
        """Return the kind."""
        return self.names.kind

    @property
    def list_kind(self) -> str:
        """Return the kind of lists."""
        return self.names.list_kind or f"{self.names.kind}List"

    @property
    def qualified(self) -> str:
        """Return `plural.group`, or the plural alone in the core group."""
        return self.named().qualified

    def named(self, name: str = "") -> Named:
        """Return how errors speak of an object of this resource."""
        return Named(self.names.plural, self.group, name)

    def named_by_kind(self, name: str = "") -> Named:
        """Return how validation errors speak of an object of this resource."""
        return Named(self.names.kind, self.group, name)

    def key(self, namespace: str, name: str) -> ObjectKey:
        """Return the storage key of an object."""
        return (namespace if self.namespaced else "", name)
