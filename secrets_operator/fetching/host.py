"""What a provider session may ask of the operator, for one store: the contract's Host on the guarded reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import Referents, config_map_key, secret_data, secret_key
from secrets_operator.fetching.store_calls import StoreCalls
from secrets_operator.flow import Key, Object, RetrySettings, SecretBytes
from secrets_operator.provider import StoreIdentity
from secrets_operator.provider.namespaces import CLUSTER_STORE, reachable_namespace

T = TypeVar("T")


class CallObserver(Protocol):
    """Told of what is asked of a provider and of every call it makes; the metrics listen here."""

    def provider_asked(self, provider: str, count: int) -> None:
        """Record references and queries that go to a provider, each of them once however many want the answer."""
        ...

    def provider_called(self, service: str, call: str, *, ok: bool, throttled: bool, store: Key) -> None:
        """Record one call for a store or a generator."""
        ...

    def provider_leases_changed(self, service: str, change: int) -> None:
        """Record that logins were opened or given back."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What the hosts of all stores reach the world through."""

    referents: Referents
    blocking: Blocking
    observer: CallObserver


class CredentialRead(NamedTuple):
    """An object that a session was opened with: when its resourceVersion moves, the session is stale."""

    kind: str
    selector: tuple[tuple[str, str], ...]
    resource_version: str


class StoreHost:
    """See :class:`secrets_operator.provider.Host`; also remembers what the session depends on."""

    def __init__(
        self,
        store: StoreIdentity,
        *,
        outside: Outside,
        calls: StoreCalls,
        retry: RetrySettings | None = None,
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        """Call ``noticed`` when it turns out that the session depends on who uses it."""
        self.store = store
        # A cluster store is one store, whoever uses it.
        self._key = Key(store.kind, "" if store.kind == CLUSTER_STORE else store.namespace, store.name)
        self.retry = retry
        self.credentials: dict[CredentialRead, None] = {}
        self.calls = calls
        self._outside = outside
        self._noticed = noticed

    async def secret_value(self, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
        """Return one key of a Secret; see the contract."""
        return secret_key(await self._credential("Secret", selector, field), selector, field=field)

    async def secret_data(
        self, selector: Mapping[str, Any], *, labels: Mapping[str, str], field: str
    ) -> Mapping[str, SecretBytes]:
        """Return all keys of a Secret with these labels; see the contract."""
        return secret_data(await self._credential("Secret", selector, field), labels, field=field)

    async def config_map_value(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return one key of a ConfigMap; see the contract."""
        self._note_namespace(selector, field)
        config_map = await self._outside.referents.config_map(self.store, selector, field=field)
        return config_map_key(config_map, selector, field=field)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        """Return a fresh token; see the contract."""
        self._note_namespace(selector, field)
        return await self._outside.referents.token(
            self.store, selector, audiences=audiences, field=field, seconds=seconds
        )

    async def service_account_annotations(self, selector: Mapping[str, Any], *, field: str) -> Mapping[str, str]:
        """Return the annotations of a ServiceAccount; see the contract."""
        account = await self._credential("ServiceAccount", selector, field)
        return account["metadata"].get("annotations") or {}

    def consumer_namespace(self, *, field: str) -> str:
        """Return the namespace whose resources use the session; see the contract."""
        self._note_namespace({}, field)
        return reachable_namespace(self.store, {}, field=field)

    def namespace_of(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return the namespace in which the object of a selector is read; see the contract."""
        self._note_namespace(selector, field)
        return reachable_namespace(self.store, selector, field=field)

    async def turn(self) -> None:
        """Wait until the store may be called; see the contract."""
        await self.calls.turn()

    async def run_blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking SDK call; see the contract."""
        return await self.calls.run(call)

    def called(self, service: str, call: str, *, ok: bool, throttled: bool = False) -> None:
        """Count one call of the remote side; see the contract."""
        if throttled:
            self.calls.slow_down()
        self._outside.observer.provider_called(service, call, ok=ok, throttled=throttled, store=self._key)

    def leases_changed(self, service: str, change: int) -> None:
        """Count open logins; see the contract."""
        self._outside.observer.provider_leases_changed(service, change)

    async def credentials_changed(self) -> bool:
        """Read what the session was opened with again and tell whether it moved; raises as the guarded reader."""
        for kind, selector, resource_version in self.credentials:
            found = await self._referent(kind, dict(selector), "auth")
            if found["metadata"].get("resourceVersion", "") != resource_version:
                return True
        return False

    async def _credential(self, kind: str, selector: Mapping[str, Any], field: str) -> Object:
        self._note_namespace(selector, field)
        found = await self._referent(kind, selector, field)
        # A list of audiences, say, is no part of what names the object.
        identity = tuple(sorted((name, value) for name, value in selector.items() if isinstance(value, str)))
        self.credentials[CredentialRead(kind, identity, found["metadata"].get("resourceVersion", ""))] = None
        return found

    async def _referent(self, kind: str, selector: Mapping[str, Any], field: str) -> Object:
        referents = self._outside.referents
        read = referents.secret if kind == "Secret" else referents.service_account
        return await read(self.store, selector, field=field)

    def serve_everybody(self) -> None:
        """Have no consumer from here on: no namespace may be served by what another one's credential opens."""
        self.store = replace(self.store, namespace="")

    def _note_namespace(self, selector: Mapping[str, Any], field: str) -> None:
        if self.store.kind == CLUSTER_STORE and not selector.get("namespace"):
            self._noticed()
        reachable_namespace(self.store, selector, field=field)
