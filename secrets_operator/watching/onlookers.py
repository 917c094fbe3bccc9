"""Lets somebody who decides nothing know of changes, such as the page: a change to the key it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from secrets_operator.flow import Key
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.watching.cache import Change

T = TypeVar("T")
Onlooker = Callable[[Key], None]


def nobody(_key: Key) -> None:
    """Look on and do nothing."""


def telling(handler: Callable[[Change[T]], None], kind: str, onlooker: Onlooker) -> Callable[[Change[T]], None]:
    """Return a handler that tells ``onlooker`` which resource changed, status writes included."""
    if onlooker is nobody:
        return handler

    def handle(change: Change[T]) -> None:
        handler(change)
        onlooker(Key(kind, change.namespace, change.name))

    return handle


def telling_owner(
    handler: Callable[[Change[SecretState]], None], onlooker: Onlooker
) -> Callable[[Change[SecretState]], None]:
    """Return a handler of Secrets that tells ``onlooker`` whose Secret changed."""
    if onlooker is nobody:
        return handler

    def handle(change: Change[SecretState]) -> None:
        handler(change)
        state = change.new or change.old
        if state is not None and state.controller is not None:
            onlooker(Key(state.controller.kind, change.namespace, state.controller.name))

    return handle
