"""What of a store's spec can be judged without asking anybody. Pure."""

from __future__ import annotations

from datetime import timedelta

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object
from secrets_operator.planning.namespace_conditions import condition_problems
from secrets_operator.planning.refresh import SHORTEST_INTERVAL
from secrets_operator.planning.retry_settings import retry_settings
from secrets_operator.planning.support import STORE, unsupported_fields, unsupported_message
from secrets_operator.resources.durations import DurationError, parse_timedelta


def store_problems(store: Object) -> list[str]:
    """Return what keeps a store from being used, each with its field; its provider judges what is below it."""
    problems = []
    unsupported = unsupported_fields(store["spec"], STORE)
    if unsupported:
        problems.append(unsupported_message(unsupported))
    providers = [name for name, spec in (store["spec"].get("provider") or {}).items() if spec is not None]
    if len(providers) != 1:
        named = ", ".join(sorted(providers)) or "none"
        problems.append(f"spec.provider: needs exactly one provider, has {named}")
    try:
        refresh_interval(store["spec"].get("refreshInterval"))
    except DurationError as error:
        problems.append(f"spec.refreshInterval: {error}")
    try:
        retry_settings(store)
    except InvalidSpec as error:
        problems.append(str(error))
    return [*problems, *map(str, condition_problems(store))]


def refresh_interval(value: str | int | None) -> timedelta | None:
    """Return how often a store is validated: whole seconds or a Go duration, a second at least; None when
    unset or 0.

    Raises DurationError for a text that is no Go duration, and for a negative interval.
    """
    interval = timedelta(seconds=value) if isinstance(value, int) else parse_timedelta(value or "0")
    if interval < timedelta(0):
        message = "must not be negative"
        raise DurationError(message)
    return max(interval, SHORTEST_INTERVAL) if interval else None


def checked_every(store: Object, otherwise: timedelta) -> timedelta:
    """Return how often a store is validated: as it says, or ``otherwise`` where it says nothing that can be read.

    An interval that cannot be read is one of the :func:`store_problems`.
    """
    try:
        return refresh_interval(store["spec"].get("refreshInterval")) or otherwise
    except DurationError:
        return otherwise
