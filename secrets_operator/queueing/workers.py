"""Workers: take keys from the queue, run the reconcile under a deadline, and queue what its outcome asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from secrets_operator.errors import OperatorError, Retryable, Terminal
from secrets_operator.flow import Again, Done, Key, Lane, Never, Outcome, Retry
from secrets_operator.queueing.backoff import Backoff
from secrets_operator.queueing.workqueue import Claim, WorkQueue

log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Told of every finished run; the metrics listen here."""

    def reconciled(self, claim: Claim, outcome: Outcome, seconds: float) -> None:
        """Record one run of ``seconds``."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How many runs at once, how long one may take (seconds), how long to wait after failures."""

    concurrency: int = 64
    deadline: float = 60.0
    patience: float = 0.25
    """Seconds after which a run of a group only waits for its store, and gives its place to others."""

    backoff: Backoff = field(default_factory=Backoff)


class _Place:
    """The place of one run among those at work; left once."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def leave(self) -> None:
        """Make room for another run."""
        release, self._release = self._release, None
        if release is not None:
            release()


class Workers:
    """Runs reconciles until stopped; one task per run, at most ``pace.concurrency`` at a time."""

    def __init__(
        self,
        queue: WorkQueue,
        reconcile: Callable[[Key], Awaitable[Outcome]],
        *,
        pace: Pace,
        chance: Callable[[], float],
        observer: Observer,
    ) -> None:
        """Draw the jitter of backoffs from ``chance`` (in [0, 1)) and report every run to ``observer``."""
        self._queue = queue
        self._reconcile = reconcile
        self._pace = pace
        self._chance = chance
        self._observer = observer
        self._failures: dict[Key, int] = {}
        self._slots = asyncio.Semaphore(pace.concurrency)
        self._runs: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the queue until cancelled; runs under way go on and are ended by :meth:`drain`."""
        while True:
            await self._slots.acquire()
            try:
                claim = await self._queue.get()
            except asyncio.CancelledError:
                self._slots.release()
                raise
            task = asyncio.create_task(self._serve(claim), name=f"reconcile {claim.key}")
            self._runs.add(task)
            task.add_done_callback(self._runs.discard)

    async def drain(self, grace: float) -> None:
        """Wait up to ``grace`` seconds for the runs under way, then abandon them at their next await.

        Abandoning is safe anywhere: every write is one idempotent apply, and the next start reconciles again.
        """
        if self._runs:
            await asyncio.wait(self._runs, timeout=grace)
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    async def _serve(self, claim: Claim) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        place = _Place(self._slots.release)
        # The limit of the group still bounds such runs. Those without a group use this process, and make others wait.
        aside = loop.call_later(self._pace.patience, self._set_aside, claim, place) if claim.group else None
        try:
            outcome = await self._attempt(claim.key)
            if isinstance(outcome, Never | Retry):
                log.warning("reconcile failed", key=str(claim.key), reason=outcome.reason)
            self._settle(claim.key, outcome)
            self._observer.reconciled(claim, outcome, loop.time() - started)
        finally:
            if aside is not None:
                aside.cancel()
            self._queue.done(claim)
            place.leave()

    def _set_aside(self, claim: Claim, place: _Place) -> None:
        self._queue.set_aside(claim)
        place.leave()

    async def _attempt(self, key: Key) -> Outcome:
        try:
            async with asyncio.timeout(self._pace.deadline):
                return await self._reconcile(key)
        except asyncio.CancelledError:
            if _is_being_cancelled():
                raise
            # Something it waited for was cancelled, not this run: the key must not be lost.
            return Retry("what it waited for was cancelled")
        except TimeoutError:
            return Retry(f"did not finish within {self._pace.deadline:g} s")
        except Terminal as error:
            return Never(str(error))
        except Retryable as error:
            return Retry(str(error), after=error.after)
        except OperatorError as error:
            return Retry(str(error))
        except Exception as error:
            # The log names its class and the lines of code, never its message or locals, which may hold a value.
            log.exception("reconcile failed unexpectedly", key=str(key))
            return Retry(type(error).__name__)

    def _settle(self, key: Key, outcome: Outcome) -> None:
        match outcome:
            case Done() | Never():
                self._failures.pop(key, None)
            case Again(seconds):
                self._failures.pop(key, None)
                self._queue.add(key, Lane.REFRESH, delay=seconds)
            case Retry(_, after):
                failures = self._failures[key] = self._failures.get(key, 0) + 1
                backoff = self._pace.backoff.delay(failures, self._chance())
                self._queue.add(key, Lane.RETRY, delay=max(after or 0.0, backoff))


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
