"""Percent-encoding in each part of a URL as Go's net/url has it.

In: byte strings and the ``Part`` they belong to. Out: byte strings; raises FunctionError for escapes that are malformed
or not allowed in a host.
"""

from __future__ import annotations

import re
from enum import Enum
from string import ascii_letters, digits

from secrets_operator.rendering.gotemplate.errors import FunctionError

_UNRESERVED = ascii_letters + digits + "-_.~"
_IN_HOST = _UNRESERVED + "!$&'()*+,;=:[]<>\""
_PERCENT_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
_ESCAPED_PERCENT = b"25"


class Part(Enum):
    """A part of a URL, by the characters that stand in it for themselves."""

    PATH = frozenset((_UNRESERVED + "$&+,/:;=@").encode())
    USERINFO = frozenset((_UNRESERVED + "$&+,;=").encode())
    FRAGMENT = frozenset((_UNRESERVED + "$&+,/:;=?@!()*").encode())
    HOST = frozenset(_IN_HOST.encode())
    ZONE = frozenset((_IN_HOST + "%").encode())


def escape(text: bytes, part: Part) -> bytes:
    """Return a text with every other byte percent-encoded."""
    plain = part.value
    return b"".join([b"%c" % byte if byte in plain else b"%%%02X" % byte for byte in text])


def unescape(text: bytes, part: Part) -> bytes:
    """Return a text with its percent-escapes decoded."""
    if part in {Part.HOST, Part.ZONE}:
        _check_host(text)

    def decoded(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            raise FunctionError("invalid URL escape")
        byte = int(found[1], 16)
        if not _may_be_escaped(byte, found[1], part):
            raise FunctionError("invalid URL escape in the host")
        return b"%c" % byte

    return _PERCENT_ESCAPE.sub(decoded, text)


def _may_be_escaped(byte: int, digits_of_it: bytes, part: Part) -> bool:
    """Return whether an escape may stand for a byte: no ASCII in a host, no byte in a zone that a host cannot have."""
    if part is Part.HOST:
        return byte >= 0x80 or digits_of_it == _ESCAPED_PERCENT
    if part is Part.ZONE:
        return byte in Part.HOST.value or byte == 0x20 or digits_of_it == _ESCAPED_PERCENT
    return True


def _check_host(text: bytes) -> None:
    if any(byte < 0x80 and byte not in Part.ZONE.value for byte in text):
        raise FunctionError("invalid character in host name")
