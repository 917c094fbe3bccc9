"""The host of a session in memory: what tests of a plug-in use in place of a cluster.

It keeps the namespace rule of stores and the errors of the real host. Used by ``conformance`` subjects, as is
:func:`push_of`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import RetrySettings, SecretBytes
from secrets_operator.provider.contract import StoreIdentity
from secrets_operator.provider.namespaces import reachable_namespace
from secrets_operator.provider.push_contract import Push, PushedSecret, ReadSource, RemoteEntry

T = TypeVar("T")

# (namespace, name) -> data
Objects = Mapping[tuple[str, str], Mapping[str, str]]


_STORE = StoreIdentity("SecretStore", "store", "default")


@dataclass
class MemoryHost:
    """A :class:`~secrets_operator.provider.contract.Host` whose Secrets and ConfigMaps are plain mappings."""

    store: StoreIdentity = _STORE
    secrets: Objects = field(default_factory=dict, repr=False)
    config_maps: Objects = field(default_factory=dict)
    retry: RetrySettings | None = None
    labels: Objects = field(default_factory=dict)
    """Those of Secrets; a Secret that is not here has none."""
    annotations: Objects = field(default_factory=dict)
    """Those of ServiceAccounts; an account that is not here has none."""
    calls: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    """What :meth:`called` was told: service, call, whether it went well."""
    throttles: Counter[str] = field(default_factory=Counter)
    """How many of them were answered with: slow down."""
    leases: Counter[str] = field(default_factory=Counter)
    """The open logins by service."""

    async def secret_value(self, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
        """Return one key of a Secret."""
        return SecretBytes(self._value(self.secrets, "Secret", selector, field).encode())

    async def secret_data(
        self, selector: Mapping[str, Any], *, labels: Mapping[str, str], field: str
    ) -> Mapping[str, SecretBytes]:
        """Return all keys of a Secret with these labels."""
        place = reachable_namespace(self.store, selector, field=field), selector.get("name", "")
        data = self.secrets.get(place)
        if data is None:
            raise InvalidSpec(f"Secret {'/'.join(place)} does not exist", field=field)
        if not labels.items() <= self.labels.get(place, {}).items():
            raise InvalidSpec(f"Secret {'/'.join(place)} lacks a label", field=field)
        return {name: SecretBytes(value.encode()) for name, value in data.items()}

    async def config_map_value(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return one key of a ConfigMap."""
        return self._value(self.config_maps, "ConfigMap", selector, field)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        """Return a made-up token that names what was asked for."""
        namespace = reachable_namespace(self.store, selector, field=field)
        return SecretBytes(f"token:{namespace}/{selector.get('name')}:{','.join(audiences)}:{seconds}".encode())

    async def service_account_annotations(self, selector: Mapping[str, Any], *, field: str) -> Mapping[str, str]:
        """Return the annotations of a ServiceAccount."""
        namespace = reachable_namespace(self.store, selector, field=field)
        return self.annotations.get((namespace, selector.get("name", "")), {})

    def consumer_namespace(self, *, field: str) -> str:
        """Return the namespace of the store."""
        return reachable_namespace(self.store, {}, field=field)

    def namespace_of(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return the namespace in which the object of a selector is read."""
        return reachable_namespace(self.store, selector, field=field)

    async def turn(self) -> None:
        """Wait for nothing."""

    async def run_blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking call in a thread."""
        return await asyncio.to_thread(call)

    def called(self, service: str, call: str, *, ok: bool, throttled: bool = False) -> None:
        """Count one call."""
        self.calls[service, call, ok] += 1
        self.throttles[service] += throttled

    def leases_changed(self, service: str, change: int) -> None:
        """Count open logins."""
        self.leases[service] += change

    def _value(self, objects: Objects, kind: str, selector: Mapping[str, Any], path: str) -> str:
        namespace = reachable_namespace(self.store, selector, field=path)
        name, key = selector.get("name", ""), selector.get("key", "")
        data = objects.get((namespace, name))
        if data is None:
            raise InvalidSpec(f"{kind} {namespace}/{name} does not exist", field=path)
        if key not in data:
            raise InvalidSpec(f"{kind} {namespace}/{name} has no key {key}", field=path)
        return data[key]


async def _no_source(kind: str, name: str, _key: str, field: str) -> SecretBytes:
    raise InvalidSpec(f"{kind} {name} does not exist", field=field)


def push_of(
    remote: RemoteEntry, data: Mapping[str, bytes], secret_key: str = "", *, read_source: ReadSource = _no_source
) -> Push:
    """Return the push of a Secret with ``data``, or of a key of it, as the operator makes one for an entry."""
    values = {name: SecretBytes(value) for name, value in data.items()}
    source = PushedSecret("default", "source", values, "Opaque", {}, {})
    return Push(remote, secret_key, source, remote.metadata, "default", read_source)
