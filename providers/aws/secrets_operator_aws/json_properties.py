r"""Properties of a JSON document by path: looked up, set and taken out, all else as it was written. Pure.

Paths are those of sjson: ``a.b`` nests, ``\.`` is a dot within a name, a number is the place in a list; ``:`` before a
part makes a name of a number. What sjson would set at several places at once (``*``, ``?``, ``#``, ``|``, ``@`` without
a backslash) is refused, and so is ``-1``, which would add an item with every push.
https://github.com/tidwall/sjson#path-syntax
"""

from __future__ import annotations

import json
import re
from typing import Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.raw_json import Json, RawArray, RawNumber, RawObject, RawString, parse

_PART = re.compile(r"((?:[^\\.]|\\.|\\\Z)*)(\.|\Z)", re.DOTALL)
_SEVERAL = re.compile(r"(?<!\\)(?:\\\\)*[*?#|@]")
_INDEX = re.compile(r"[0-9]{1,3}")


class _Missing:
    """Nothing is at that place."""


_MISSING: Final = _Missing()


class Part(str):
    """One part of a path, without its escapes; ``is_name`` says that it is no place in a list."""

    __slots__ = ("is_name",)
    is_name: bool


def parts_of(path: str) -> list[Part]:
    """Return the parts of a path. Raises InvalidSpec for one that names no single place."""
    if _SEVERAL.search(path):
        raise InvalidSpec(f"property {path!r} may name several places: write a backslash before each of * ? # | @")
    parts = []
    for written, separator in _PART.findall(path):
        part = Part(re.sub(r"\\(.)", r"\1", written.removeprefix(":"), flags=re.DOTALL))
        part.is_name = written.startswith(":")
        if not part:
            raise InvalidSpec(f"property {path!r} has an empty part: name what is between the dots")
        parts.append(part)
        if not separator:
            break
    return parts


def document_of(payload: bytes) -> Json:
    """Return a document; an empty one is an object without members.

    Raises InvalidSpec when it is no JSON, or neither object nor list.
    """
    try:
        document = parse(payload.decode("utf-8-sig")) if payload else RawObject()
    except ValueError:
        document = None
    if not isinstance(document, RawObject | RawArray):
        raise InvalidSpec("what is there is no JSON object, which a property needs: push without a property")
    return document


def text_at(document: Json, path: str) -> str | None:
    """Return the text that a property is; None where there is nothing or something else."""
    found = _at(document, parts_of(path))
    return str(found) if isinstance(found, RawString) else None


def is_at(document: Json, path: str) -> bool:
    """Tell whether there is a property."""
    return not isinstance(_at(document, parts_of(path)), _Missing)


def with_text(document: Json, path: str, text: str) -> bytes:
    """Return the document with a property set to a text.

    Raises InvalidSpec where something on the way to it is neither object nor list, and would be lost.
    """
    return _set(document, parts_of(path), json.dumps(text, ensure_ascii=False), path).encode()


def without(document: Json, path: str) -> bytes:
    """Return the document without a property that is there, and without the objects that are empty then.

    Empty when nothing is left.
    """
    left = _without(document, parts_of(path))
    return b"" if left is None else left.encode()


def _at(document: Json, parts: list[Part]) -> Json | _Missing:
    found: Json | _Missing = document
    for part in parts:
        found = _child(found, part)
    return found


def _child(value: Json | _Missing, part: Part) -> Json | _Missing:
    if isinstance(value, RawObject):
        return value.get(part, _MISSING)
    if isinstance(value, RawArray) and _is_place(part) and int(part) < len(value):
        return value[int(part)]
    return _MISSING


def _set(value: Json | _Missing, parts: list[Part], raw: str, path: str) -> str:
    if not parts:
        return raw
    part, rest = parts[0], parts[1:]
    if isinstance(value, _Missing) or value is None:
        value = RawArray() if _is_place(part) else RawObject()
    inner = _set(_child(value, part), rest, raw, path)
    if isinstance(value, RawObject):
        return _object({**{name: source(item) for name, item in value.items()}, part: inner})
    if isinstance(value, RawArray) and _is_place(part):
        items = [source(item) for item in value]
        index = int(part)
        items += ["null"] * (index + 1 - len(items))
        return f"[{','.join([*items[:index], inner, *items[index + 1 :]])}]"
    raise InvalidSpec(f"property {path!r} leads through something that is no object, which would be lost")


def _without(value: Json | _Missing, parts: list[Part]) -> str | None:
    part, rest = parts[0], parts[1:]
    inner = _without(_child(value, part), rest) if rest else None
    if isinstance(value, RawObject):
        members = {name: source(item) for name, item in value.items() if name != part}
        if inner is not None:
            members = {name: inner if name == part else source(item) for name, item in value.items()}
        return _object(members) if members else None
    assert isinstance(value, RawArray), "only what is there is taken out"
    items = [source(item) for item in value]
    # An item that is gone moves those after it, which are named by their place too: only the last one can go.
    items[int(part)] = inner or "null"
    while items and items[-1] == "null":
        items.pop()
    return f"[{','.join(items)}]" if items else None


def _is_place(part: Part) -> bool:
    return not part.is_name and _INDEX.fullmatch(part) is not None


def _object(members: dict[str, str]) -> str:
    return "{" + ",".join(f"{_name(name)}:{raw}" for name, raw in members.items()) + "}"


def _name(name: str) -> str:
    return name.raw if isinstance(name, RawString) else json.dumps(name, ensure_ascii=False)


def source(value: Json) -> str:
    """Return a value as it was written."""
    if isinstance(value, RawObject | RawArray | RawString | RawNumber):
        return value.raw
    return json.dumps(value)
