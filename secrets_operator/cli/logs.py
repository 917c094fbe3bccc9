"""Logging: one line an event, as JSON for machines or coloured for people; values never get in."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

from secrets_operator.errors import OperatorError
from secrets_operator.flow import SecretBytes

_HIDDEN = "***"
# Names under which a value could be logged by mistake; the tests log one under each and look for it.
_CONFIDENTIAL = ("password", "token", "secret_value", "data", "payload", "body", "authorization", "private_key")


def configure_logs(form: str, level: str) -> None:
    """Send all logs, those of libraries too, to stderr as ``json`` or ``console`` lines from ``level`` upwards."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_code_and_classes),
        hide_values,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The SDKs log whole requests at debug level, credentials included.
    for library in ("botocore", "boto3", "urllib3", "hvac", "asyncio", "aiohttp"):
        logging.getLogger(library).setLevel(logging.WARNING)


def hide_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace whatever could hold a secret value; a structlog processor."""
    for name, value in event.items():
        event[name] = _HIDDEN if name.lower() in _CONFIDENTIAL else _without_values(value)
    return event


def _without_values(value: Any) -> Any:
    if isinstance(value, (SecretBytes, bytes, bytearray)):
        return _HIDDEN
    if isinstance(value, Mapping):
        return sorted(map(str, value))
    if isinstance(value, BaseException):
        return _described(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_without_values(item) for item in value]
    return value


def _code_and_classes(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Render an exception and its causes: classes and lines of code, no locals, no messages but our own.

    Foreign exceptions quote what they choke on, which may be a value; ours never do.
    """
    return "\n".join(_lines(exc_info[1]))


def _lines(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines(cause)
        yield "which led to:"
    yield from (line.rstrip() for line in traceback.format_tb(error.__traceback__))
    yield _described(error)
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _lines(inner)


def _described(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, OperatorError) else name
