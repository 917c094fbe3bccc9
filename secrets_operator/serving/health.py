"""Is the operator alive, and is it ready? Read from live state by whoever asks, also from another thread.

*Ready* means that every cache is complete, so that decisions are taken on the whole world, and that one of several
replicas has found its place among them. *Alive* means that the event
loop turns and that no watch has been silent without knowing why: such a watch would leave changes unseen for ever, and
only a restart mends that. An API server that is down makes neither of them fail twice: no restart would bring it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

BEAT_SECONDS = 1.0
LONGEST_PAUSE = 30.0
LONGEST_SILENCE = 300.0


@dataclass(frozen=True, slots=True)
class WatchState:
    """What health needs to know of one watch; ``heard`` is the monotonic time of its last data in seconds."""

    name: str
    synced: bool
    heard: float
    fault: str = ""


class Health:
    """Judges beats of the event loop and the state of the watches."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._now = now
        self._beat = now()
        self._watches: Callable[[], Sequence[WatchState]] = tuple
        self._missing: Callable[[], Sequence[str]] = tuple
        self._started = False

    def watch(self, states: Callable[[], Sequence[WatchState]]) -> None:
        """Ask ``states`` for the watches from here on."""
        self._watches = states
        self._started = True

    def need(self, missing: Callable[[], Sequence[str]]) -> None:
        """Be unready also while ``missing`` names something, beside the watches."""
        self._missing = missing

    async def beat(self) -> NoReturn:
        """Show that the event loop turns; run this on it until cancelled."""
        while True:
            self._beat = self._now()
            await asyncio.sleep(BEAT_SECONDS)

    def faults(self) -> list[str]:
        """Return why the process should be restarted; empty while it is alive."""
        now = self._now()
        faults = []
        if now - self._beat > LONGEST_PAUSE:
            faults.append(f"the event loop has not turned for {now - self._beat:.0f} s")
        for state in self._watches():
            silence = now - state.heard
            if state.synced and not state.fault and silence > LONGEST_SILENCE:
                faults.append(f"the watch of {state.name} has been silent for {silence:.0f} s")
        return faults

    def unready(self) -> list[str]:
        """Return what is still missing before decisions can be taken; empty when ready."""
        if not self._started:
            return ["the API server has not been reached yet"]
        unsynced = [
            f"{state.name}: {state.fault or 'not listed completely yet'}"
            for state in self._watches()
            if not state.synced
        ]
        return [*unsynced, *self._missing()]
