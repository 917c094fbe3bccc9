"""Watches the single Secrets that stand in the way of a resource, and wakes the resource when one changes or goes.

Secrets of others are not watched otherwise, because their values would pass through memory. Each watch here is of one
object by name, there are few of them, and all that is looked at is that something happened. A resource beyond the
bound, or one whose watch breaks, waits for its next retry instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from secrets_operator.errors import OperatorError
from secrets_operator.flow import Key
from secrets_operator.kube.resources import SECRETS
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.watching.reflector import WATCH_SECONDS, Source

log = structlog.get_logger(__name__)

MOST = 100


class Obstacles:
    """At most one watch for each resource that something stands in the way of."""

    def __init__(self, source: Source, wake: Callable[[Key], None], *, most: int = MOST) -> None:
        """Call ``wake`` when what is in the way of a resource changes; watch at most ``most`` Secrets at once."""
        self._source = source
        self._wake = wake
        self._most = most
        self._watches: dict[Key, asyncio.Task[None]] = {}

    def follow(self, key: Key, secret: SecretState) -> None:
        """Wake ``key`` once ``secret`` is another than this; a watch under way goes on."""
        if key in self._watches or len(self._watches) >= self._most or not secret.resource_version:
            return
        task = asyncio.create_task(self._watch(key, secret), name=f"obstacle of {key}")
        self._watches[key] = task
        task.add_done_callback(lambda ended: self._drop(key, ended))

    def forget(self, key: Key) -> None:
        """Nothing is in the way of ``key`` any more."""
        task = self._watches.pop(key, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """End every watch."""
        tasks = list(self._watches.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, key: Key, ended: asyncio.Task[None]) -> None:
        # Forgotten and followed again meanwhile, the key has another watch by now.
        if self._watches.get(key) is ended:
            del self._watches[key]

    async def _watch(self, key: Key, secret: SecretState) -> None:
        version = secret.resource_version
        try:
            while version:
                version = await self._next(secret, version)
        except OperatorError as error:
            log.info("an obstacle is not watched", key=str(key), error=type(error).__name__)
            return
        self._wake(key)

    async def _next(self, secret: SecretState, version: str) -> str:
        """Watch until the API server ends the watch and return where to go on; empty when something happened."""
        events = self._source.watch(
            SECRETS,
            secret.namespace,
            field_selector=f"metadata.name={secret.name}",
            resource_version=version,
            seconds=WATCH_SECONDS,
        )
        async with aclosing(events):
            async for event in events:
                if event["type"] != "BOOKMARK":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
        return version
