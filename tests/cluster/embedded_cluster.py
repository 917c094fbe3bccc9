"""The dev cluster in a thread of this process, so that a test can break it while a real operator works on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from devcluster import Cluster

T = TypeVar("T")


class EmbeddedCluster:
    """A Cluster on a loop of its own; :meth:`do` and :meth:`run` reach into it."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.cluster = Cluster()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="devcluster", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.cluster.start())
        self.run(self.cluster.write_kubeconfig(self.kubeconfig))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self.cluster.stop())
        self.run(_turns())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the cluster's loop and return its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def do(self, call: Callable[[Cluster], T]) -> T:
        """Call something of the cluster on its loop and return its result."""

        async def calling() -> T:
            return call(self.cluster)

        return self.run(calling())


async def _turns() -> None:
    """Let the loop turn: a transport that was closed lets go of its socket in a later turn."""
    for _ in range(10):
        await asyncio.sleep(0)
