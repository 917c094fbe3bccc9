"""The values that travel between the stages; nothing here decides or acts.

watch event -> Key -> queue -> controller: observe -> plan -> fetch -> render -> apply -> report -> Outcome.
Stages share these types and do not import each other.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    # Whoever only seals does without the models.
    from secrets_operator.resources.rewrites import Rewrite

# A Kubernetes object as the API server sent it. Hot paths read it by key and never copy it.
Object = dict[str, Any]


class SecretBytes:
    """Bytes of a secret value: they show as ``***`` everywhere and are reached only through :meth:`reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the plain bytes; call this only where a value is written to its Secret or handed to a provider."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "***"

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretBytes) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        # Pickles and deep copies into logs or caches on disk would carry the value out of the process.
        message = "a secret value is not serialised"
        raise TypeError(message)


class Key(NamedTuple):
    """Names one resource to reconcile. A key is queued, never an event: reconciling re-reads the world."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


class Lane(IntEnum):
    """Why a key is queued; a lower number is served first."""

    CHANGED = 0
    DRIFT = 1
    STORE = 2
    """What it reads from was changed or turned ready; behind what is new, since one store may bring thousands."""

    RETRY = 3
    REFRESH = 4


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to do until an event arrives."""


@dataclass(frozen=True, slots=True)
class Again:
    """Reconcile again after ``seconds`` (a refresh or a heartbeat, not a failure)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retry:
    """The attempt failed: try again with backoff, or after the wait the other side asked for (seconds)."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """The user must act; only a change of something watched brings the key back."""

    reason: str


Outcome = Done | Again | Retry | Never


@dataclass(frozen=True, slots=True)
class Query:
    """All secrets that match (``dataFrom.find``), by every condition that is not empty.

    ``name`` is a regular expression in the syntax of Go (RE2), searched for anywhere in the name; ``path`` is where to
    start. Providers differ in what they make of conditions given together. Equal queries are asked once.
    """

    path: str = ""
    name: str = ""
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """What a store says about trying calls again, each None where it says nothing.

    How ``max_retries`` counts is the provider's affair; it is never negative, and so is the wait in seconds.
    """

    max_retries: int | None = None
    interval_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """One entry of ``data`` or ``dataFrom``: what to read remotely and where it goes.

    ``field`` is the entry's path in the resource, for messages. An empty ``secret_key`` spreads the remote value into
    keys (``dataFrom.extract``); otherwise it names the one key the value goes to. With ``find`` there is no ``key``:
    every match becomes a key.
    """

    field: str
    key: str
    version: str = ""
    property: str = ""
    secret_key: str = ""
    conversion: str = "Default"
    metadata: bool = False
    decoding: str = "None"
    null_bytes: str = "Ignore"
    rewrite: tuple[Rewrite, ...] = ()
    find: Query | None = None
    store: Key | None = None
    """The store it is read from."""

    generator: Key | None = None
    """The generator that makes it, in place of a store."""


@dataclass(frozen=True, slots=True)
class Value:
    """A read that was answered: the data it contributes, under remote names for an extract and a find."""

    read: Read
    data: Mapping[str, SecretBytes]


class Cause(StrEnum):
    """Why a read brought nothing."""

    ABSENT = "absent"
    FAILED = "failed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Miss:
    """A read that brought nothing.

    ``after`` is the wait in seconds the remote side asked for; ``credentials`` says that it turned the credential down.
    """

    read: Read
    cause: Cause
    message: str
    after: float | None = None
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """All answers of one resource, in the order of its reads."""

    values: tuple[Value, ...] = ()
    misses: tuple[Miss, ...] = ()
    read_at: float | None = None
    """The monotonic time at which the oldest of them was begun to be read; None when there was nothing to read."""
