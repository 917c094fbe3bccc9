"""Texts as scalars of YAML and JSON, in the style in which the text they replace or stand beside is written."""

from __future__ import annotations

import json
import re

from secrets_operator.sealing.lossless.nodes import Scalar
from secrets_operator.sealing.yaml_scalars import resolve

# What every YAML reader takes for the same text without quotes, in flow style too.
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+=-]*")
# Read as a date, a sexagesimal number or an octal one by some reader or other.
_NUMERIC = re.compile(r"[-+.0-9][-+.:_0-9eExXoOTtZ]*")

_LAST_SHORT_ESCAPE = 0xFFFF


def scalar(text: str, *, like: Scalar | None = None) -> str:
    """Return a text as a YAML scalar, plain if every reader takes it for that text, or in quotes like another's."""
    if like is not None and like.style == '"':
        return quoted(text)
    if text.isprintable() and ((like is not None and like.style == "'") or '"' in text):
        return "'" + text.replace("'", "''") + "'"
    is_plain = _PLAIN.fullmatch(text) and not _NUMERIC.fullmatch(text) and resolve(text) == text
    return text if is_plain else quoted(text)


def quoted(text: str) -> str:
    """Return a text in double quotes, which JSON and YAML read alike."""
    written = json.dumps(text, ensure_ascii=False)
    # Escapes of JSON for characters beyond 16 bits are two halves, which YAML refuses; it takes them as they are.
    return "".join(c if c.isprintable() or ord(c) > _LAST_SHORT_ESCAPE else f"\\u{ord(c):04x}" for c in written)
