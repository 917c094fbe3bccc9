"""JSONPath as printer columns and kubectl use it: members, quoted members, indexes, ``[*]`` and ``[?(@.a=="b")]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

_STEP = re.compile(
    r"""
    \.(?P<name>[^.\[\]\s]+)
    | \['(?P<single>(?:[^'\\]|\\.)*)'\] | \["(?P<double>(?:[^"\\]|\\.)*)"\]
    | \[(?P<index>-?\d+)\] | \[(?P<all>\*)\]
    | \[\?\(\s*@(?P<path>[^=!<>]+?)\s*(?P<operator>==|!=|<=|>=|<|>)\s*(?P<literal>"[^"]*"|'[^']*'|[^)]+?)\s*\)\]
    | \[\?\(\s*@(?P<present>[^=!<>)]+?)\s*\)\]
    """,
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
}
Step = Callable[[Any], Iterable[Any]]


class JsonPath:
    """One compiled path; `find` returns all values it leads to."""

    def __init__(self, path: str) -> None:
        """Compile a path.

        Raises:
            ValueError: the path is not understood.

        """
        text = path.strip().removeprefix("{").removesuffix("}").replace("\\.", "\0")
        self._steps: list[Step] = []
        position = 0
        while position < len(text):
            found = _STEP.match(text, position)
            if found is None:
                raise ValueError(f"unrecognized character in JSON path: {text[position:]}")
            self._steps.append(_step(found))
            position = found.end()

    def find(self, obj: Any) -> list[Any]:
        """Return the values that the path leads to, none when it leads nowhere."""
        values = [obj]
        for step in self._steps:
            values = [after for value in values for after in step(value)]
        return values


def _step(found: re.Match[str]) -> Step:
    quoted = found["single"] if found["single"] is not None else found["double"]
    if found["name"] == "*" or found["all"]:
        return _all
    if found["name"] or quoted is not None:
        return _member((found["name"] or re.sub(r"\\(.)", r"\1", quoted)).replace("\0", "."))
    if found["index"]:
        return _item(int(found["index"]))
    return _filter(found)


def _all(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _member(name: str) -> Step:
    return lambda value: (value[name],) if isinstance(value, dict) and name in value else ()


def _item(index: int) -> Step:
    return lambda value: (value[index],) if isinstance(value, list) and -len(value) <= index < len(value) else ()


def _filter(found: re.Match[str]) -> Step:
    path = JsonPath(found["path"] or found["present"])
    if found["operator"] is None:
        return lambda value: (item for item in _all(value) if path.find(item))
    compare, wanted = _COMPARE[found["operator"]], _literal(found["literal"])

    def holds(item: Any) -> bool:
        try:
            return any(compare(one, wanted) for one in path.find(item))
        except TypeError:
            return False

    return lambda value: (item for item in _all(value) if holds(item))


def _literal(text: str) -> Any:
    if text[0] in "\"'":
        return text[1:-1].replace("\0", ".")
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        return float(text)
