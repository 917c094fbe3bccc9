"""Reads typed fields from the JSON body of a request, as Vault's field schema does.

A value of the wrong type is answered 400 and named by its field; the value itself never appears.
"""

from datetime import timedelta
from typing import Any

from devvault.durations import parse_duration
from devvault.errors import VaultError, bad_request
from devvault.wire_json import Json


def _wrong_type(field: str, expected: str) -> VaultError:
    return bad_request(f'Field validation failed: error converting input for field "{field}": expected {expected}')


def text(data: Json, field: str, default: str = "") -> str:
    """Return a string field; numbers and booleans are taken as their text."""
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | int):
        return str(value)
    raise _wrong_type(field, "a string")


def integer(data: Json, field: str, default: int = 0) -> int:
    """Return an integer field, written as a number or as its text."""
    value = data.get(field)
    if value is None:
        return default
    try:
        return int(value) if isinstance(value, int | str) else int("")
    except ValueError:
        raise _wrong_type(field, "an integer") from None


def boolean(data: Json, field: str, *, default: bool = False) -> bool:
    """Return a boolean field, written as a boolean or as `true`/`false`."""
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in known:
        raise _wrong_type(field, "a boolean")
    return known[str(value).lower()]


def duration(data: Json, field: str, default: timedelta = timedelta()) -> timedelta:
    """Return a duration field, written as seconds or as a duration text."""
    value = data.get(field)
    if value is None:
        return default
    try:
        return parse_duration(value)
    except (ValueError, TypeError, AttributeError):
        raise _wrong_type(field, "a duration") from None


def texts(data: Json, field: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return a list of strings, written as a list or separated by commas."""
    value = data.get(field)
    if value is None:
        return default
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise _wrong_type(field, "a list of strings")


def integers(data: Json, field: str) -> tuple[int, ...]:
    """Return a list of integers, written as a list of numbers or of texts."""
    value = data.get(field) or []
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise _wrong_type(field, "a list of integers")
    return tuple(integer({field: part}, field) for part in parts)


def mapping(data: Json, field: str) -> Json | None:
    """Return an object field, or None when it is absent."""
    value = data.get(field)
    if value is None or isinstance(value, dict):
        return value
    raise _wrong_type(field, "a map")


def text_mapping(data: Json, field: str) -> dict[str, str] | None:
    """Return an object field whose values are all strings, or None when it is absent."""
    value = mapping(data, field)
    if value is not None and not all(isinstance(part, str) for part in value.values()):
        raise _wrong_type(field, "a map of strings")
    return value


def refuse_unsupported(data: Json, *unsupported: str) -> None:
    """Answer 400 when a field is set that the stand-in does not act on, rather than ignore it."""
    for field in unsupported:
        value: Any = data.get(field)
        if value not in (None, "", [], {}, False, 0):
            raise bad_request(f"devvault does not support {field}: leave it out")
