"""The table of labels and annotations for docs/settings.md."""

from __future__ import annotations

from collections.abc import Iterable

from secrets_operator.resources.documented_marks import Mark


def marks_table(marks: Iterable[Mark]) -> str:
    """Return a row for each label or annotation."""
    rows = [f"| `{mark.name}` | {mark.kind} | {mark.on} | {mark.meaning} |" for mark in marks]
    return "\n".join(["", "| Name | | On | Meaning |", "|---|---|---|---|", *rows, ""])
