"""The one way to run a blocking SDK call: a bounded thread pool, so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Blocking:
    """A pool of ``threads`` threads shared by all sessions."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="blocking")

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in a thread; its exceptions arrive unchanged.

        A cancelled wait leaves the thread to its own timeout: a blocking call cannot be interrupted.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Drop what is queued and do not wait for calls under way; the process is ending."""
        self._pool.shutdown(wait=False, cancel_futures=True)
