"""What a provider session may ask of the operator, for one store: the contract's Host on the guarded reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import (
    CLUSTER_STORE,
    Referents,
    config_map_key,
    reachable_namespace,
    secret_key,
)
from secrets_operator.flow import RetrySettings, SecretBytes
from secrets_operator.provider import StoreIdentity

T = TypeVar("T")


class CredentialRead(NamedTuple):
    """A Secret that a session was opened with: when its resourceVersion moves, the session is stale."""

    selector: tuple[tuple[str, str], ...]
    resource_version: str


class StoreHost:
    """See :class:`secrets_operator.provider.Host`; also remembers what the session depends on."""

    def __init__(
        self,
        store: StoreIdentity,
        *,
        referents: Referents,
        blocking: Blocking,
        limit: int,
        retry: RetrySettings | None = None,
    ) -> None:
        """Let at most ``limit`` blocking calls of this store be under way, so that it cannot take every thread."""
        self.store = store
        self.retry = retry
        self.credentials: dict[CredentialRead, None] = {}
        self.used_consumer_namespace = False
        self._referents = referents
        self._blocking = blocking
        self._limit = asyncio.Semaphore(limit)

    async def secret_value(self, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
        """Return one key of a Secret; see the contract."""
        self._note_namespace(selector, field)
        secret = await self._referents.secret(self.store, selector, field=field)
        identity = tuple(sorted((member, str(value)) for member, value in selector.items()))
        self.credentials[CredentialRead(identity, secret["metadata"].get("resourceVersion", ""))] = None
        return secret_key(secret, selector, field=field)

    async def config_map_value(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return one key of a ConfigMap; see the contract."""
        self._note_namespace(selector, field)
        config_map = await self._referents.config_map(self.store, selector, field=field)
        return config_map_key(config_map, selector, field=field)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str
    ) -> SecretBytes:
        """Return a fresh token; see the contract."""
        self._note_namespace(selector, field)
        return await self._referents.token(self.store, selector, audiences=audiences, field=field)

    async def run_blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking SDK call; see the contract."""
        await self._limit.acquire()
        running = asyncio.ensure_future(self._blocking.run(call))
        # A thread cannot be interrupted: one whose caller gave up counts until it ends, or a store that hangs would
        # take one thread after the other from all others.
        running.add_done_callback(lambda _: self._limit.release())
        return await asyncio.shield(running)

    async def credentials_changed(self) -> bool:
        """Read the credential Secrets again and tell whether one of them moved; raises as the guarded reader."""
        for selector, resource_version in self.credentials:
            secret = await self._referents.secret(self.store, dict(selector), field="auth")
            if secret["metadata"].get("resourceVersion", "") != resource_version:
                return True
        return False

    def _note_namespace(self, selector: Mapping[str, Any], field: str) -> None:
        namespace = reachable_namespace(self.store, selector, field=field)
        if self.store.kind == CLUSTER_STORE and not selector.get("namespace") and namespace:
            self.used_consumer_namespace = True
