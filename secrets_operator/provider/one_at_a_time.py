"""Keeps those apart who write to one place at the same moment.

Who merges a property into a secret reads it, and writes all of it again. Of two at once one would take away what the
other wrote, or, where the remote side notices, have to begin anew. Others in the world are not kept apart: what must
not be lost needs the remote side's own check as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class OneAtATime:
    """The places that somebody writes to now."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, _Line] = {}

    @asynccontextmanager
    async def at(self, place: Hashable) -> AsyncIterator[None]:
        """Wait until nobody else is at a place, in the order of those who came."""
        line = self._lines.setdefault(place, _Line())
        line.length += 1
        try:
            async with line.lock:
                yield
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[place]
