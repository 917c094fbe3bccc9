"""Refuses values with a zero byte where ``nullBytePolicy`` says so: many programs stop reading at one. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes

FAIL = "Fail"


def check_null_bytes(data: Mapping[str, SecretBytes], policy: str, *, field: str) -> None:
    """Raise InvalidSpec naming ``field`` and the first key, in sorted order, whose value has a zero byte."""
    if policy != FAIL:
        return
    for key in sorted(data):
        if b"\0" in data[key].reveal():
            message = f"the value of {key!r} has a zero byte: remove it at the provider, or set Ignore"
            raise InvalidSpec(message, field=field)
