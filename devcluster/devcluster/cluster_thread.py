"""A cluster in a thread of its own, for synchronous tests and clients: `with ClusterThread() as cluster:`."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from devcluster.cluster import Cluster

ResultT = TypeVar("ResultT")
_TIMEOUT_SECONDS = 30.0


class ClusterThread:
    """Runs a `Cluster` on an event loop in another thread.

    `cluster` gives its attributes (`url`, `token`, `requests` and so on); whatever changes it goes through
    `call` or `run`, which execute on its loop.
    """

    def __init__(self, cluster: Cluster | None = None) -> None:
        self.cluster = cluster or Cluster()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="devcluster", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self.cluster.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run(self.cluster.stop())
        finally:
            self._end()

    def run(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run a coroutine of the cluster, such as `cluster.restart()`, and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_TIMEOUT_SECONDS)

    def call(self, function: Callable[[], ResultT]) -> ResultT:
        """Call a function on the cluster's loop, such as `cluster.close_watches`, and return its result."""

        async def called() -> ResultT:
            return function()

        return self.run(called())

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
