"""Writes values as YAML the way go-yaml v2 does: block style, sorted keys, lines folded at 80 columns.

In: what ``yaml_decoding`` gives. Out: bytes. libyaml's emitter lays out the text (go-yaml's is a port of it); which
scalars need quotes and the order of keys are decided here.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from functools import cmp_to_key
from typing import Any, Final

import yaml
from yaml.cyaml import CSafeDumper

from secrets_operator.rendering.gotemplate.formatting.floats import float_text
from secrets_operator.rendering.gotemplate.functions.yaml_scalars import needs_quotes
from secrets_operator.rendering.gotemplate.limits import Context

_WIDTH: Final = 80
_IMPLICIT: Final = (True, True)
_BREAKS: Final = "\x85\u2028\u2029"
# libyaml indents the quote that closes a scalar ending in one of these breaks; go-yaml does not.
_INDENTED_QUOTE: Final = re.compile(rb"(\xc2\x85|\xe2\x80[\xa8\xa9]) +'(?!')")
_OPEN_END: Final = b"\n...\n"


def write(ctx: Context, value: Any) -> bytes:
    """Return a value as a YAML document with its final newline."""
    stream = io.BytesIO()
    emitter = CSafeDumper(stream, allow_unicode=True, encoding="utf-8", width=_WIDTH)
    writer = _Writer(ctx, emitter)
    emitter.emit(yaml.StreamStartEvent(encoding="utf-8"))
    emitter.emit(yaml.DocumentStartEvent(explicit=False))
    writer.write(value)
    emitter.emit(yaml.DocumentEndEvent(explicit=False))
    emitter.emit(yaml.StreamEndEvent())
    text = stream.getvalue()
    # libyaml ends a document whose last scalar keeps its newlines with a marker; go-yaml does not.
    text = text.removesuffix(_OPEN_END[1:]) if text.endswith(_OPEN_END) else text
    return writer.close_quotes(text)


class _Writer:
    def __init__(self, ctx: Context, emitter: CSafeDumper) -> None:
        self._ctx = ctx
        self._emitter = emitter
        self._depth = 0
        self._ends_in_break = False

    def close_quotes(self, text: bytes) -> bytes:
        return _INDENTED_QUOTE.sub(rb"\1'", text) if self._ends_in_break else text

    def write(self, value: Any) -> None:
        self._ctx.step()
        self._depth += 1
        self._ctx.check_depth(self._depth)
        match value:
            case dict():
                self._write_mapping(value)
            case list():
                self._emitter.emit(yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False))
                for item in value:
                    self.write(item)
                self._emitter.emit(yaml.SequenceEndEvent())
            case bytes():
                self._write_string(value.decode())
            case _:
                self._emitter.emit(yaml.ScalarEvent(None, None, _IMPLICIT, _plain(value)))
        self._depth -= 1

    def _write_mapping(self, entries: dict[Any, Any]) -> None:
        self._emitter.emit(yaml.MappingStartEvent(None, None, implicit=True, flow_style=False))
        order = cmp_to_key(self._compare_keys)
        for key, value in sorted(entries.items(), key=lambda entry: order(entry[0][1].decode())):
            self.write(key[1])
            self.write(value)
        self._emitter.emit(yaml.MappingEndEvent())

    def _compare_keys(self, left: str, right: str) -> int:
        at = next((at for at, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), None)
        self._ctx.step(1 + (len(left) if at is None else at) // 16)
        return len(left) - len(right) if at is None else _compare_from(left, right, at)

    def _write_string(self, text: str) -> None:
        # Every character may become an escape, and every line is indented.
        self._ctx.charge(6 * len(text) + 2 * self._depth * text.count("\n"))
        style = "|" if "\n" in text else '"' if needs_quotes(text) else ""
        self._ends_in_break = self._ends_in_break or text.endswith(tuple(_BREAKS))
        self._emitter.emit(yaml.ScalarEvent(None, None, _IMPLICIT, text, style=style or None))


def _plain(value: float | bool | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan" if math.isnan(value) else float_text(value))


def _compare_from(left: str, right: str, at: int) -> int:
    """Order keys that differ from a place on as go-yaml does: letters last, runs of digits by their number."""
    first, second = left[at], right[at]
    letters = first.isalpha(), second.isalpha()
    if any(letters) and not all(letters):
        return 1 if letters[0] else -1
    in_order = -1 if first < second else 1
    if all(letters):
        return in_order
    (number, end), (other, other_end) = _digits_at(left, right, at), _digits_at(right, left, at)
    return number - other or end - other_end or in_order


def _digits_at(text: str, other: str, at: int) -> tuple[int, int]:
    """Return the number that starts at a place, led by 1 if it goes on after other digits than 0, and where it ends."""
    lead = 0
    if "0" in {text[at], other[at]}:
        before = at - 1
        while before >= 0 and _is_digit(text[before]) and text[before] == "0":
            before -= 1
        lead = int(before >= 0 and _is_digit(text[before]))
    end = at
    while end < len(text) and _is_digit(text[end]):
        lead = (lead * 10 + ord(text[end]) - ord("0")) % 2**64
        end += 1
    return (lead + 2**63) % 2**64 - 2**63, end


def _is_digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd"
