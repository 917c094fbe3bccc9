"""What a store says about trying calls to its provider again (``spec.retrySettings``). Pure."""

from __future__ import annotations

from pydantic import ValidationError

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object, RetrySettings
from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.stores import RetrySettings as Written

_PATH = "spec.retrySettings"


def retry_settings(store: Object) -> RetrySettings | None:
    """Return the retry settings of a store, None when it has none; raises InvalidSpec naming the field."""
    raw = store["spec"].get("retrySettings")
    if raw is None:
        return None
    try:
        written = Written.model_validate(raw)
    except ValidationError as error:
        (first, *_) = problems_in(error)
        raise InvalidSpec(first.message, field=f"{_PATH}.{first.path}" if first.path else _PATH) from error
    interval = None
    if written.retry_interval is not None:
        interval = _not_negative(parse_timedelta(written.retry_interval).total_seconds(), "retryInterval")
    retries = written.max_retries
    return RetrySettings(None if retries is None else int(_not_negative(retries, "maxRetries")), interval)


def _not_negative(number: float, member: str) -> float:
    if number < 0:
        raise InvalidSpec("must not be negative", field=f"{_PATH}.{member}")
    return number
