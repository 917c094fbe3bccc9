"""The one way to run a blocking SDK call: a bounded thread pool, so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Blocking:
    """A pool of ``threads`` threads, or of one for each core, shared by all who are given it."""

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or _cores()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="blocking")

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in a thread; its exceptions arrive unchanged.

        A cancelled wait leaves the thread to its own timeout: a blocking call cannot be interrupted.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Drop what is queued and do not wait for calls under way; the process is ending."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    """Return how many cores this process may use; not every system can say."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Pools:
    """The threads of an operator, apart from each other so that none of them holds up the work of another."""

    providers: Blocking
    rendering: Blocking
    decrypting: Blocking
    """RSA wants cores, not waiting room: one thread each."""

    answering: Blocking
    """What strangers ask for over HTTP gets one thread, whatever they ask."""

    def close(self) -> None:
        """Close all of them."""
        for pool in (self.providers, self.rendering, self.decrypting, self.answering):
            pool.close()
