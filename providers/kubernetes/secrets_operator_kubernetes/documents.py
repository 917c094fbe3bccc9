"""What a Secret of an API server is as a payload, and what a property or an extract makes of it. Pure.

A payload shows as JSON text. It also keeps the keys with their exact bytes, since JSON holds text only: bytes that are
no UTF-8 are coerced there, as Go does, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import orjson

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.properties import lookup, spread

_INVALID_BYTE = re.compile("[\udc80-\udcff]")
_METADATA = ("labels", "annotations")


class Members(SecretBytes):
    """A payload that is a JSON object, with the exact bytes of its members."""

    __slots__ = ("members",)

    def __init__(self, members: Mapping[str, bytes], text: bytes) -> None:
        super().__init__(text)
        self.members = members


class Metadata(Members):
    """The labels and annotations of a Secret; each member is the JSON of a map."""

    __slots__ = ()


def payload_of(secret: Mapping[str, Any]) -> Members:
    """Return the data of a Secret; raises Terminal for an object that is none."""
    data = secret.get("data")
    if not isinstance(data, dict | None):
        raise Terminal("the object is not a Secret")
    try:
        members = {name: base64.b64decode(value, validate=True) for name, value in sorted((data or {}).items())}
    except (binascii.Error, TypeError, ValueError) as error:
        raise Terminal("the object is not a Secret") from error
    return Members(members, _json({name: text_of(value) for name, value in members.items()}))


def metadata_of(secret: Mapping[str, Any]) -> Metadata:
    """Return the labels and annotations of a Secret."""
    found = secret.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    maps = {name: metadata.get(name) or {} for name in _METADATA}
    return Metadata({name: _json(value) for name, value in maps.items()}, _json(maps))


def text_of(value: bytes) -> str:
    """Return bytes as text; each byte that is no UTF-8 becomes U+FFFD, as in Go."""
    return _INVALID_BYTE.sub("\ufffd", value.decode("utf-8", "surrogateescape"))


def select(payload: SecretBytes, path: str) -> bytes | None:
    """Return what a property picks, or None. Raises InvalidSpec for a GJSON path that cannot be evaluated.

    Of a Secret: the key that is named exactly so; else the part before the first dot is a key, and the rest a GJSON
    path into its value. Of metadata: ``labels`` or ``annotations`` whole; behind the first dot first an exact key, dots
    and all, then a key and a GJSON path.
    """
    members = members_of(payload)
    if path in members:
        return members[path]
    first, _, rest = path.partition(".")
    if first not in members or not rest:
        return None
    if not isinstance(payload, Metadata):
        return lookup(members[first], rest)
    entries = spread(members[first])
    if rest in entries:
        return entries[rest]
    key, _, inner = rest.partition(".")
    return lookup(entries[key], inner) if key in entries and inner else None


def members_of(payload: SecretBytes) -> Mapping[str, bytes]:
    """Return the keys of a payload, or those of the JSON object that a property picked.

    A payload that is neither has none.
    """
    if isinstance(payload, Members):
        return payload.members
    try:
        return spread(payload.reveal())
    except Terminal:
        return {}


def extract(payload: SecretBytes) -> Mapping[str, bytes]:
    """Spread a payload into keys with their exact bytes; raises Terminal when it is no object."""
    return payload.members if isinstance(payload, Members) else spread(payload.reveal())


def _json(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
