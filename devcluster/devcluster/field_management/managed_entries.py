"""The entries of ``metadata.managedFields``: who owns which fields, in and out of their JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devcluster.field_management.field_sets import FieldSet, canonical

Identity = tuple[str, str, str, str]
APPLY, UPDATE = "Apply", "Update"


@dataclass(frozen=True, slots=True)
class Entry:
    """One manager's fields; ``time`` is RFC 3339 text."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: FieldSet

    @property
    def identity(self) -> Identity:
        """What tells managers apart: appliers keep their identity across API versions."""
        return identity_of(self.manager, self.operation, self.api_version, self.subresource)

    @property
    def printed(self) -> str:
        """The manager as conflicts name it."""
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        if self.operation == UPDATE:
            text += f" using {self.api_version}"
        return text

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it stands in ``managedFields``."""
        found = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": canonical(self.fields),
        }
        if self.subresource:
            found["subresource"] = self.subresource
        return found


Entries = dict[Identity, Entry]


def identity_of(manager: str, operation: str, api_version: str, subresource: str) -> Identity:
    """Return the identity of a manager's entry."""
    return manager, operation, "" if operation == APPLY else api_version, subresource


def read_entries(managed_fields: list[dict[str, Any]] | None) -> Entries:
    """Read ``managedFields``; entries that are not understood are dropped, as Kubernetes starts afresh then."""
    entries: Entries = {}
    for raw in managed_fields or ():
        fields = raw.get("fieldsV1")
        if raw.get("operation") in (APPLY, UPDATE) and isinstance(fields, dict):
            entry = Entry(
                manager=raw.get("manager", ""),
                operation=raw["operation"],
                api_version=raw.get("apiVersion", ""),
                subresource=raw.get("subresource", ""),
                time=raw.get("time") or "",
                fields=fields,
            )
            entries[entry.identity] = entry
    return entries


def write_entries(entries: Entries) -> list[dict[str, Any]]:
    """Return ``managedFields``: appliers first, then by time, name, API version and subresource."""
    owning = [entry for entry in entries.values() if entry.fields]
    owning.sort(key=lambda entry: (entry.operation, entry.time, entry.manager, entry.api_version, entry.subresource))
    return [entry.as_json() for entry in owning]


def is_reset(managed_fields: Any) -> bool:
    """Tell whether a client asks to forget all owners, by sending one empty entry."""
    return isinstance(managed_fields, list) and len(managed_fields) == 1 and not managed_fields[0]
