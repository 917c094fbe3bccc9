"""Replaces the matches of a regular expression as Go's ``Regexp.ReplaceAllString`` does. Pure.

A target inserts groups by ``$1``, ``${1}``, ``$name`` or ``${name}``; the longest identifier counts, so ``$1_y`` is the
group named ``1_y``. ``$$`` is a dollar sign, and a group that does not exist or took no part is empty. Source of the
rules: https://pkg.go.dev/regexp#Regexp.Expand
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from secrets_operator.rendering.allowance import Allowance
from secrets_operator.resources.regular_expressions import Match, Regexp

_NUMBER: Final = re.compile("0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Replacement:
    """An expression and what its matches become: literal bytes and numbers of groups in turn."""

    regexp: Regexp
    parts: tuple[bytes | int, ...]
    field: str

    def apply(self, text: str, allowance: Allowance) -> str:
        """Return ``text`` with every match replaced; raise InvalidSpec when ``allowance`` is used up."""
        pieces: list[bytes] = []
        for piece in self._pieces(text.encode(errors="replace")):
            allowance.spend(len(piece), field=self.field)
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")

    def _pieces(self, text: bytes) -> Iterator[bytes]:
        done = position = 0
        while position <= len(text):
            match = self.regexp.search(text, position)
            if match is None:
                break
            start, end = match.span()
            yield text[done:start]
            # An empty match right behind another match does not count, else "a*" would replace "a" twice.
            if end > done or start == 0:
                yield from self._expand(text, match)
            done = end
            position = max(end, _next_rune(text, position))
        yield text[done:]

    def _expand(self, text: bytes, match: Match) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                start, end = match.span(part)
                yield text[start:end] if start >= 0 else b""


def replacement(regexp: Regexp, target: str, *, field: str) -> Replacement:
    """Read ``target`` for ``regexp``; ``field`` is the path of the operation, for messages."""
    return Replacement(regexp, tuple(_parts(regexp, target)), field)


def _parts(regexp: Regexp, target: str) -> Iterator[bytes | int]:
    literal, dollar, rest = target.partition("$")
    while dollar:
        name, after = _reference(rest)
        group = _group(regexp, name)
        yield literal.encode(errors="replace")
        if group is not None:
            yield group
        # What is no reference is a dollar sign and the text behind it; "$$" is one dollar sign.
        more, dollar, following = after.partition("$")
        literal, rest = (more if name else "$" + more), following
    yield literal.encode(errors="replace")


def _reference(text: str) -> tuple[str, str]:
    """Split what follows a dollar sign into the name of a group and the rest; the name is empty when there is none."""
    if text.startswith("$"):
        return "", text[1:]
    braced = text.startswith("{")
    start = end = 1 if braced else 0
    while end < len(text) and (text[end] == "_" or text[end].isalpha() or text[end].isdecimal()):
        end += 1
    if not braced:
        return text[:end], text[end:]
    closed = end > start and text[end : end + 1] == "}"
    return (text[start:end], text[end + 1 :]) if closed else ("", text)


def _group(regexp: Regexp, name: str) -> int | None:
    """Return the number of a group, None when there is no such group."""
    if not _NUMBER.fullmatch(name):
        return regexp.groupindex.get(name)
    number = int(name)
    return number if number <= regexp.groups else None


def _next_rune(text: bytes, position: int) -> int:
    """Return where the character after the one at ``position`` begins; the text is UTF-8."""
    position += 1
    while position < len(text) and text[position] & 0xC0 == 0x80:
        position += 1
    return position
