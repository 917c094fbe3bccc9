"""What a session that can also write implements: the remote side of a PushSecret.

A session with an attribute ``pushing``, a :class:`Pushing`, can be pushed to; others are read only. Its three functions
never raise for what the remote side says or fails to say, and do what can be done twice: what is pushed again unchanged
is not written again, what is gone already is deleted. The operator calls them for one entry after the other of a
PushSecret, in order; those of several PushSecrets may overlap.

Ownership is the provider's to keep: what it writes it marks as its own where the remote side has a place for a mark
(``managed-by: external-secrets``), and what lacks the mark it neither overwrites nor deletes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import Absent, Failed, Rejected

MARK_KEY = "managed-by"
MARK_VALUE = "external-secrets"

ReadSource = Callable[[str, str, str, str], Awaitable[SecretBytes]]
"""(kind, name, key, field) -> one key of a ConfigMap or Secret in the namespace of the PushSecret.

``field`` names the selector in errors. Raises InvalidSpec when it is missing, Retryable when the API server does not
answer.
"""


@dataclass(frozen=True, slots=True)
class PushedSecret:
    """The Secret that is pushed, as its template and its key conversion left it.

    ``namespace`` and ``name`` are those of the source. ``type`` is the source's, or the template's where there is a
    template, and then it may be empty.
    """

    namespace: str
    name: str
    data: Mapping[str, SecretBytes]
    type: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoteEntry:
    """A place on the remote side: a secret, or one property of it.

    ``metadata`` is that of the entry of the PushSecret, as :class:`Push` has it, for providers where it says something
    about the place. It is no part of what makes two entries the same.
    """

    remote_key: str
    property: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Push:
    """One entry of a PushSecret for one store.

    ``secret_key`` is the key whose value is pushed, ``""`` for the whole Secret; it is always in ``source.data``.
    ``metadata`` is the entry's, as committed, empty without one; what it means is the provider's, and
    ``push_metadata`` reads it. ``namespace`` is that of the PushSecret, in which ``read_source`` reads what the
    metadata refers to.
    """

    remote: RemoteEntry
    secret_key: str
    source: PushedSecret
    metadata: Mapping[str, Any]
    namespace: str
    read_source: ReadSource


@dataclass(frozen=True, slots=True)
class Pushed:
    """The remote side has the value now; ``changed`` is false when it had it before and nothing was written."""

    changed: bool


@dataclass(frozen=True, slots=True)
class Present:
    """There is such an entry."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The entry is gone, or was never ours to delete; ``changed`` is false when nothing was deleted."""

    changed: bool


PushAnswer = Pushed | Failed | Rejected
PresenceAnswer = Present | Absent | Failed | Rejected
DeleteAnswer = Deleted | Failed | Rejected


@dataclass(frozen=True, slots=True)
class Pushing:
    """How a session writes.

    ``exists`` says whether there is an entry, whoever made it. ``delete`` removes one that is marked as ours, where
    there are marks; with a property, that property only.
    """

    push: Callable[[Push], Awaitable[PushAnswer]]
    exists: Callable[[RemoteEntry], Awaitable[PresenceAnswer]]
    delete: Callable[[RemoteEntry], Awaitable[DeleteAnswer]]


def pushing_of(session: object) -> Pushing | None:
    """Return how a session writes; None for one that only reads."""
    pushing = getattr(session, "pushing", None)
    return pushing if isinstance(pushing, Pushing) else None
