"""What a plug-in tells the conformance suite about itself: where it can be tried and what is stored there.

Used by ``conformance``, from which these names are imported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import Query
from secrets_operator.provider.contract import Host, Provider, Reference
from secrets_operator.provider.push_contract import RemoteEntry


class NonConformance(AssertionError):
    """The plug-in breaks a rule of the contract."""


@dataclass(frozen=True)
class Opening:
    """What a session is opened with."""

    spec: Mapping[str, Any]
    host: Host


@dataclass(frozen=True)
class Known:
    """A reference and the value that is stored there."""

    reference: Reference
    value: bytes = field(repr=False)


@dataclass(frozen=True)
class Finds:
    """A query, all that it matches where the plug-in is tried, and a query that matches nothing there."""

    query: Query
    matches: Mapping[str, bytes] = field(repr=False)
    nothing: Query


@dataclass(frozen=True)
class Pushes:
    """Where a plug-in can be tried by pushing; each check finds it as it was.

    There is nothing at ``entry``, and a key of a Secret can be pushed to it, a text that is also a JSON object.
    ``beside`` is another property of the same remote secret, where properties are merged into one. ``foreign`` is what
    somebody else made, where there are marks to tell by. ``state`` returns, of a remote key, something that changes
    with every write to it (a version), also where there is nothing; None for a plug-in that cannot know what is there
    and so writes each time.
    """

    entry: RemoteEntry
    beside: RemoteEntry | None = None
    foreign: RemoteEntry | None = None
    state: Callable[[str], Awaitable[object]] | None = None


@dataclass(frozen=True)
class Subject:
    """A plug-in and a place where it can be tried.

    ``document`` holds a JSON object, or whatever the plug-in spreads into keys: ``properties`` are paths into it and
    the text they pick, ``keys`` is what extract makes of it. ``denied`` opens with credentials that the remote side
    turns down, ``broken`` towards a remote side that does not answer; leave them out where there is neither.
    ``finds`` is None for a plug-in that cannot find, ``pushes`` for one that is not pushed to. ``credentials`` are
    texts that must show nowhere, like every stored value.
    """

    provider: Provider
    working: Opening
    known: Sequence[Known]
    absent: Reference
    document: Known
    properties: Mapping[str, bytes] = field(repr=False)
    keys: Mapping[str, bytes] = field(repr=False)
    denied: Opening | None = None
    broken: Opening | None = None
    finds: Finds | None = None
    pushes: Pushes | None = None
    credentials: Sequence[str] = field(default=(), repr=False)


Check = Callable[[Subject], Coroutine[Any, Any, None]]
