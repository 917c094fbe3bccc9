"""Watches the single Secrets that PushSecrets name, and wakes a PushSecret when its source changes, goes or comes.

Secrets of others are not watched otherwise, because their values would pass through memory. Each watch here is of one
object by name, and all that is looked at is its version. A Secret that the operator writes is watched anyway. A
PushSecret beyond the bound notices a changed source with its next refresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import structlog

from secrets_operator.errors import OperatorError
from secrets_operator.flow import Key
from secrets_operator.kube.resources import SECRETS
from secrets_operator.watching.reflector import WATCH_SECONDS, Source

log = structlog.get_logger(__name__)

MOST = 100
# How long after trouble with the API server a watch is begun anew; seconds.
PAUSE = 30.0


class SourceWatches:
    """At most one watch for each PushSecret."""

    def __init__(
        self,
        source: Source,
        wake: Callable[[Key], None],
        *,
        is_watched: Callable[[str, str], bool],
        most: int = MOST,
    ) -> None:
        """Call ``wake`` when a source changes; watch at most ``most``, and none that ``is_watched`` anyway."""
        self._source = source
        self._wake = wake
        self._is_watched = is_watched
        self._most = most
        self._watches: dict[Key, tuple[str, asyncio.Task[None]]] = {}

    def follow(self, key: Key, name: str, seen: str) -> None:
        """Wake ``key`` once the Secret ``name`` has another resourceVersion than ``seen``, none being empty."""
        known = self._watches.get(key)
        if known is not None and known[0] == name:
            return
        self.forget(key)
        if len(self._watches) >= self._most or self._is_watched(key.namespace, name):
            return
        task = asyncio.create_task(self._watch(key, name, seen), name=f"source of {key}")
        self._watches[key] = name, task
        task.add_done_callback(lambda ended: self._drop(key, ended))

    def forget(self, key: Key) -> None:
        """Wake ``key`` no more."""
        known = self._watches.pop(key, None)
        if known is not None:
            known[1].cancel()

    async def close(self) -> None:
        """End every watch."""
        tasks = [task for _, task in self._watches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, key: Key, ended: asyncio.Task[None]) -> None:
        # Forgotten and followed again meanwhile, the key has another watch by now.
        if self._watches.get(key, ("", None))[1] is ended:
            del self._watches[key]

    async def _watch(self, key: Key, name: str, seen: str) -> None:
        while True:
            try:
                version = await self._unchanged(key.namespace, name, seen)
                while version:
                    version = await self._next(key.namespace, name, version)
                break
            except OperatorError as error:
                log.info("a source is not watched for a while", key=str(key), error=type(error).__name__)
                await asyncio.sleep(PAUSE)
        # Before the key can be worked on, so that its next run may follow anew.
        self._watches.pop(key, None)
        self._wake(key)

    async def _unchanged(self, namespace: str, name: str, seen: str) -> str:
        """Return from where to watch; empty when the Secret is another already."""
        listed = await self._source.list(SECRETS, namespace, field_selector=f"metadata.name={name}")
        live = next((item["metadata"].get("resourceVersion", "") for item in listed["items"]), "")
        return str(listed["metadata"]["resourceVersion"]) if live == seen else ""

    async def _next(self, namespace: str, name: str, version: str) -> str:
        """Watch until the API server ends the watch and return where to go on; empty when something happened."""
        events = self._source.watch(
            SECRETS,
            namespace,
            field_selector=f"metadata.name={name}",
            resource_version=version,
            seconds=WATCH_SECONDS,
        )
        async with aclosing(events):
            async for event in events:
                if event["type"] != "BOOKMARK":
                    return ""
                version = event["object"]["metadata"]["resourceVersion"]
        return version
