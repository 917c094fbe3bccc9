"""What a push makes of the map that Vault keeps, and whether that is any different. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import MARK_KEY, MARK_VALUE, Push
from secrets_operator.provider.pushed_values import text_of, value_of
from secrets_operator_vault import documents
from secrets_operator_vault.paths import V2

MARK = {MARK_KEY: MARK_VALUE}
# An engine of version 1 has no metadata: the mark is a member of the map.
MARK_MEMBER = "custom_metadata"

Map = Mapping[str, Any]


def is_marked(custom_metadata: Any) -> bool:
    """Tell whether custom metadata say that a push made the secret."""
    return isinstance(custom_metadata, Mapping) and custom_metadata.get(MARK_KEY) == MARK_VALUE


def pushed(push: Push, there: Map | None, version: str) -> dict[str, Any]:
    """Return the map as the push wants it, in version 1 with the mark; ``there`` is the present one.

    Raises InvalidSpec for a value that cannot be kept as it is, Terminal where a property holds something else.
    """
    name, present = push.remote.property, there or {}
    if version == V2:
        return _with_property(push, present) if name else _whole(value_of(push))
    if name == MARK_MEMBER:
        raise InvalidSpec(f"property {name} is where an engine of version v1 keeps the mark: name another one")
    custom = present.get(MARK_MEMBER)
    mark = {**(custom if isinstance(custom, Mapping) else {}), **MARK}
    return {**(_with_property(push, present) if name else _whole(value_of(push))), MARK_MEMBER: mark}


def is_same(one: Map, other: Map | None, version: str) -> bool:
    """Tell whether two maps are the same to an engine, which in version 2 makes doubles of all numbers."""
    return other is not None and _canonical(one, version) == _canonical(other, version)


def without(there: Map, name: str, version: str) -> dict[str, Any]:
    """Return a map without a property, an empty one when no more than the mark is left."""
    rest = {member: value for member, value in there.items() if member != name}
    return {} if version != V2 and set(rest) == {MARK_MEMBER} else rest


def _canonical(values: Map, version: str) -> bytes:
    number = (lambda text: repr(float(text))) if version == V2 else str
    return documents.written(values, number)


def _with_property(push: Push, present: Map) -> dict[str, Any]:
    name = push.remote.property
    if not isinstance(present.get(name, ""), str):
        raise Terminal(f"property {name} holds something other than a text, and is left as it is")
    return {**present, name: text_of(value_of(push), push.secret_key)}


def _whole(value: SecretBytes) -> dict[str, Any]:
    try:
        document = documents.parse(value.reveal())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InvalidSpec("the value is not a JSON object, which Vault needs: push it to a property of the remote key")
    return document
