"""Label selectors: the query syntax (`app in (web,db),tier!=1,!absent`) and matching.

The grammar and the error texts are those of apimachinery's `pkg/labels`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devcluster.names import label_key_error, label_value_error
from devcluster.statuses import bad_request

_TOKEN = re.compile(r"\s*(==|!=|[=!,()<>]|[^\s=!,()<>]+)")
_WORDS = {"in", "notin", "gt", "lt"}
_OPERATORS = {"=", "==", "!=", "in", "notin", "<", ">", "gt", "lt"}
_EXPECTED = "in, notin, =, ==, !=, gt, lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether the labels fulfil the condition."""
        value = labels.get(self.key)
        return _CHECKS[self.operator](value, self.values)


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None


def _compare(value: str | None, values: frozenset[str], sign: int) -> bool:
    left, right = _number(value), _number(next(iter(values), None))
    return left is not None and right is not None and (left - right) * sign > 0


_CHECKS: dict[str, Callable[[str | None, frozenset[str]], bool]] = {
    "exists": lambda value, _: value is not None,
    "absent": lambda value, _: value is None,
    "in": lambda value, values: value in values,
    "notin": lambda value, values: value not in values,
    "gt": lambda value, values: _compare(value, values, 1),
    "lt": lambda value, values: _compare(value, values, -1),
}

Selector = tuple[Requirement, ...]


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Say whether the labels fulfil every requirement."""
    return all(requirement.matches(labels) for requirement in selector)


def parse(text: str) -> Selector:
    """Read a label selector; the empty text selects everything.

    Raises:
        ApiError: 400, the text is not a selector.

    """
    parser = _Parser([match[1] for match in _TOKEN.finditer(text)])
    return tuple(parser.requirements())


class _Parser:
    """Reads requirements from tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._position += 1
        return token

    def requirements(self) -> list[Requirement]:
        """Read requirements up to the end."""
        found: list[Requirement] = []
        while self._peek():
            found.append(self._requirement())
            token = self._take()
            if token not in {"", ","}:
                message = f"found '{token}', expected: ',' or 'end of string'"
                raise bad_request(f"unable to parse requirement: {message}")
            if token == "," and not self._peek():
                raise bad_request("unable to parse requirement: found '', expected: identifier after ','")
        return found

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._take()
        key = self._key()
        if negated:
            return Requirement(key, "absent")
        if self._peek() in {"", ","}:
            return Requirement(key, "exists")
        operator = self._take()
        if operator not in _OPERATORS:
            raise bad_request(f"unable to parse requirement: found '{operator}', expected: {_EXPECTED}")
        if operator in {"in", "notin"}:
            return Requirement(key, operator, self._value_list())
        return self._comparison(key, operator)

    def _comparison(self, key: str, operator: str) -> Requirement:
        value = self._value()
        name = {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}.get(operator, operator)
        if name in {"gt", "lt"} and _number(value) is None:
            why = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise bad_request(f'values[0][{key}]: Invalid value: "{value}": {why}')
        return Requirement(key, name, frozenset({value}))

    def _key(self) -> str:
        key = self._take()
        if not key or key in "=!,()<>==" or key in _WORDS:
            raise bad_request(
                f"unable to parse requirement: found '{key}', expected: !, identifier, or 'end of string'"
            )
        error = label_key_error(key)
        if error:
            raise bad_request(f'unable to parse requirement: <nil>: Invalid value: "{key}": {error}')
        return key

    def _value(self) -> str:
        if self._peek() in {"", ",", ")"}:
            return ""
        value = self._take()
        error = label_value_error(value)
        if error:
            raise bad_request(f'unable to parse requirement: values[0]: Invalid value: "{value}": {error}')
        return value

    def _value_list(self) -> frozenset[str]:
        token = self._take()
        if token != "(":
            raise bad_request(f"unable to parse requirement: found '{token}' expected: '('")
        values = {self._value()}
        while self._peek() == ",":
            self._take()
            values.add(self._value())
        token = self._take()
        if token != ")":
            raise bad_request(f"unable to parse requirement: found '{token}', expected: ',' or ')'")
        return frozenset(values)
