"""Sprig's functions on slash-separated paths: base, dir, clean, ext, isAbs; the os* ones are the same on Linux.

In: byte strings, taken as paths without looking at any file. Out: byte strings and booleans.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_ELEMENT = 50
"""What one more element of a path costs in memory besides its bytes."""


def _clean(ctx: Context, path: bytes) -> bytes:
    """Return the shortest path to the same place: no ``.``, no doubled slash, ``..`` only at the start."""
    ctx.charge(len(path) + _ELEMENT * path.count(b"/"))
    rooted = path.startswith(b"/")
    kept: list[bytes] = []
    for element in path.split(b"/"):
        if element == b".." and kept and kept[-1] != b"..":
            kept.pop()
        elif element == b".." and rooted:
            continue
        elif element not in {b"", b"."}:
            kept.append(element)
    cleaned = b"/".join(kept)
    return b"/" + cleaned if rooted else cleaned or b"."


def _base(ctx: Context, path: bytes) -> bytes:
    ctx.charge(len(path))
    if not path:
        return b"."
    return path.rstrip(b"/").rpartition(b"/")[2] or b"/"


def _dir(ctx: Context, path: bytes) -> bytes:
    head, slash, _ = path.rpartition(b"/")
    return _clean(ctx, head + slash)


def _ext(ctx: Context, path: bytes) -> bytes:
    ctx.charge(len(path))
    _, dot, ending = path.rpartition(b"/")[2].rpartition(b".")
    return dot + ending if dot else b""


def _is_abs(_ctx: Context, path: bytes) -> bool:
    return path.startswith(b"/")


def _both(name: str, call: Callable[..., Any]) -> tuple[Function, Function]:
    return Function(name, (STRING,), call), Function(f"os{name[0].upper()}{name[1:]}", (STRING,), call)


FUNCTIONS: tuple[Function, ...] = (
    *_both("base", _base),
    *_both("dir", _dir),
    *_both("clean", _clean),
    *_both("ext", _ext),
    *_both("isAbs", _is_abs),
)
