"""Renders templates with a fixed clock and repeatable randomness, as tests of the template functions need them."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path
from typing import Any

from secrets_operator.rendering.gotemplate import EXTERNAL_SECRETS, Context, Dialect, Limits, compile_template
from tests.rows import Row

NOW = 1_709_211_845_123_456_789
"""2024-02-29 13:04:05.123456789 UTC."""

_FOLDER = Path(__file__).parent / "data" / "templating"


def context(*, now: int = NOW, seed: int = 1, limits: Limits | None = None) -> Context:
    dice = random.Random(seed)
    return Context(clock=lambda: now, entropy=dice.randbytes, cpu_clock=time.process_time, limits=limits)


def render(source: str, *, dialect: Dialect = EXTERNAL_SECRETS, account: Context | None = None, **data: bytes) -> bytes:
    return compile_template(source, name="test", dialect=dialect).render(data, context=account or context())


def recorded(name: str) -> list[dict[str, Any]]:
    """Return what Go 1.26 gave, recorded once in ``tests/data/templating``."""
    rows: list[dict[str, Any]] = json.loads((_FOLDER / f"{name}.json").read_text())
    return rows


def recorded_rows(name: str) -> list[Row]:
    """Return what Go gave, as rows that share a test: there are hundreds, each of less than a millisecond."""
    return [Row(f"{number} {str(row)[:100]}", (row,)) for number, row in enumerate(recorded(name))]


def raw(text: str) -> bytes:
    return base64.b64decode(text)
