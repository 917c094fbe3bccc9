"""Server-side apply: merge, drop what is no longer applied, find conflicts, record ownership.

Semantics are those of structured-merge-diff's ``Updater.Apply``. The live object is never changed; the result shares
nothing with it but the field sets inside managedFields, which are never edited in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from devcluster.field_management.comparing import Changes, compare
from devcluster.field_management.described_fields import ApplyInvalid, applied_fields
from devcluster.field_management.field_sets import FieldSet, intersection, paths, union
from devcluster.field_management.managed_entries import APPLY, Entries, Entry, identity_of, read_entries
from devcluster.field_management.merging import merge
from devcluster.field_management.path_elements import printed_path
from devcluster.field_management.removing import remove_dropped
from devcluster.field_management.updating import UpdateOptions, entries_after, set_entries, without
from devcluster.structural import StructuralSchema

# Whoever applies names the object, so its metadata is never dropped as a whole.
_ALWAYS_OWNED: FieldSet = {"f:metadata": {"f:name": {}}}
BEFORE_FIRST_APPLY = "before-first-apply"


@dataclass(frozen=True)
class ApplyOptions:
    """Who applies, whether conflicts are overridden, through which version and subresource, and when (RFC 3339)."""

    manager: str
    force: bool
    api_version: str
    subresource: str
    now: str


@dataclass(frozen=True)
class Conflict:
    """A field that another manager holds at another value; ``manager`` is printed as Kubernetes does, with quotes."""

    manager: str
    field: str

    def as_cause(self) -> dict[str, str]:
        """Return the conflict as an entry of ``Status.details.causes``."""
        return {"reason": "FieldManagerConflict", "message": f"conflict with {self.manager}", "field": self.field}


class ApplyConflict(Exception):
    """Other managers hold fields at other values and force was not asked for."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__(_conflict_message(conflicts))
        self.conflicts = conflicts

    @property
    def causes(self) -> list[dict[str, str]]:
        """The entries of ``Status.details.causes``."""
        return [conflict.as_cause() for conflict in self.conflicts]


def _conflict_message(conflicts: list[Conflict]) -> str:
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: conflict with {conflicts[0].manager}: {conflicts[0].field}"
    lines = []
    for manager in sorted({conflict.manager for conflict in conflicts}):
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {conflict.field}" for conflict in conflicts if conflict.manager == manager]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


def apply(
    live: dict[str, Any] | None, applied: dict[str, Any], *, options: ApplyOptions, schema: StructuralSchema
) -> dict[str, Any]:
    """Return the live object with the applied one merged in and managedFields brought up to date.

    When nothing changes the result equals ``live``, times included.

    Raises:
        ApplyConflict: another manager holds a field at another value, and ``force`` is off.
        ApplyInvalid: the applied object carries managedFields, or list items without or with equal keys.

    """
    metadata = applied.get("metadata") or {}
    if metadata.get("managedFields") is not None:
        raise ApplyInvalid("metadata.managedFields must be nil")
    fields = _fields_of(applied, schema)
    if live is None:
        created = copied(applied)
        created.setdefault("metadata", {})
        set_entries(created["metadata"], _with_entry({}, fields, options))
        return created
    entries = _known_entries(live, options, schema)
    merged = _merged(live, applied, fields, entries, schema, options)
    changes = compare(live, merged, schema.root)
    after = _with_entry(_entries_of_others(entries, changes, options), fields, options)
    own = entries.get(_identity(options))
    if merged is live and own is not None and own.fields == fields and own.api_version == options.api_version:
        return copied(live)
    result = copied(merged)
    set_entries(result["metadata"], after)
    return result


def _identity(options: ApplyOptions) -> tuple[str, str, str, str]:
    return identity_of(options.manager, APPLY, options.api_version, options.subresource)


def _fields_of(applied: dict[str, Any], schema: StructuralSchema) -> FieldSet:
    try:
        return applied_fields(applied, schema.root)
    except ApplyInvalid as error:
        metadata = applied.get("metadata") or {}
        name = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
        version = applied.get("apiVersion", "")
        group_version = version if "/" in version else f"/{version}"
        kind = f"{group_version}, Kind={applied.get('kind', '')}"
        raise ApplyInvalid(f"failed to create typed patch object ({name}; {kind}): {error.message}") from error


def _known_entries(live: dict[str, Any], options: ApplyOptions, schema: StructuralSchema) -> Entries:
    """Return the entries of the live object; one that has none belongs to whoever wrote it before."""
    entries = read_entries(live["metadata"].get("managedFields"))
    if entries:
        return entries
    changes = compare(schema.zero(), live, schema.root)
    before = UpdateOptions(BEFORE_FIRST_APPLY, options.api_version, options.subresource, options.now)
    return entries_after({}, changes, before)


def _merged(
    live: dict[str, Any],
    applied: dict[str, Any],
    fields: FieldSet,
    entries: Entries,
    schema: StructuralSchema,
    options: ApplyOptions,
) -> dict[str, Any]:
    merged = merge(live, applied, schema.root)
    own = entries.get(_identity(options))
    if own is None or own.fields == fields:
        return merged
    others = [entry.fields for key, entry in entries.items() if key != own.identity]
    owned = reduce(union, [fields, *others], _ALWAYS_OWNED)
    kept: dict[str, Any] = remove_dropped(merged, schema.root, own.fields, owned)
    return kept


def _entries_of_others(entries: Entries, changes: Changes, options: ApplyOptions) -> Entries:
    """Return the other managers' entries without what is removed or, by force, taken from them."""
    own = _identity(options)
    others = {key: entry for key, entry in entries.items() if key != own}
    written = changes.written
    conflicts = [
        Conflict(entry.printed, printed_path(path))
        for entry in others.values()
        for path in paths(intersection(entry.fields, written))
    ]
    if conflicts and not options.force:
        raise ApplyConflict(sorted(conflicts, key=lambda conflict: (conflict.manager, conflict.field)))
    lost = union(written, changes.removed)
    return {key: without(entry, lost) for key, entry in others.items()}


def _with_entry(others: Entries, fields: FieldSet, options: ApplyOptions) -> Entries:
    entry = Entry(options.manager, APPLY, options.api_version, options.subresource, options.now, fields)
    return {**others, entry.identity: entry}


def copied(value: dict[str, Any]) -> dict[str, Any]:
    """Return a deep copy of an object, except for the field sets of its managers, which are shared."""
    result: dict[str, Any] = _copy(value)
    return result


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: member if name == "fieldsV1" or not isinstance(member, dict | list) else _copy(member)
            for name, member in value.items()
        }
    return [_copy(item) if isinstance(item, dict | list) else item for item in value]
