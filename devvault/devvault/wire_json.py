"""JSON in and out, keeping numbers as they were written.

Vault keeps the text of a number (`1.50` stays `1.50`, large integers stay whole), and readers rely on it, except in
version 2 of the key/value engine, which makes floats of all of them. Numbers that a Python float or a 64-bit integer
would change therefore travel as raw fragments.
"""

import json
import math
from decimal import Decimal
from typing import Any

import orjson

Json = dict[str, Any]
_INT64 = range(-(2**63), 2**63)


def loads(body: bytes) -> Any:
    """Parse JSON; fractions and very large integers become raw fragments. Raises ValueError.

    What could not be written back (half a surrogate pair, extreme nesting) is refused here.
    """
    try:
        value = json.loads(body, parse_float=_fragment, parse_int=_integer, parse_constant=_refuse)
        dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise ValueError("cannot be written back") from error
    return value


def dumps(value: Any) -> bytes:
    """Write JSON with sorted keys, as Go does for maps."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def with_floats(value: Any) -> Any:
    """Return JSON whose numbers are floats, written as Go writes these; raises ValueError for one that is too large."""
    return json.loads(dumps(value), parse_float=_float, parse_int=_float)


def _float(text: str) -> orjson.Fragment:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"malformed JSON, invalid number syntax for '{text}'")
    exact = Decimal(repr(number)).normalize()
    positional = not number or 1e-6 <= abs(number) < 1e21
    return _fragment(f"{exact:f}" if positional else f"{exact:e}")


def _fragment(text: str) -> orjson.Fragment:
    return orjson.Fragment(text.encode())


def _integer(text: str) -> int | orjson.Fragment:
    # The length is looked at first because Python refuses to convert thousands of digits.
    if len(text) < 20 and (number := int(text)) in _INT64:
        return number
    return _fragment(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
