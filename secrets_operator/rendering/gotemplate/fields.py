"""Fields: keys of maps, fields of structs, and the rules for what is missing.

In: a receiver and a name. Out: the value, or an ExecError that says what could be done.
"""

from __future__ import annotations

import difflib
from typing import Any, Final

from secrets_operator.rendering.gotemplate.errors import ExecError
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, Frame, Site
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.values import GoMap, GoStruct, Typed, type_of

_ABSENT: Final = object()
_MOST_KEYS: Final = 20
_LONGEST_KEY: Final = 60


def method_of(receiver: Any, name: str) -> Function | None:
    """Return the receiver's method of a name."""
    return receiver.methods.get(name) if isinstance(receiver, Typed) else None


def field_of(frame: Frame, receiver: Any, name: str, site: Site, *, strict: bool) -> Any:
    """Return a map's entry or a struct's field; ``strict`` makes a missing map key an error (``missingkey=error``)."""
    if isinstance(receiver, GoMap) and receiver.key.kind in {"string", "interface"}:
        value = receiver.entries.get(name.encode("utf-8", "surrogateescape"), _ABSENT)
        if value is not _ABSENT:
            return value
        if strict:
            raise _missing_key(frame, receiver, name, site)
        return NO_VALUE
    if isinstance(receiver, GoStruct) and name in receiver.fields:
        return receiver.fields[name]
    if receiver is NO_VALUE:
        if strict:
            raise site.error(f'nil data; no entry for key "{name}"', "there is no value to take the key of")
        return NO_VALUE
    if receiver is None:
        raise site.error(f"nil pointer evaluating interface {{}}.{name}", "the value before the dot is nil")
    raise _no_field(receiver, name, site)


def _no_field(receiver: Any, name: str, site: Site) -> ExecError:
    hint = "a string has no fields"
    if type_of(receiver) == STRING:
        hint += '; a key with a dot in it is read with index, as in index . "tls.crt"'
    elif isinstance(receiver, GoStruct):
        hint = "it has " + ", ".join(receiver.fields) if receiver.fields else "it has no fields"
    else:
        hint = "only maps and structs have fields"
    return site.error(f"can't evaluate field {name} in type {type_of(receiver)}", hint)


def _missing_key(frame: Frame, receiver: GoMap, name: str, site: Site) -> ExecError:
    """Name the keys there are only for the template's own data: those of other maps may come out of a value."""
    if receiver is frame.root:
        hint = _keys_hint(receiver, name)
    else:
        count = len(receiver.entries)
        hint = f"this map has {count} {'key' if count == 1 else 'keys'}"
    return site.error(f'map has no entry for key "{name}"', hint)


def _keys_hint(receiver: GoMap, name: str) -> str:
    if not receiver.entries:
        return "the data is empty"
    names = sorted(key.decode("utf-8", "replace") for key in receiver.entries)
    shown = [key[:_LONGEST_KEY] for key in names[:_MOST_KEYS]]
    more = f" and {len(names) - _MOST_KEYS} more" if len(names) > _MOST_KEYS else ""
    close = difflib.get_close_matches(name[:_LONGEST_KEY], shown, n=1, cutoff=0.75)
    guess = f"; did you mean {close[0]}?" if close else ""
    return f"the data has the keys {', '.join(shown)}{more}{guess}"
