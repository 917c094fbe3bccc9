"""Decodes values as ``decodingStrategy`` asks for: base64 by the rules of Go's ``encoding/base64``. Pure.

Padding is required, line breaks are ignored anywhere, any other character outside the alphabet is an error, and bits
that do not fill a byte are dropped whatever they are.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes

NONE, BASE64, BASE64_URL, AUTO = "None", "Base64", "Base64URL", "Auto"
_ALTCHARS: Final = {BASE64: b"+/", BASE64_URL: b"-_"}
_ALPHABET: Final = {
    strategy: re.compile(b"[A-Za-z0-9" + re.escape(last) + b"]*={0,2}") for strategy, last in _ALTCHARS.items()
}


def decode(value: SecretBytes, strategy: str, *, key: str, field: str) -> SecretBytes:
    """Decode one value; Auto leaves alone what is in neither alphabet.

    Raises InvalidSpec naming ``field`` and ``key``, never the value.
    """
    if strategy in {"", NONE}:
        return value
    if strategy != AUTO and strategy not in _ALTCHARS:
        raise InvalidSpec(f"{strategy!r} is unknown: use None, Base64, Base64URL or Auto", field=field)
    for candidate in _ALTCHARS if strategy == AUTO else (strategy,):
        decoded = _base64(value.reveal(), candidate)
        if decoded is not None:
            return SecretBytes(decoded)
    if strategy == AUTO:
        return value
    message = f"the value of {key!r} is not {strategy} with padding: set Auto or None, or store it encoded"
    raise InvalidSpec(message, field=field)


def _base64(text: bytes, strategy: str) -> bytes | None:
    """Return the bytes ``text`` stands for; None when it is not in the alphabet or not padded."""
    digits = text.translate(None, b"\r\n")
    if len(digits) % 4 or not _ALPHABET[strategy].fullmatch(digits):
        return None
    return base64.b64decode(digits, altchars=_ALTCHARS[strategy])
