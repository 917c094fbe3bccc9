"""JSON in and out, keeping numbers as they were written.

Vault keeps the text of a number (`1.50` stays `1.50`, large integers stay whole), and readers rely on it.
Numbers that a Python float or a 64-bit integer would change therefore travel as raw fragments.
"""

import json
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


def _fragment(text: str) -> orjson.Fragment:
    return orjson.Fragment(text.encode())


def _integer(text: str) -> int | orjson.Fragment:
    # The length is looked at first because Python refuses to convert thousands of digits.
    if len(text) < 20 and (number := int(text)) in _INT64:
        return number
    return _fragment(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
