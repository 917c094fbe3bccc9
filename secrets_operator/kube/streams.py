"""A watch as a stream of events: chunks of bytes in, parsed lines out; does no I/O of its own.

One line is one event, https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.kube import mapping
from secrets_operator.kube.requests import Request


class Lines:
    """Cuts chunks into lines; a line that no newline ends is never handed out, as it may be cut short."""

    def __init__(self) -> None:
        # The beginning of the line under way, in parts: joining them once keeps a large object linear.
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that ``chunk`` completes, without empty ones."""
        first, *rest = chunk.split(b"\n")
        self._parts.append(first)
        if not rest:
            return []
        lines = [b"".join(self._parts), *rest]
        self._parts = [lines.pop()]
        return [line for line in lines if line]


async def events(request: Request, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Object, None]:
    """Yield the events in ``chunks``; raises what an ERROR event stands for, and ServerError for anything malformed."""
    lines = Lines()
    async with aclosing(chunks):
        async for chunk in chunks:
            for line in lines.feed(chunk):
                yield _event(request, line)


def _event(request: Request, line: bytes) -> Object:
    event = mapping.parsed(request, line)
    kind, subject = event.get("type"), event.get("object")
    if kind == "ERROR" and isinstance(subject, dict):
        raise mapping.from_status(request, _code(subject), subject)
    if isinstance(kind, str) and mapping.is_object(subject):
        return event
    raise mapping.not_kubernetes(request, 200)


def _code(status: dict[str, Any]) -> int:
    code = status.get("code")
    return code if isinstance(code, int) else 500
