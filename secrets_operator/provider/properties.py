"""Properties of JSON payloads: what ``remoteRef.property`` picks and ``dataFrom.extract`` spreads. Pure.

A path is in the GJSON syntax (https://github.com/tidwall/gjson/blob/master/SYNTAX.md) and what it picks is text as Go's
gjson prints it: strings unescaped, objects and arrays as they were written, whole numbers digit by digit, other numbers
in plain decimal, null as nothing at all (yet it exists). A payload that is not JSON in UTF-8 has no properties.

Keys, indexes and wildcards are walked here; ``gjson_query`` evaluates the rest of the syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.gjson_query import NOTHING, Nothing, Picked, query, source
from secrets_operator.provider.raw_json import Json, RawArray, RawNumber, RawObject, parse

_SYNTAX = re.compile(r"[#@{\[!]")
_COMPONENT = re.compile(r"((?:[^\\.|]|\\.|\\$)*)([.|]|$)", re.DOTALL)
_TOKEN = re.compile(r"\\(.)|(\*+|\?)|([^\\*?]+)", re.DOTALL)
_INDEX = re.compile(r"[0-9]{1,9}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def lookup(payload: bytes, path: str) -> bytes | None:
    """Return the text that ``path`` picks, or None when nothing is there.

    Raises InvalidSpec when the path would take too many steps on this payload or cannot be evaluated faithfully.
    """
    try:
        document = parse(payload.decode("utf-8-sig"), first_wins=True)
    except ValueError:
        return None
    value = _walk(document, path)
    if isinstance(value, Nothing) and _SYNTAX.search(path):
        value = query(document, path, size=len(payload))
    return None if isinstance(value, Nothing) else text_of(value)


def lookup_literal_first(payload: bytes, path: str) -> bytes | None:
    """Return the member named ``path``, dots and all (``tls.crt``), else what :func:`lookup` finds."""
    if "." in path:
        found = lookup(payload, path.replace(".", "\\."))
        if found is not None:
            return found
    return lookup(payload, path)


def spread(payload: bytes) -> dict[str, bytes]:
    """Spread a JSON object into keys: strings unquoted, null empty, everything else as it was written.

    Raises Terminal when the payload is not a JSON object.
    """
    try:
        document = parse(payload.decode("utf-8-sig"))
    except ValueError:
        document = None
    if not isinstance(document, RawObject):
        raise Terminal("the value is not a JSON object, so it cannot be spread into keys")
    return {
        name: value.raw.encode() if isinstance(value, RawNumber) else text_of(value) for name, value in document.items()
    }


def selected(found: bytes | None, path: str) -> SecretBytes:
    """Return what a lookup of ``path`` found as a value. Raises NotFound where it found nothing."""
    if found is None:
        raise NotFound(f"property {path} does not exist in the value")
    return SecretBytes(found)


def extracted(payload: SecretBytes) -> dict[str, SecretBytes]:
    """Return a JSON object as values by key; see :func:`spread`."""
    return {name: SecretBytes(value) for name, value in spread(payload.reveal()).items()}


def text_of(value: Picked) -> bytes:
    """Return a picked value as the text that goes into a Secret."""
    if value is None:
        return b""
    if isinstance(value, RawNumber):
        return plain_decimal(value.raw).encode()
    # A JSON string can name half of a surrogate pair, which no UTF-8 text can hold.
    text = str(value) if isinstance(value, str) else source(value)
    return _LONE_SURROGATE.sub("\ufffd", text).encode()


def plain_decimal(number: str) -> str:
    """Return a JSON number as gjson prints it: whole numbers as written, others the shortest double, no exponent."""
    if number.removeprefix("-").isdigit():
        return number
    shortest = Decimal(repr(float(number)))
    return format(shortest.normalize(), "f") if shortest.is_finite() else number


def _walk(document: Json, path: str) -> Picked:
    value: Picked = document
    for component, separator in _COMPONENT.findall(path):
        value = _step(value, component)
        if not separator:
            break
    return value


def _step(value: Picked, component: str) -> Picked:
    """Take one component of a path: a member by name or wildcard, or an item by index."""
    if isinstance(value, RawArray):
        index = int(component) if _INDEX.fullmatch(component) else len(value)
        return value[index] if index < len(value) else NOTHING
    if not isinstance(value, RawObject):
        return NOTHING
    tokens: list[tuple[str, str, str]] = _TOKEN.findall(component)
    if not any(wildcard for _, wildcard, _ in tokens):
        return value.get("".join(escaped or plain for escaped, _, plain in tokens), NOTHING)
    pattern = _pattern(tokens)
    return next((item for name, item in value.items() if pattern.fullmatch(name)), NOTHING)


def _pattern(tokens: Iterable[tuple[str, str, str]]) -> re.Pattern[str]:
    """Build the pattern of a component with * or ?; atomic groups keep it from trying a * twice at one place."""
    chunks = [""]
    for escaped, wildcard, plain in tokens:
        if wildcard.startswith("*"):
            chunks.append("")
        else:
            chunks[-1] += "." if wildcard else re.escape(escaped or plain)
    first, *rest = chunks
    middle = "".join(f"(?>.*?{chunk})" for chunk in rest[:-1])
    last = "".join(f".*{chunk}" for chunk in rest[-1:])
    return re.compile(first + middle + last, re.DOTALL)
