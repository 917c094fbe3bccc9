"""What Go printed for templates: the recorded cases of ``tests/data/templating`` as pytest parameters.

There are thousands, each of less than a millisecond, so those of a category share a test.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.rows import Row, grouped

FOLDER = Path(__file__).parent / "data" / "templating"


def recording(name: str) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """Return the data of a file of recorded cases, and the cases."""
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    data = {key: base64.b64decode(value) for key, value in document["data_base64"].items()}
    return data, document["cases"]


def recorded_cases(name: str) -> list[Any]:
    """Return a parameter for each category; its rows are the data, the template, and how Go ended."""
    data, cases = recording(name)
    rows = (
        Row(f"{case['category']}: {number:04d} {_shown(case)}", (data, case["template"], recorded_outcome(case)))
        for number, case in enumerate(cases)
    )
    return grouped(rows, lambda row: row.name.partition(":")[0])


def recorded_outcome(case: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the phase in which Go ended (``ok``, ``parse``, ``exec``) and what it printed."""
    if "output_base64" in case:
        return case["result"], base64.b64decode(case["output_base64"])
    return case["result"], case.get("output", "").encode()


def _shown(case: Mapping[str, Any]) -> str:
    text = case["template"].encode("ascii", "backslashreplace").decode().replace("\n", " ")
    return f"{case['result']}: {text[:60]}"
