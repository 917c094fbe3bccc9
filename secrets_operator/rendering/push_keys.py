"""The keys of a Secret that is pushed: turned back into what ``Unicode`` made them from, and renamed.

Pure. The form ``_U002f_`` is that of External Secrets Operator: four or five hexadecimal digits of a code point.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.rewriting import Transform, rewrite_keys
from secrets_operator.resources.push_secret import PushRewrite
from secrets_operator.resources.rewrites import Rewrite

V = TypeVar("V")

REVERSE_UNICODE = "ReverseUnicode"
_ESCAPED = re.compile("_U([0-9a-fA-F]{4,5})_")
_SURROGATES = range(0xD800, 0xE000)


def original_keys(data: Mapping[str, V], strategy: str, *, field: str) -> dict[str, V]:
    """Return ``data`` under the keys that a conversion strategy makes of its own.

    Raises InvalidSpec naming ``field`` when two keys become one: which of the two was pushed would be chance.
    """
    if strategy != REVERSE_UNICODE:
        return dict(data)
    converted: dict[str, V] = {}
    sources: dict[str, str] = {}
    for key, value in data.items():
        new = _ESCAPED.sub(_character, key)
        if new in converted:
            raise InvalidSpec(f"the keys {sources[new]!r} and {key!r} both become {new!r}", field=field)
        converted[new], sources[new] = value, key
    return converted


def remote_names(
    keys: Collection[str], operations: Sequence[PushRewrite], *, field: str, transform: Transform
) -> dict[str, str]:
    """Return the remote name of each key; ``field`` is the path of the operations.

    Raises InvalidSpec where an operation fails, two keys get the same name, or one gets none.
    """
    named = {key: SecretBytes(key.encode()) for key in keys}
    renamed = rewrite_keys(named, _rewrites(operations), field=field, transform=transform, allowance=Allowance())
    if "" in renamed:
        key = renamed[""].reveal().decode()
        raise InvalidSpec(f"the key {key!r} becomes empty: every key needs a remote name", field=field)
    return {key.reveal().decode(): name for name, key in renamed.items()}


def _rewrites(operations: Iterable[PushRewrite]) -> list[Rewrite]:
    return [Rewrite(regexp=one.regexp, transform=one.transform) for one in operations]


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1], 16)
    # Halves of a pair stand for nothing alone, and no key was made from one.
    return escaped[0] if code in _SURROGATES else chr(code)
