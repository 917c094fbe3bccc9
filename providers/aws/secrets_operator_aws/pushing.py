"""How a session of any service writes: the prefix, one push at a time to one secret, and trouble as answers.

What a service does is a :class:`Pusher`; there is one for each, in ``secrets_manager_pushing``, ``parameter_pushing``
and ``certificate_pushing``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from secrets_operator.provider import (
    DeleteAnswer,
    Failed,
    PresenceAnswer,
    Push,
    PushAnswer,
    Pushing,
    Rejected,
    RemoteEntry,
)
from secrets_operator.provider.answering import answered
from secrets_operator.provider.one_at_a_time import OneAtATime
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, error_code, meaning_of, trouble_for

T = TypeVar("T")

# Where the sentences of ``errors``, which speak of reading, would send the user to the wrong place.
_SENTENCES: Final = {
    Meaning.ABSENT: "it was deleted a moment ago: the push is tried again",
    Meaning.DENIED: "access is denied: allow the action in IAM, see the permissions for pushing",
    Meaning.REQUEST: "the request is not accepted: check remoteKey, metadata, the size of the value and AWS's quotas",
}
_CHANGED_MEANWHILE: Final = ("ResourceExistsException", "ParameterAlreadyExists")


class Pusher(Protocol):
    """Writes to one service; keys are complete. May raise what ``Calls`` and the host raise."""

    async def push(self, push: Push) -> PushAnswer:
        """Write what an entry says, unless it is there."""
        ...

    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        """Tell whether there is an entry."""
        ...

    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        """Delete an entry that is ours."""
        ...


def pushing_with(pusher: Pusher, prefix: str) -> Pushing:
    """Return how a session writes with a pusher; ``prefix`` is put before every key."""
    turns = OneAtATime()

    def complete(entry: RemoteEntry) -> RemoteEntry:
        return replace(entry, remote_key=prefix + entry.remote_key)

    async def in_turn(entry: RemoteEntry, act: Callable[[], Awaitable[T]]) -> T | Failed | Rejected:
        # AWS takes no condition with a write: of two that set properties of one secret, one would undo the other.
        async with turns.at(entry.remote_key):
            return await _settled(act)

    async def push(asked: Push) -> PushAnswer:
        whole = replace(asked, remote=complete(asked.remote))
        return await in_turn(whole.remote, lambda: pusher.push(whole))

    async def exists(entry: RemoteEntry) -> PresenceAnswer:
        return await _settled(lambda: pusher.exists(complete(entry)))

    async def delete(entry: RemoteEntry) -> DeleteAnswer:
        whole = complete(entry)
        return await in_turn(whole, lambda: pusher.delete(whole))

    return Pushing(push=push, exists=exists, delete=delete)


async def _settled(act: Callable[[], Awaitable[T]]) -> T | Failed | Rejected:
    try:
        return await answered(act)
    except SDK_ERRORS as error:
        return _trouble(error)


def _trouble(error: Exception) -> Failed | Rejected:
    meaning, trouble = meaning_of(error), trouble_for(error)
    operation, code = getattr(error, "operation_name", ""), error_code(error)
    if code in _CHANGED_MEANWHILE:
        return Failed(f"{operation}: somebody else wrote it meanwhile: the push is tried again ({code})")
    if isinstance(trouble, Failed) or trouble.credentials or meaning not in _SENTENCES:
        return trouble
    told = f"{operation}: {_SENTENCES[meaning]}" if operation else _SENTENCES[meaning]
    return Failed(f"{told} ({code})") if meaning is Meaning.ABSENT else Rejected(f"{told} ({code})")
