"""Ownership after a create, an update or a patch other than apply: who changed a field owns it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from devcluster.field_management.comparing import Changes, compare
from devcluster.field_management.field_sets import FieldSet, difference, union
from devcluster.field_management.managed_entries import (
    UPDATE,
    Entries,
    Entry,
    identity_of,
    is_reset,
    read_entries,
    write_entries,
)
from devcluster.structural import StructuralSchema


@dataclass(frozen=True)
class UpdateOptions:
    """Who writes, through which version and subresource, and when (RFC 3339)."""

    manager: str
    api_version: str
    subresource: str
    now: str


def record_update(
    live: dict[str, Any] | None, new: dict[str, Any], *, options: UpdateOptions, schema: StructuralSchema
) -> None:
    """Set ``new``'s managedFields after a write that turned ``live`` into ``new``.

    Call it on the decoded and defaulted object, before the server sets fields of its own. The time of an entry
    changes when its manager gave a field a value; an entry that only lost fields keeps its time.
    """
    metadata = new.setdefault("metadata", {})
    changes = compare(schema.zero() if live is None else live, new, schema.root)
    entries = _entries_to_start_from(live, metadata, options)
    set_entries(metadata, entries_after(entries, changes, options))


def set_entries(metadata: dict[str, Any], entries: Entries) -> None:
    """Write entries into metadata; without any the field is absent."""
    written = write_entries(entries)
    if written:
        metadata["managedFields"] = written
    else:
        metadata.pop("managedFields", None)


def _entries_to_start_from(live: dict[str, Any] | None, metadata: dict[str, Any], options: UpdateOptions) -> Entries:
    """Clients may edit managedFields, but neither lose them by leaving them out nor write them via a subresource."""
    before = read_entries((live or {}).get("metadata", {}).get("managedFields"))
    given = metadata.get("managedFields")
    if options.subresource or not given:
        return before
    return {} if is_reset(given) else read_entries(given) or before


def entries_after(entries: Entries, changes: Changes, options: UpdateOptions) -> Entries:
    """Return the entries after changes made by one Update manager."""
    written = changes.written
    lost = union(written, changes.removed)
    identity = identity_of(options.manager, UPDATE, options.api_version, options.subresource)
    result = {key: without(entry, lost) for key, entry in entries.items()}
    own = entries.get(identity)
    if written:
        kept = difference(own.fields, changes.removed) if own else {}
        fields = union(kept, written)
        result[identity] = Entry(options.manager, UPDATE, options.api_version, options.subresource, options.now, fields)
    return result


def without(entry: Entry, fields: FieldSet) -> Entry:
    """Return an entry without some fields, the same one when it has none of them."""
    if not fields:
        return entry
    rest = difference(entry.fields, fields)
    return entry if rest == entry.fields else replace(entry, fields=rest)
