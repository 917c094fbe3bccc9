"""What Go 1.26 and robfig/cron 3.0.1 answered to generated questions, recorded once in ``tests/data/go-answers``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data" / "go-answers"


def go_answers(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((_FOLDER / f"{name}.json").read_text())
    return rows
