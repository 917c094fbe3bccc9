"""JSONPath (RFC 9535) on documents of strangers, within a bound of work. Pure.

Patterns of regular expressions (``match``, ``search``) are not offered: they run in an engine without bounds.
"""

from __future__ import annotations

from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, function_extensions
from jsonpath.exceptions import JSONPathError

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.raw_json import Json, RawArray, RawObject

_NO_PATH = "is no JSONPath as in RFC 9535, such as $.data.password or $.list[?(@.name == 'app')].value"
_LONGEST = 1024
_MOST_STEPS = 200_000


class _Steps:
    """What is left of the steps of one evaluation."""

    def __init__(self) -> None:
        self._left = _MOST_STEPS

    def take(self, number: int) -> None:
        """Take steps; raises InvalidSpec when there are no more."""
        self._left -= number
        if self._left < 0:
            raise InvalidSpec("visits too much of the answer: name the members", field="result.jsonPath")


class _Object(RawObject):
    """An object that counts how often it is looked at; every way of the library to a value leads through it."""

    __slots__ = ("steps",)
    steps: _Steps

    def items(self) -> Any:
        self.steps.take(1 + len(self))
        return super().items()

    def __getitem__(self, name: str) -> Json:
        self.steps.take(1)
        return super().__getitem__(name)


class _Array(RawArray):
    """The same for an array."""

    __slots__ = ("steps",)
    steps: _Steps

    def __iter__(self) -> Any:
        self.steps.take(1 + len(self))
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        self.steps.take(1)
        return super().__getitem__(index)


class _Environment(JSONPathEnvironment):
    """The syntax of RFC 9535 with its functions, but for those with regular expressions."""

    def __init__(self) -> None:
        super().__init__(strict=True)

    def setup_function_extensions(self) -> None:
        """Offer the functions."""
        self.function_extensions["length"] = function_extensions.Length()
        self.function_extensions["count"] = function_extensions.Count()
        self.function_extensions["value"] = function_extensions.Value()


_ENVIRONMENT = _Environment()


def check_path(path: str) -> None:
    """Raise InvalidSpec when a text is no path."""
    _compiled(path)


def _compiled(path: str) -> JSONPath:
    """Return a path; raises InvalidSpec."""
    if len(path) > _LONGEST:
        raise InvalidSpec(f"must have at most {_LONGEST} characters", field="result.jsonPath")
    try:
        compiled = _ENVIRONMENT.compile(path)
        if isinstance(compiled, JSONPath):
            return compiled
    except (JSONPathError, RecursionError, ValueError):
        # Without the cause: a path may be rendered with a secret in it.
        raise InvalidSpec(_NO_PATH, field="result.jsonPath") from None
    raise InvalidSpec(_NO_PATH, field="result.jsonPath")


def evaluate(document: Json, path: str) -> Json | list[Json]:
    """Return what a path finds: one value for a path to one place, else a list. Raises InvalidSpec."""
    compiled = _compiled(path)
    if not isinstance(document, RawArray | RawObject):
        # The library takes a text for a document to parse.
        found: list[Any] = [document] if path == "$" else []
    else:
        try:
            found = [match.obj for match in compiled.finditer(_counted(document, _Steps()))]
        except (JSONPathError, RecursionError):
            raise InvalidSpec("cannot be followed in the answer", field="result.jsonPath") from None
    if not compiled.singular_query():
        return found
    if not found:
        raise InvalidSpec("finds nothing in the answer", field="result.jsonPath")
    value: Json = found[0]
    return value


def _counted(value: Any, steps: _Steps) -> Any:
    """Return a document whose containers count; it prints as before."""
    made: _Object | _Array
    if isinstance(value, RawObject):
        made = _Object((name, _counted(item, steps)) for name, item in value.items())
    elif isinstance(value, RawArray):
        made = _Array(_counted(item, steps) for item in value)
    else:
        return value
    made.raw, made.steps = value.raw, steps
    return made
