"""Sprig's functions between texts and lists of texts: split, join, sortAlpha.

In: byte strings and lists. Out: lists of strings and maps of ``_0``, ``_1``... Neighbour: ``texts`` makes values texts.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.functions.texts import items_of, strings_of, strval
from secrets_operator.rendering.gotemplate.gotypes import ANY, INT, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, GoMap, string_list

_BYTES_OBJECT = 40
"""What one more byte string costs in memory besides its bytes."""
_MAP_ENTRY = 200


def _parts(ctx: Context, separator: bytes, text: bytes, limit: int = -1) -> list[bytes]:
    """Split as strings.SplitN does: at most `limit` parts if it is positive, all if negative, none for 0."""
    if limit == 0:
        return []
    if not separator:
        return _exploded(ctx, text, limit)
    count = text.count(separator) + 1
    ctx.charge(len(text) + _BYTES_OBJECT * (count if limit < 0 else min(count, limit)))
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _exploded(ctx: Context, text: bytes, limit: int) -> list[bytes]:
    ctx.charge(5 * len(text) + _BYTES_OBJECT * (len(text) if limit < 0 else min(len(text), limit)))
    characters = runes.decode(text)
    single = len(characters) if limit < 0 else min(limit, len(characters)) - 1
    parts = [runes.encode(rune) for rune in characters[:single]]
    rest = characters[single:]
    return [*parts, runes.encode(rest)] if rest else parts


def _split_list(ctx: Context, separator: bytes, text: bytes) -> GoList:
    return string_list(_parts(ctx, separator, text))


def _split(ctx: Context, separator: bytes, text: bytes) -> GoMap:
    return _numbered(ctx, _parts(ctx, separator, text))


def _splitn(ctx: Context, separator: bytes, limit: int, text: bytes) -> GoMap:
    return _numbered(ctx, _parts(ctx, separator, text, limit))


def _numbered(ctx: Context, parts: list[bytes]) -> GoMap:
    ctx.step(len(parts))
    ctx.charge(_MAP_ENTRY * len(parts))
    return GoMap({b"_%d" % index: part for index, part in enumerate(parts)}, STRING, STRING)


def _join(ctx: Context, separator: bytes, values: Any) -> bytes:
    texts = strings_of(ctx, values).items
    ctx.charge(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _sort_alpha(ctx: Context, values: Any) -> GoList:
    """Sort as bytes; a list of strings is sorted in place, as Sprig does."""
    if items_of(values) is None:
        return string_list([strval(ctx, values)])
    texts = strings_of(ctx, values)
    ctx.step(len(texts.items))
    texts.items.sort()
    return texts


FUNCTIONS: tuple[Function, ...] = (
    Function("split", (STRING, STRING), _split),
    Function("splitn", (STRING, INT, STRING), _splitn),
    Function("splitList", (STRING, STRING), _split_list),
    Function("join", (STRING, ANY), _join),
    Function("sortAlpha", (ANY,), _sort_alpha),
)
