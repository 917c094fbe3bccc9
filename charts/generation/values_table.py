"""The tables of all values for docs/chart.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

from charts.generation.values_file import Value


def values_tables(values: Iterable[Value]) -> str:
    """Return a table for each heading of values.yaml."""
    lines = []
    for heading, group in groupby(values, key=lambda value: value.heading):
        lines.append(f"\n### {heading}\n\n| Value | Default | Meaning |\n|---|---|---|\n")
        for value in group:
            default = json.dumps(value.default).replace("|", "\\|")
            lines.append(f"| `{'.'.join(value.path)}` | `{default}` | {value.comment} |\n")
    return "".join(lines)
