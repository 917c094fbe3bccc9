"""Sprig's JSON functions: fromJson, toJson, toPrettyJson, toRawJson and their must* twins.

In: texts and values. Out: values and texts. Without must a fault gives nil or "" (toRawJson always fails).
Neighbours: ``json_decoding``, ``json_encoding``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.json_decoding import decode, decode_leniently
from secrets_operator.rendering.gotemplate.functions.json_encoding import encode
from secrets_operator.rendering.gotemplate.gotypes import ANY, STRING
from secrets_operator.rendering.gotemplate.limits import Context


def _to_pretty_json(ctx: Context, value: Any) -> bytes:
    return encode(ctx, value, indent="  ")


def _to_raw_json(ctx: Context, value: Any) -> bytes:
    return encode(ctx, value, html=False)


def _leniently(encoder: Callable[[Context, Any], bytes]) -> Callable[[Context, Any], bytes]:
    def call(ctx: Context, value: Any) -> bytes:
        try:
            return encoder(ctx, value)
        except FunctionError:
            return b""

    return call


FUNCTIONS: tuple[Function, ...] = (
    Function("fromJson", (STRING,), decode_leniently),
    Function("mustFromJson", (STRING,), decode),
    Function("toJson", (ANY,), _leniently(encode)),
    Function("mustToJson", (ANY,), encode),
    Function("toPrettyJson", (ANY,), _leniently(_to_pretty_json)),
    Function("mustToPrettyJson", (ANY,), _to_pretty_json),
    Function("toRawJson", (ANY,), _to_raw_json),
    Function("mustToRawJson", (ANY,), _to_raw_json),
)
