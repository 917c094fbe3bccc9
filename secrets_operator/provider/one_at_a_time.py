"""Keeps those apart who write to one place at the same moment.

Who merges a property into a secret reads it, and writes all of it again. Of two at once one would take away what the
other wrote, or, where the remote side notices, have to begin anew. Others in the world are not kept apart: what must
not be lost needs the remote side's own check as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from weakref import WeakValueDictionary


class OneAtATime:
    """The places that somebody writes to now."""

    def __init__(self) -> None:
        # A lock lasts as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def at(self, place: Hashable) -> asyncio.Lock:
        """Return what whoever writes to a place holds meanwhile: ``async with turns.at(place)``."""
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        return lock
