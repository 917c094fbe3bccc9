"""Turns the errors that a step of a fetch or a find raises into the answers that the contract wants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from secrets_operator.errors import OperatorError, Refused, Retryable
from secrets_operator.provider.contract import Failed, Rejected

T = TypeVar("T")


async def answered(ask: Callable[[], Awaitable[T]]) -> T | Failed | Rejected:
    """Return what ``ask`` returns, or the answer that its error means; Refused speaks of the credential."""
    try:
        return await ask()
    except Retryable as error:
        return Failed(error.message, error.after)
    except OperatorError as error:
        return Rejected(str(error), credentials=isinstance(error, Refused))
