"""Names of data keys: conversion of remote names and the check the API server would make. Pure.

Allowed are letters and digits of any script, ``-``, ``.`` and ``_``, as External Secrets Operator has it; what the API
server refuses beyond that (anything outside ASCII, ``.`` and a leading ``..``) is named here, before a write is tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from secrets_operator.errors import InvalidSpec

V = TypeVar("V")

DEFAULT, UNICODE = "Default", "Unicode"
_VALID = re.compile(r"(?!\.\Z|\.\.)[-._a-zA-Z0-9]{1,253}")


def convert_keys(data: Mapping[str, V], strategy: str, *, field: str) -> dict[str, V]:
    """Replace what a data key may not contain: by ``_`` (Default) or by ``_Uxxxx_`` (Unicode).

    Raises InvalidSpec naming ``field`` when two remote names become the same key.
    """
    converted: dict[str, V] = {}
    sources: dict[str, str] = {}
    for name, value in data.items():
        key = "".join(_convert(rune, strategy) for rune in name)
        if key in converted:
            message = (
                f"the remote keys {sources[key]!r} and {name!r} both become {key!r}; "
                "set conversionStrategy: Unicode to keep them apart"
            )
            raise InvalidSpec(message, field=field)
        converted[key] = value
        sources[key] = name
    return converted


def check_keys(data: Mapping[str, V], *, field: str) -> dict[str, V]:
    """Return the data without an empty key; raise InvalidSpec for a key that no Secret can hold."""
    checked = {key: value for key, value in data.items() if key}
    for key in checked:
        if not _VALID.fullmatch(key):
            message = (
                f"{key[:64]!r} is no valid key of a Secret: use 1 to 253 letters, digits, '-', '_' or '.', "
                "and no '..' in front"
            )
            raise InvalidSpec(message, field=field)
    return checked


def _convert(rune: str, strategy: str) -> str:
    if rune.isalnum() or rune in "-._":
        return rune
    return f"_U{ord(rune):04x}_" if strategy == UNICODE else "_"
