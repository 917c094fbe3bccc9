"""Keeps one open session per store and credential, and opens, renews and closes them.

A session belongs to one generation of one store. Resources of every namespace share the session of a cluster store,
unless the store's credential lives in the consumer's namespace. A session is opened once however many ask for it, and
closed when it is replaced and its last user has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from secrets_operator.errors import NamespaceUnknown, OperatorError
from secrets_operator.fetching.batching import Batcher
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import StoreHost
from secrets_operator.fetching.referents import CLUSTER_STORE, Referents
from secrets_operator.flow import Key, Object
from secrets_operator.provider import Session, StoreIdentity
from secrets_operator.provider.discovery import Providers

log = structlog.get_logger(__name__)


class _Slot(NamedTuple):
    kind: str
    namespace: str
    name: str
    consumer: str
    """The consumer's namespace where the credential lives there, else empty."""


@dataclass(slots=True)
class OpenSession:
    """A session in use, with the batcher that all its readers share."""

    session: Session
    batcher: Batcher
    host: StoreHost
    users: int = 0
    retired: bool = False
    slots: set[_Slot] = field(default_factory=set)


class _Opening(NamedTuple):
    revision: tuple[str, int]
    task: asyncio.Task[OpenSession]


class Sessions:
    """See the module's docstring."""

    def __init__(self, providers: Providers, referents: Referents, blocking: Blocking, *, limit: int) -> None:
        """Let each store have at most ``limit`` blocking calls under way."""
        self._providers = providers
        self._referents = referents
        self._blocking = blocking
        self._limit = limit
        self._slots: dict[_Slot, _Opening] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(self, store: Object, namespace: str) -> AsyncIterator[OpenSession]:
        """Lend the session of ``store`` to a resource in ``namespace``; raises what opening it raises."""
        current = await self._current(store, namespace)
        current.users += 1
        try:
            yield current
        finally:
            current.users -= 1
            self._close_if_unused(current)

    async def validate(self, store: Object) -> None:
        """Check the credential of ``store``, read anew; raises Terminal or Retryable.

        A cluster store whose credential lives with its consumers cannot be checked here and counts as valid.
        """
        metadata = store["metadata"]
        await self._drop_stale_credentials(store)
        try:
            async with self.use(store, metadata.get("namespace", "")) as current:
                await current.session.validate()
        except NamespaceUnknown:
            return
        except OperatorError:
            self.forget(_key_of(store))
            raise

    def forget(self, store: Key) -> None:
        """Retire every session of a store: it was deleted, or its credential does not work."""
        for slot in [slot for slot in self._slots if slot[:3] == store]:
            self._retire(slot)

    def discard(self, current: OpenSession) -> None:
        """Retire one session whose credential was turned down, unless that was done already."""
        for slot in list(current.slots):
            self._retire(slot)

    async def close(self) -> None:
        """Retire all sessions and wait until they are closed; their users must have ended."""
        for slot in list(self._slots):
            self._retire(slot)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _current(self, store: Object, namespace: str) -> OpenSession:
        metadata = store["metadata"]
        revision = (metadata["uid"], metadata.get("generation", 0))
        shared = _Slot(store["kind"], metadata.get("namespace", ""), metadata["name"], "")
        own = shared._replace(consumer=namespace if store["kind"] == CLUSTER_STORE else "")
        for slot in (shared, own):
            opening = self._slots.get(slot)
            if opening is not None and opening.revision == revision:
                return await asyncio.shield(opening.task)
            if opening is not None:
                self._retire(slot)
        task = asyncio.create_task(self._open(store, namespace), name=f"open {own}")
        self._slots[own] = _Opening(revision, task)
        task.add_done_callback(lambda _: self._opened(own, shared, task))
        return await asyncio.shield(task)

    async def _open(self, store: Object, namespace: str) -> OpenSession:
        name, spec = provider_of(store)
        identity = StoreIdentity(store["kind"], store["metadata"]["name"], namespace)
        host = StoreHost(identity, referents=self._referents, blocking=self._blocking, limit=self._limit)
        session = await self._providers.get(name).open(spec, host)
        return OpenSession(session, Batcher(session.fetch), host)

    def _opened(self, own: _Slot, shared: _Slot, task: asyncio.Task[OpenSession]) -> None:
        opening = self._slots.get(own)
        is_current = opening is not None and opening.task is task
        if task.cancelled() or task.exception() is not None:
            if is_current:
                del self._slots[own]
            return
        current = task.result()
        if not is_current:
            current.retired = True
            self._close_if_unused(current)
            return
        current.slots.add(own)
        if not current.host.used_consumer_namespace and own != shared and shared not in self._slots:
            # The credential is the same for every namespace: all of them share this session from here on.
            self._slots[shared] = self._slots.pop(own)
            current.slots = {shared}

    def _retire(self, slot: _Slot) -> None:
        opening = self._slots.pop(slot)
        if not opening.task.done():
            return  # the done callback finds the slot taken away and closes the session
        current = opening.task.result()
        current.slots.discard(slot)
        if not current.slots:
            current.retired = True
            self._close_if_unused(current)

    def _close_if_unused(self, current: OpenSession) -> None:
        if current.retired and not current.users:
            current.retired = False  # closed once only
            closing = asyncio.create_task(_close(current.session))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _drop_stale_credentials(self, store: Object) -> None:
        key = _key_of(store)
        for slot, opening in list(self._slots.items()):
            if slot[:3] == key and opening.task.done():
                changed = await opening.task.result().host.credentials_changed()
                if changed and self._slots.get(slot) is opening:
                    self._retire(slot)


def provider_of(store: Object) -> tuple[str, Object]:
    """Return the name and the object of the one provider in a store's spec; the schema allows exactly one."""
    ((name, spec),) = store["spec"]["provider"].items()
    return name, spec or {}


def _key_of(store: Object) -> Key:
    metadata = store["metadata"]
    return Key(store["kind"], metadata.get("namespace", ""), metadata["name"])


async def _close(session: Session) -> None:
    try:
        await session.close()
    except Exception as error:  # noqa: BLE001 - a session that cannot be closed is abandoned, not an incident
        log.warning("closing a provider session failed", error=type(error).__name__)
