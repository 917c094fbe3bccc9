"""Writes the table of all values into docs/chart.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from charts.generation.values_file import Value

BEGIN = "<!-- Made from charts/secrets-operator/values.yaml by `make crds`; do not edit. -->"
END = "<!-- End of what is made. -->"


def with_table(document: str, values: Iterable[Value]) -> str:
    """Return the document with the table between its marks made anew; raises ValueError without marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("docs/chart.md has lost the marks around the table of values")
    return f"{before}{BEGIN}\n{''.join(_tables(values))}\n{END}{after}"


def _tables(values: Iterable[Value]) -> Iterator[str]:
    for heading, group in groupby(values, key=lambda value: value.heading):
        yield f"\n### {heading}\n\n| Value | Default | Meaning |\n|---|---|---|\n"
        for value in group:
            default = json.dumps(value.default).replace("|", "\\|")
            yield f"| `{'.'.join(value.path)}` | `{default}` | {value.comment} |\n"
