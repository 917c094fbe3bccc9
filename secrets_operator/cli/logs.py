"""Logging: one line an event, as JSON for machines or coloured for people; values never get in."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

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
        hide_values,
        _exceptions_without_locals,
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
        if isinstance(value, (SecretBytes, bytes, bytearray)) or name.lower() in _CONFIDENTIAL:
            event[name] = _HIDDEN
        elif isinstance(value, Mapping):
            event[name] = sorted(map(str, value))
    return event


def _exceptions_without_locals(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # Tracebacks name code only. Rich ones would print local variables, and so values.
    result: MutableMapping[str, Any] = structlog.processors.format_exc_info(_logger, _method, event)
    return result
