"""The string formats that kube-openapi checks (``format`` of an OpenAPI v3 schema)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DURATION = re.compile(
    r"[+-]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)(\s*(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*)"
)
_LONG_DURATION = re.compile(
    r"\d+\s*(ns|nano|us|µs|micro|ms|milli|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?", re.IGNORECASE
)
_HOSTNAME = re.compile(
    r"(?=.{1,253}$)([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?"
)
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_MAC = re.compile(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")
_HEX_COLOUR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    """Make a predicate from a parser that raises ValueError."""

    def check(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return check


def is_date_time(text: str) -> bool:
    """Tell whether a text is an RFC 3339 time that exists."""
    if not _DATE_TIME.fullmatch(text):
        return False
    return _parses(datetime.fromisoformat)(text[:19].upper())


def _absolute_uri(text: str) -> None:
    parts = urlsplit(text)
    if not parts.scheme and not text.startswith("/"):
        raise ValueError("neither absolute nor rooted")


def is_duration(text: str) -> bool:
    """Tell whether a text is a Go duration or one of the longer forms that strfmt reads (``3 days``)."""
    return bool(_DURATION.fullmatch(text) or _LONG_DURATION.fullmatch(text.strip()))


FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date-time": is_date_time,
    "datetime": is_date_time,
    "date": _parses(date.fromisoformat),
    "duration": is_duration,
    "byte": _parses(lambda text: base64.b64decode(text, validate=True)),
    "uri": _parses(_absolute_uri),
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "hostname": lambda text: bool(_HOSTNAME.fullmatch(text)),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "cidr": _parses(lambda text: ipaddress.ip_network(text, strict=False)),
    "mac": lambda text: bool(_MAC.fullmatch(text)),
    "uuid": _parses(uuid.UUID),
    "hexcolor": lambda text: bool(_HEX_COLOUR.fullmatch(text)),
}
