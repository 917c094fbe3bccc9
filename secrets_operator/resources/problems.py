"""Turn what a model refused into sentences for users: where, and what to do. No input value is ever part of one.

In: a pydantic ValidationError. Out: FieldProblem items with paths as Kubernetes writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from secrets_operator.resources.formats import PATTERN_HINTS

_PLAIN_MEMBER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")

_AN_OBJECT: Final = "must be an object (key: value pairs)"
_A_LIST: Final = "must be a list: start each item with '- '"
_A_BOOLEAN: Final = "must be true or false, without quotes"
_A_NUMBER: Final = "must be a whole number, without quotes"
_A_TIME: Final = "must be an RFC 3339 time such as 2026-01-31T08:00:00Z"

_MESSAGES: Final = {
    "missing": "is required: add it",
    "string_type": "must be a string: put the value in quotes",
    "bool_type": _A_BOOLEAN,
    "bool_parsing": _A_BOOLEAN,
    "int_type": _A_NUMBER,
    "int_parsing": _A_NUMBER,
    "int_from_float": _A_NUMBER,
    "dict_type": _AN_OBJECT,
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "list_type": _A_LIST,
    "tuple_type": _A_LIST,
    "datetime_type": _A_TIME,
    "datetime_parsing": _A_TIME,
    "datetime_from_date_parsing": _A_TIME,
    "timezone_aware": _A_TIME,
}

_WITH_CONTEXT: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "literal_error": lambda context: f"must be one of {_plain_choices(context['expected'])}",
    "string_pattern_mismatch": lambda context: PATTERN_HINTS.get(context["pattern"], "has characters it may not have"),
    "string_too_short": lambda context: _at_least(context["min_length"]),
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters: shorten it",
    "too_short": lambda context: f"must have at least {context['min_length']} item(s): add one",
    "too_long": lambda context: f"must have at most {context['max_length']} items: remove some",
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
}


@dataclass(frozen=True, slots=True, order=True)
class FieldProblem:
    """One field that cannot be accepted: its path, and what to do about it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def problems_in(error: ValidationError) -> tuple[FieldProblem, ...]:
    """Return the problems that ``error`` stands for, in the order of the fields, without the refused values."""
    details = error.errors(include_url=False, include_input=False)
    places = [entry["loc"] for entry in details]
    return tuple(
        FieldProblem(field_path(entry["loc"]), _message(entry["type"], entry.get("ctx")))
        for entry in details
        # Pydantic does not count refused items, and then complains about a short list as well.
        if not (entry["type"] == "too_short" and any(_is_below(place, entry["loc"]) for place in places))
    )


def field_path(location: Iterable[str | int]) -> str:
    """Return ``location`` as Kubernetes writes it: ``spec.data[0].remoteRef.key``, ``metadata.labels[a.b/c]``."""
    path = ""
    for part in location:
        if part == "[key]":  # pydantic's mark for "the key itself is wrong"; the key before it says which one
            continue
        if isinstance(part, int) or not _PLAIN_MEMBER.match(part):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _is_below(place: tuple[str | int, ...], above: tuple[str | int, ...]) -> bool:
    return len(place) > len(above) and place[: len(above)] == above


def _message(kind: str, context: dict[str, Any] | None) -> str:
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind in _WITH_CONTEXT and context:
        return _WITH_CONTEXT[kind](context)
    # Errors of our own carry a sentence that was written without the value; whatever else may exist stays unquoted.
    return (
        str(context["reason"]) if context and "reason" in context else "is not valid: compare it with the documentation"
    )


def _plain_choices(expected: str) -> str:
    """Return pydantic's ``'A', 'B' or 'C'`` without quotes."""
    return expected.replace("'", "")


def _at_least(length: int) -> str:
    return "must not be empty" if length == 1 else f"must have at least {length} characters"
