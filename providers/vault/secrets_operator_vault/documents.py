"""The maps that Vault keeps, as JSON the way Go writes it, and what a property or an extract makes of them. Pure.

Numbers keep their text in a payload (``1.50`` stays ``1.50``). An extract takes them through a double, as External
Secrets Operator does: https://github.com/external-secrets/external-secrets/blob/main/runtime/esutils/utils.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from secrets_operator.errors import Terminal
from secrets_operator.provider.properties import lookup, spread

_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})
_SHORT_EXPONENT = re.compile(r"e-0(\d)$")


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number by its text."""

    text: str


def parse(text: bytes) -> Any:
    """Parse JSON with numbers as :class:`Number`; raises ValueError for what is no JSON or nested too deeply."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def render(document: Any, number: Callable[[str], str] = str) -> bytes:
    """Write JSON as Go does: sorted keys, no spaces, safe inside HTML; ``number`` writes the numbers.

    Raises ValueError for text that is not Unicode and for what is nested too deeply.
    """

    def fragment(value: Any) -> orjson.Fragment:
        assert isinstance(value, Number)
        return orjson.Fragment(number(value.text))

    try:
        written = orjson.dumps(document, fragment, orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)
    except orjson.JSONEncodeError as error:
        raise ValueError("cannot be written as JSON") from error
    # These characters occur inside strings only, so that they can be replaced in the whole text.
    return written.decode().translate(_HTML).encode()


def written(document: Mapping[str, Any], number: Callable[[str], str] = str) -> bytes:
    """Write an object as :func:`render` does; raises Terminal where that raises ValueError."""
    try:
        return render(dict(document), number)
    except ValueError:
        raise Terminal("the value cannot be written as JSON: it is nested too deeply, or not Unicode") from None


def texts(value: Any) -> Iterator[str]:
    """Yield every text and every number in JSON: what must not be quoted of a request."""
    if isinstance(value, str | Number):
        yield value if isinstance(value, str) else value.text
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from texts(member)


def text_of(value: Any) -> str:
    """Return a value of a map as text: strings as they are, null empty, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else render(value).decode()


def select(payload: bytes, path: str) -> bytes | None:
    """Return the member that is named exactly ``path``, else what ``path`` picks as a GJSON path, or None.

    Raises InvalidSpec for a GJSON path that cannot be evaluated.
    """
    try:
        exact = spread(payload).get(path)
    except Terminal:
        exact = None
    return lookup(payload, path) if exact is None else exact


def extract(payload: bytes) -> dict[str, bytes]:
    """Spread a map into keys; raises Terminal when the payload is something else."""
    try:
        document = parse(payload)
        members = document.items() if isinstance(document, dict) else None
        if members is not None:
            return {name: _extracted(value) for name, value in members}
    except ValueError:
        pass
    raise Terminal("the value is not a JSON object, so it cannot be spread into keys")


def _extracted(value: Any) -> bytes:
    if isinstance(value, Number):
        return _decimal(value.text, _plain_decimal).encode()
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return b"" if value is None else render(value, number=lambda text: _decimal(text, _go_number))


def _decimal(text: str, form: Callable[[float], str]) -> str:
    # Other tools send whole numbers through a double as well, and change those beyond 2**53: an id or a serial
    # number that silently becomes another one is worse than a difference to them.
    return text if text.removeprefix("-").isdigit() else form(_double(text))


def _double(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return number


def _plain_decimal(number: float) -> str:
    return format(Decimal(repr(number)).normalize(), "f")


def _go_number(number: float) -> str:
    """Write a double as Go's JSON encoder does: with an exponent only when very small or very large."""
    if number and not 1e-6 <= abs(number) < 1e21:
        return _SHORT_EXPONENT.sub(r"e-\1", repr(number))
    return _plain_decimal(number)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a JSON document")
