"""A finished answer to a request, before HTTP: status, body and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    code: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def json_answer(body: Any, code: int = 200, warnings: tuple[str, ...] = ()) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(code, orjson.dumps(body), warnings=warnings)


def warning_header(text: str) -> str:
    """Return the value of a `Warning` header (RFC 7234, code 299)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
