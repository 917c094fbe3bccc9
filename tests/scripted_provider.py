"""A provider in memory that does as a test tells it, and tells what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.provider import (
    Absent,
    Answer,
    Capabilities,
    FindAnswer,
    Found,
    Host,
    Problem,
    Query,
    Reference,
    Sharing,
)


async def everybody_may(_store: Object, _namespace: str) -> str:
    """Judge as a store without conditions does."""
    return ""


@dataclass(eq=False)
class ScriptedSession:
    """A session on the provider's remote values; ``closed`` counts."""

    provider: ScriptedProvider
    host: Host
    closed: int = 0
    sharing: Sharing | None = None
    fetches: int = 0

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        assert not self.closed, "a closed session was used"
        self.fetches += 1
        self.provider.fetched.append(tuple(references))
        await asyncio.sleep(self.provider.slowness)
        return [self.provider.remote.get(reference.key, Absent()) for reference in references]

    async def find(self, query: Query) -> FindAnswer:
        assert not self.closed, "a closed session was used"
        self.provider.found.append(query)
        return self.provider.matches.get(query, Absent())

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        members = self.extract(payload)
        if path not in members:
            raise NotFound("no such property")
        return members[path]

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        text = payload.reveal().decode()
        if "=" not in text:
            raise Terminal("the value is not a mapping")
        return {name: SecretBytes(value.encode()) for name, value in (pair.split("=") for pair in text.split(","))}

    async def validate(self) -> None:
        self.provider.validated += 1
        await self.provider.gate.wait()
        if self.provider.late_credential:
            await self.host.secret_value(self.provider.late_credential, field="auth")
        if self.provider.validation_error is not None:
            raise self.provider.validation_error

    async def close(self) -> None:
        self.closed += 1


@dataclass(eq=False)
class ScriptedProvider:
    """Reads ``spec.auth`` as the selector of a credential, and lets sessions share by ``spec.identity``.

    Opening waits while ``gate`` is closed.
    """

    name: str = "scripted"
    capabilities: Capabilities = Capabilities.READ_ONLY
    remote: dict[str, Answer] = field(default_factory=dict)
    open_error: Exception | None = None
    validation_error: Exception | None = None
    late_credential: Mapping[str, Any] = field(default_factory=dict)
    sessions: list[ScriptedSession] = field(default_factory=list)
    fetched: list[tuple[Reference, ...]] = field(default_factory=list)
    matches: dict[Query, FindAnswer] = field(default_factory=dict)
    found: list[Query] = field(default_factory=list)
    validated: int = 0
    slowness: float = 0
    """Seconds that a fetch takes."""

    slow_logins: set[str] = field(default_factory=set)
    """Namespaces whose logins are never answered."""

    opening: int = 0

    def __post_init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()

    def holds(self, **data: str) -> None:
        """Take remote values."""
        self.remote.update({key: Found(SecretBytes(value.encode())) for key, value in data.items()})

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:
        return [Problem("region", f"is not known to a {store_kind}")] if "region" in spec else []

    async def open(self, spec: Mapping[str, Any], host: Host) -> ScriptedSession:
        self.opening += 1
        await self.gate.wait()
        if self.open_error is not None:
            raise self.open_error
        if "auth" in spec:
            await host.secret_value(spec["auth"], field="auth")
        if host.store.namespace in self.slow_logins:
            await asyncio.Event().wait()
        session = ScriptedSession(self, host)
        if "identity" in spec:
            session.sharing = Sharing(
                spec["identity"],
                lambda reference: replace(reference, key=spec.get("prefix", "") + reference.key),
                session.fetch,
                lambda: spec.get("account"),
                lambda _: spec.get("batch", 1),
            )
        self.sessions.append(session)
        return session
