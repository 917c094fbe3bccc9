"""GJSON paths beyond keys, indexes and wildcards: queries, lengths, modifiers and multipaths.

The ``gjson`` library evaluates them. A path is written by any user of a namespace and runs on the event loop, so its
cost on the payload is bounded first; and where the library is known to answer otherwise than Go's gjson, the path is
refused, since a wrong value in a Secret is worse than an error. Used by ``properties``.
"""

from __future__ import annotations

import json
import re
from typing import Any

import gjson

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.raw_json import Json, RawNumber, RawString

MAX_PATH = 1024
MAX_STEPS = 10**7

_UNFAITHFUL = {
    re.compile(r"(?:^|[.|,{\[])@(?:pretty|tostr)\b"): "@pretty and @tostr are not supported",
    re.compile(r"#\.[^|]*\.#(?:[.|]|$)"): "a length below # is not supported",
    re.compile(r"#\.(?:[^|]*\.)?@"): "a modifier behind # must follow a |",
}
_PATTERN = re.compile(r'(?<=%)\s*"(?:[^"\\]|\\.)*"')
_UGLY = re.compile(r"(?:(?<=[.|,{\[])|^)@ugly\b")
# What the library lets escape on paths that make no sense for a document: such a path picks nothing.
_NO_RESULT = (gjson.GJSONError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Nothing:
    """Says that a path picks nothing, where null is something."""


NOTHING = Nothing()
Picked = Json | list[Any] | dict[str, Any] | Nothing


def query(document: Json, path: str, *, size: int) -> Picked:
    """Return what ``path`` picks of a document of ``size`` bytes.

    Raises InvalidSpec when the path would take too many steps or has a meaning that cannot be kept.
    """
    _check(path, size)
    engine = gjson.GJSON(document)
    engine.register_modifier("compact", _compact)
    try:
        return _known(engine.get(_in_dialect(path)))
    except _NO_RESULT:
        return NOTHING


def source(value: Any) -> str:
    """Return the JSON text of a value: as it was written where it was written, compact where it was computed."""
    raw: str | None = getattr(value, "raw", None)
    if raw is not None:
        return raw
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{source(item)}" for name, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(source, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _check(path: str, size: int) -> None:
    for form, complaint in _UNFAITHFUL.items():
        if form.search(path):
            raise InvalidSpec(f"property path: {complaint}")
    # Each * of a pattern may be tried at each position, and each multipath repeats what it is given once per item.
    growth = (1 + path.count(",")) ** (path.count("{") + path.count("["))
    if len(path) > MAX_PATH or size ** max(1, path.count("*")) * growth > MAX_STEPS:
        raise InvalidSpec("property path: too many steps for a value of this size")


def _in_dialect(path: str) -> str:
    """Write a path so that the library reads it as Go's gjson does."""
    return _UGLY.sub("@compact", _PATTERN.sub(_without_regex, path))


def _without_regex(pattern: re.Match[str]) -> str:
    """Leave * and ? their meaning in a pattern; to the library everything else would be a regular expression."""
    try:
        text = json.loads(pattern[0], strict=False)
    except ValueError:
        return pattern[0]
    parts = (part if part in {"*", "?"} else re.escape(part) for part in re.split(r"([*?])", re.sub(r"\*+", "*", text)))
    return json.dumps("".join(parts))


def _compact(options: dict[str, Any], obj: Any, *, last: bool) -> Any:  # noqa: ARG001 the library's protocol
    """Drop the spacing of objects and arrays, as @ugly does; numbers and strings stay as they were written."""
    if isinstance(obj, dict):
        return {name: _compact({}, item, last=False) for name, item in obj.items()}
    if isinstance(obj, list):
        return [_compact({}, item, last=False) for item in obj]
    return obj


def _known(value: Any) -> Picked:
    """Bring what the library computed (a length, a key, a joined text) into the types of a parsed document."""
    if isinstance(value, str) and not isinstance(value, RawString):
        return RawString(value, json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float) and not isinstance(value, bool | RawNumber):
        return RawNumber(json.dumps(value))
    if value is None or isinstance(value, bool | RawString | RawNumber | list | dict):
        return value
    return NOTHING
