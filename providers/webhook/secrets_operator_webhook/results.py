"""The value in an answer: what ``result.jsonPath`` finds, as text, and how it is spread into keys. Pure.

A list stands for its first item. Whole numbers keep their digits; others are printed in plain decimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.provider.properties import plain_decimal, text_of
from secrets_operator.provider.raw_json import Json, RawArray, RawNumber, RawObject, parse
from secrets_operator_webhook.json_paths import evaluate

# As Go writes JSON: safe inside HTML.
_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})


def value_of(body: bytes, path: str) -> bytes:
    """Return the body, or the text of what ``path`` finds in it; raises InvalidSpec or Terminal."""
    if not path:
        return body
    found: Any = evaluate(_parsed(body), path)
    while isinstance(found, list):
        if not found:
            raise InvalidSpec("finds an empty list in the answer", field="result.jsonPath")
        found = found[0]
    return _text(found)


def spread(payload: bytes) -> Mapping[str, bytes]:
    """Return the members of a JSON object as texts; raises Terminal when the payload is something else."""
    try:
        document = parse(payload.decode("utf-8-sig"))
    except ValueError:
        document = None
    if not isinstance(document, RawObject):
        raise Terminal("the value is not a JSON object, so it cannot be spread into keys")
    return {name: _text(value) for name, value in document.items()}


def _parsed(body: bytes) -> Json:
    try:
        return parse(body.decode("utf-8-sig"))
    except ValueError:
        raise Terminal("the answer is not whole, or not JSON, which result.jsonPath needs") from None


def _text(value: Json) -> bytes:
    if isinstance(value, RawObject | RawArray):
        try:
            written = orjson.dumps(value, _number, orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        except (orjson.JSONEncodeError, RecursionError):
            raise Terminal("the value cannot be written as JSON") from None
        # These characters occur inside strings only, so that they can be replaced in the whole text.
        return written.decode().translate(_HTML).encode()
    return text_of(value)


def _number(value: Any) -> orjson.Fragment:
    assert isinstance(value, RawNumber)
    return orjson.Fragment(plain_decimal(value.raw))
