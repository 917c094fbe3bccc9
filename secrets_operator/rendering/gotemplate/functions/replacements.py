"""The replacement text of regexReplaceAll: ``$1``, ``$name``, ``${1}``, ``${name}`` and ``$$``, as Go's Expand has it.

In: the text, the names of the pattern's groups, a match. Out: the text with what the groups matched.
"""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.functions.regular_expressions import Match
from secrets_operator.rendering.gotemplate.limits import Context

_LARGEST_NUMBER_DIGITS = 9


class Replacement:
    """A replacement text taken apart: literal texts, group numbers, group names."""

    def __init__(self, ctx: Context, template: bytes, group_names: Mapping[bytes, int]) -> None:
        self._ctx = ctx
        ctx.charge(60 * template.count(b"$") + 5 * len(template))
        ctx.step(template.count(b"$"))
        self._parts = _parts(template, group_names)

    def expanded(self, match: Match, text: bytes) -> bytes:
        """Return the replacement for one match; a group that does not exist or took no part is empty."""
        self._ctx.step(len(self._parts))
        expansion = [part if isinstance(part, bytes) else _group(match, text, part) for part in self._parts]
        self._ctx.charge(sum(map(len, expansion)))
        return b"".join(expansion)


def _group(match: Match, text: bytes, number: int) -> bytes:
    if number >= len(match.spans) or match.spans[number][0] < 0:
        return b""
    start, end = match.spans[number]
    return text[start:end]


def _parts(template: bytes, group_names: Mapping[bytes, int]) -> list[bytes | int]:
    parts: list[bytes | int] = []
    position = 0
    while (dollar := template.find(b"$", position)) >= 0:
        parts.append(template[position:dollar])
        position = dollar + 1
        if template.startswith(b"$", position):
            parts.append(b"$")
            position += 1
            continue
        name, end = _name(template, position)
        if name:
            parts.append(_number(name, group_names))
            position = end
        else:
            parts.append(b"$")
    return [*parts, template[position:]]


def _name(template: bytes, start: int) -> tuple[bytes, int]:
    """Return the name after a dollar and where it ends; no name when it is malformed."""
    braced = template.startswith(b"{", start)
    rest = runes.decode(template[start + braced : start + braced + _longest(template, start)])
    length = next((index for index, rune in enumerate(rest) if not _in_name(rune)), len(rest))
    name = runes.encode(rest[:length])
    end = start + braced + len(name)
    if braced and not template.startswith(b"}", end):
        return b"", start
    return name, end + braced


def _longest(template: bytes, start: int) -> int:
    """Return how far a name can reach: to the next dollar or brace."""
    ends = [end for end in (template.find(mark, start + 1) for mark in (b"$", b"}")) if end >= 0]
    return min(ends, default=len(template)) - start


def _in_name(rune: str) -> bool:
    return rune == "_" or runes.is_letter(rune) or runes.is_digit(rune)


def _number(name: bytes, group_names: Mapping[bytes, int]) -> bytes | int:
    """Return the number of the group that a name means, the empty text when there is none."""
    if name.isdigit() and len(name) <= _LARGEST_NUMBER_DIGITS and (name == b"0" or name[:1] != b"0"):
        return int(name)
    return group_names.get(name, b"")
