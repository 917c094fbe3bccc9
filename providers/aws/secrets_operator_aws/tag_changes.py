"""Whose a secret is, by its tags, and what is to change so that it has those a push asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from secrets_operator.provider import MARK_KEY, MARK_VALUE

MARK = {MARK_KEY: MARK_VALUE}
# CloudFormation's and such: nobody else may set or remove them.
_OF_AWS = "aws:"


@dataclass(frozen=True, slots=True)
class TagChanges:
    """Tags to set, and the names of tags to remove."""

    to_set: Mapping[str, str]
    to_remove: tuple[str, ...]


def tags_of(listed: Any) -> dict[str, str]:
    """Return tags by name from a list as AWS gives it."""
    entries: Iterable[Mapping[str, Any]] = listed if isinstance(listed, list) else ()
    return {entry["Key"]: entry.get("Value", "") for entry in entries}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS takes them, in the order of their names."""
    return [{"Key": name, "Value": tags[name]} for name in sorted(tags)]


def is_ours(tags: Mapping[str, str]) -> bool:
    """Tell whether a push made what has these tags."""
    return tags.get(MARK_KEY) == MARK_VALUE


def tag_changes(there: Mapping[str, str], wanted: Mapping[str, str], *, keeps: Iterable[str] = ()) -> TagChanges:
    """Return what makes the ``wanted`` tags the only ones beside the mark, AWS's own and those that ``keeps`` names.

    Nothing changes where none are wanted: a push that says nothing of tags leaves them to others.
    """
    if not wanted:
        return TagChanges({}, ())
    kept = {MARK_KEY, *keeps, *wanted}
    extra = sorted(name for name in there if name not in kept and not name.startswith(_OF_AWS))
    return TagChanges({name: value for name, value in wanted.items() if there.get(name) != value}, tuple(extra))
