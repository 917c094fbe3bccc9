"""Merges values that are JSON objects: ``rewrite.merge`` of an ExternalSecret. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.go_json import Json, compact, parse_object, text_of
from secrets_operator.resources.rewrites import JSON_NEEDS_INTO, RewriteMerge

# More names than this in a message help nobody.
_MOST_NAMES: Final = 10


def merge_values(
    data: Mapping[str, SecretBytes], merge: RewriteMerge, *, field: str, allowance: Allowance
) -> dict[str, SecretBytes]:
    """Merge the values of all keys, a later one overriding an earlier one, into keys or into one object.

    Raises InvalidSpec naming ``field`` and keys, never a value.
    """
    merged: dict[str, Json] = {}
    conflicts: set[str] = set()
    for key in _in_order(data, merge, field):
        value = data[key]
        allowance.spend(len(value), field=field)
        members = parse_object(value.reveal())
        if members is None:
            raise InvalidSpec(f"the value of {key!r} is not a JSON object, so it cannot be merged", field=field)
        conflicts |= merged.keys() & members.keys()
        merged.update(members)
    if conflicts and merge.conflict_policy != "Ignore":
        message = f"several values have the members {_listed(conflicts)}: set conflictPolicy: Ignore and a priority"
        raise InvalidSpec(message, field=field)
    if merge.strategy == "JSON":
        return {**data, _into(merge, field): SecretBytes(compact(merged).encode())}
    return {name: SecretBytes(text_of(value)) for name, value in merged.items()}


def _in_order(data: Mapping[str, SecretBytes], merge: RewriteMerge, field: str) -> list[str]:
    """Return the keys in the order they are merged in: the sorted ones first, then those of ``priority``."""
    missing = [key for key in merge.priority if key not in data]
    if missing and merge.priority_policy != "IgnoreNotFound":
        message = f"there are no keys {_listed(missing)}: remove them, or set priorityPolicy: IgnoreNotFound"
        raise InvalidSpec(message, field=f"{field}.priority")
    last = set(merge.priority)
    return [*sorted(key for key in data if key not in last), *(key for key in merge.priority if key in data)]


def _into(merge: RewriteMerge, field: str) -> str:
    if not merge.into:
        raise InvalidSpec(JSON_NEEDS_INTO.message, field=f"{field}.into")
    return merge.into


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(set(names))
    more = f" and {len(ordered) - _MOST_NAMES} more" if len(ordered) > _MOST_NAMES else ""
    return ", ".join(repr(name[:64]) for name in ordered[:_MOST_NAMES]) + more
