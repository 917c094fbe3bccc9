"""The verbs of ``seal``: where each is implemented, and its summary for ``--help``."""

from __future__ import annotations

VERBS: dict[str, tuple[str, str]] = {}
