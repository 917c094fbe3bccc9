"""Has generators make values, each through a host of its own on the guarded reader.

In: what a resource's view of a generator says, and the namespace of the resource. Out: new values, or an error for its
condition. Every reference of a generator is read in that namespace, also of a ClusterGenerator: it names no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from secrets_operator.call_rate import CallRate
from secrets_operator.clock import Clock
from secrets_operator.errors import InvalidSpec, OperatorError, Retryable
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.store_calls import StoreCalls
from secrets_operator.fetching.throttle import Throttle
from secrets_operator.flow import Key, SecretBytes
from secrets_operator.planning.generators import GeneratorView, Spec
from secrets_operator.provider import Entropy, Generated, StoreIdentity, cleanup_of
from secrets_operator.provider.discovery import Generators

# A generator gets as long as a provider does to open a session or to answer a batch; seconds.
DEADLINE = 25.0


class GeneratorHost(StoreHost):
    """What a generator may ask of the operator: namespaces in its selectors have no effect."""

    async def secret_value(self, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
        """Return one key of a Secret; see the contract."""
        return await super().secret_value(_local(selector), field=field)

    async def secret_data(
        self, selector: Mapping[str, Any], *, labels: Mapping[str, str], field: str
    ) -> Mapping[str, SecretBytes]:
        """Return all keys of a Secret with these labels; see the contract."""
        return await super().secret_data(_local(selector), labels=labels, field=field)

    async def config_map_value(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return one key of a ConfigMap; see the contract."""
        return await super().config_map_value(_local(selector), field=field)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        """Return a fresh token; see the contract."""
        local = _local(selector)
        return await super().service_account_token(local, audiences=audiences, field=field, seconds=seconds)

    async def service_account_annotations(self, selector: Mapping[str, Any], *, field: str) -> Mapping[str, str]:
        """Return the annotations of a ServiceAccount; see the contract."""
        return await super().service_account_annotations(_local(selector), field=field)

    def namespace_of(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return the namespace in which the object of a selector is read; see the contract."""
        return super().namespace_of(_local(selector), field=field)


class Generation:
    """See the module's docstring."""

    def __init__(self, generators: Generators, outside: Outside, *, clock: Clock, entropy: Entropy, limit: int) -> None:
        """Allow each generator ``limit`` blocking calls under way."""
        self._generators = generators
        self._outside = outside
        self._clock = clock
        self._entropy = entropy
        self._limit = limit
        self._calls: dict[Key, StoreCalls] = {}

    def obstacle(self, kind: str, spec: Spec | None) -> str:
        """Return what keeps a generator of that kind, and of that spec if any, from being used; nothing when it can."""
        try:
            generator = self._generators.get(kind)
            problems = generator.problems(spec) if spec is not None else ()
        except OperatorError as error:
            return str(error)
        return "; ".join(f"spec.{problem.path}: {problem.message}" for problem in problems)

    async def generate(self, view: GeneratorView, namespace: str) -> Generated:
        """Make new values for a resource in ``namespace``; raises Terminal or Retryable."""
        identity = StoreIdentity(view.key.kind, view.key.name, namespace)
        host = GeneratorHost(identity, outside=self._outside, calls=self._calls_of(view.key))
        generator = self._generators.get(view.kind)
        try:
            async with asyncio.timeout(DEADLINE):
                return await generator.generate(view.spec, host, now=self._clock.now(), entropy=self._entropy)
        except TimeoutError as error:
            raise Retryable(f"it made nothing within {DEADLINE:g} s") from error

    async def take_back(self, maker: Key, spec: Spec, state: Mapping[str, Any]) -> None:
        """Have a generator, of its kind and with its spec of then, take back what ``state`` is about.

        Nothing is to be done where its kind takes nothing back. Raises Terminal or Retryable.
        """
        cleanup = cleanup_of(self._generators.get(maker.kind))
        if cleanup is None:
            return
        problems = self.obstacle(maker.kind, spec)
        if problems:
            raise InvalidSpec(problems)
        identity = StoreIdentity(maker.kind, maker.name, maker.namespace)
        host = GeneratorHost(identity, outside=self._outside, calls=self._calls_of(maker))
        try:
            async with asyncio.timeout(DEADLINE):
                await cleanup(spec, state, host)
        except TimeoutError as error:
            raise Retryable(f"it was not done within {DEADLINE:g} s") from error

    def _calls_of(self, key: Key) -> StoreCalls:
        if key not in self._calls:
            now = self._clock.monotonic
            rate, throttle = CallRate(0.0, now=now), Throttle(now=now)
            self._calls[key] = StoreCalls(self._outside.blocking, rate, lambda: throttle, limit=self._limit)
        return self._calls[key]


def _local(selector: Mapping[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in selector.items() if member != "namespace"}
