"""Sprig's regular expression functions and their must* twins.

In: patterns, texts, replacements, counts. Out: texts, lists, booleans. An invalid pattern fails; regexMatch says false.
Neighbours: ``regular_expressions`` finds, ``replacements`` expands ``$1``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.regular_expressions import Match, Pattern
from secrets_operator.rendering.gotemplate.functions.replacements import Replacement
from secrets_operator.rendering.gotemplate.gotypes import INT, STRING, GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, string_list

_META = re.compile(rb"[\\.+*?()|\[\]{}^$]")
_PART = 40


def _must_match(ctx: Context, pattern: bytes, text: bytes) -> bool:
    return Pattern(ctx, pattern).searching(text).first() is not None


def _match(ctx: Context, pattern: bytes, text: bytes) -> bool:
    try:
        return _must_match(ctx, pattern, text)
    except FunctionError:
        return False


def _find(ctx: Context, pattern: bytes, text: bytes) -> bytes:
    found = Pattern(ctx, pattern).searching(text).first()
    return text[found.start : found.end] if found else b""


def _find_all(ctx: Context, pattern: bytes, text: bytes, limit: int) -> GoList:
    """Return at most `limit` matches, all if it is negative; a nil list if there is none."""
    found = _matches(ctx, Pattern(ctx, pattern), text, limit)
    return GoList([text[match.start : match.end] for match in found], STRING, is_nil=not found)


def _matches(ctx: Context, pattern: Pattern, text: bytes, limit: int) -> list[Match]:
    found = []
    for match in pattern.searching(text).all(limit if limit >= 0 else len(text) + 1):
        ctx.charge(3 * _PART + match.end - match.start)
        found.append(match)
    return found


def _split(ctx: Context, pattern: bytes, text: bytes, limit: int) -> GoList:
    """Split at matches into at most `limit` parts, all if it is negative; a nil list if it is 0."""
    compiled = Pattern(ctx, pattern)
    if limit == 0:
        return GoList([], STRING, is_nil=True)
    if pattern and not text:
        return string_list([b""])
    parts: list[bytes] = []
    start = end = 0
    for match in _matches(ctx, compiled, text, limit):
        if len(parts) == limit - 1:
            break
        end = match.start
        if match.end != 0:
            ctx.charge(_PART + end - start)
            parts.append(text[start:end])
        start = match.end
    if end != len(text):
        ctx.charge(_PART + len(text) - start)
        parts.append(text[start:])
    return string_list(parts)


def _replace_all(ctx: Context, pattern: bytes, text: bytes, template: bytes) -> bytes:
    compiled = Pattern(ctx, pattern)
    replacement = Replacement(ctx, template, compiled.group_names)
    return _replaced(ctx, compiled, text, lambda match: replacement.expanded(match, text))


def _replace_all_literal(ctx: Context, pattern: bytes, text: bytes, replacement: bytes) -> bytes:
    return _replaced(ctx, Pattern(ctx, pattern), text, lambda _match: replacement)


def _replaced(ctx: Context, pattern: Pattern, text: bytes, replace: Callable[[Match], bytes]) -> bytes:
    parts: list[bytes] = []
    copied = 0
    for match in pattern.searching(text).to_replace():
        replacement = replace(match)
        ctx.charge(2 * _PART + match.start - copied + len(replacement))
        parts += (text[copied : match.start], replacement)
        copied = match.end
    ctx.charge(len(text) - copied)
    return b"".join([*parts, text[copied:]])


def _quote_meta(ctx: Context, text: bytes) -> bytes:
    ctx.charge(2 * len(text))
    return _META.sub(rb"\\\g<0>", text)


def _pair(name: str, params: tuple[GoType, ...], call: Callable[..., Any]) -> list[Function]:
    """Return the function and its must* twin."""
    return [Function(each, params, call) for each in (name, f"mustR{name[1:]}")]


FUNCTIONS: tuple[Function, ...] = (
    Function("regexMatch", (STRING, STRING), _match),
    Function("mustRegexMatch", (STRING, STRING), _must_match),
    Function("regexQuoteMeta", (STRING,), _quote_meta),
    *_pair("regexFind", (STRING, STRING), _find),
    *_pair("regexFindAll", (STRING, STRING, INT), _find_all),
    *_pair("regexSplit", (STRING, STRING, INT), _split),
    *_pair("regexReplaceAll", (STRING, STRING, STRING), _replace_all),
    *_pair("regexReplaceAllLiteral", (STRING, STRING, STRING), _replace_all_literal),
)
