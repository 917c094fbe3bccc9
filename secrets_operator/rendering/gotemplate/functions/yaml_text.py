"""toYaml and fromYaml as External Secrets Operator has them, and the YAML of templates that render whole maps.

In: values or YAML text. Out: text, or values as JSON has them. Neighbours: ``yaml_nodes`` reads, ``yaml_decoding``
gives meaning, ``yaml_writing`` writes; sigs.k8s.io/yaml goes through JSON in both directions, hence so does this.
"""

from __future__ import annotations

import math
from typing import Any, Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.floats import float_text
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import json_encoding, yaml_nodes, yaml_scalars, yaml_writing
from secrets_operator.rendering.gotemplate.functions.yaml_decoding import Decoder, key_text
from secrets_operator.rendering.gotemplate.functions.yaml_nodes import YamlError
from secrets_operator.rendering.gotemplate.gotypes import ANY, STRING
from secrets_operator.rendering.gotemplate.limits import Context, Limits
from secrets_operator.rendering.gotemplate.values import GoMap, any_list, any_map

_TO_JSON: Final = "error converting YAML to JSON: "
_EXACT: Final = 2**53
_FROM_JSON: Final = "error unmarshaling JSON: while decoding JSON: json: "


def document(ctx: Context, text: bytes) -> Any:
    """Return the first document of a text with its keys still typed, None for an empty one; raise YamlError."""
    root = yaml_nodes.parse(ctx, text)
    return None if root is None else Decoder(ctx).decode(root)


def string_map(text: bytes, *, limits: Limits | None = None) -> dict[bytes, bytes]:
    """Return the keys and values of a YAML document, scalars as sigs.k8s.io/yaml makes strings of them.

    Raises YamlError when the text is no mapping of scalars, LimitError when it is too large; neither shows data.
    """
    found = document(_bounds(limits), text)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise YamlError(f"{_FROM_JSON}cannot unmarshal {_json_kind(found)} into Go value of type map[string]string")
    return {_utf8(key_text(key)): _as_string(value) for key, value in found.items()}


def json_structure(text: bytes, *, limits: Limits | None = None) -> Any:
    """Return a YAML document as Python has JSON, None for an empty one; numbers stay numbers.

    Raises YamlError when the text is no YAML or JSON cannot have it, LimitError when it is too large; neither shows
    data.
    """
    return _as_json(document(_bounds(limits), text))


def _bounds(limits: Limits | None) -> Context:
    # No function runs here, so only sizes and steps need bounds and no clock or dice are wanted.
    return Context(clock=lambda: 0, entropy=bytes, cpu_clock=lambda: 0.0, limits=limits)


def _as_json(value: Any) -> Any:
    match value:
        case dict():
            return {_utf8(key_text(key)).decode(): _as_json(child) for key, child in value.items()}
        case list():
            return [_as_json(child) for child in value]
        case bytes():
            return _utf8(value).decode()
        case float() if not math.isfinite(value):
            raise YamlError(f"json: unsupported value: {float_text(value)}")
        case float() if value.is_integer() and abs(value) < _EXACT:
            # The API server has one kind of number: 1.0 would come back as 1.
            return int(value)
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**63:
            return float(value)
    return value


def _as_string(value: Any) -> bytes:
    match value:
        case bytes():
            return _utf8(value)
        case None:
            return b""
        case bool():
            return b"true" if value else b"false"
        case int():
            return b"%d" % value
        case float():
            return yaml_scalars.single_float_text(value).encode()
    raise YamlError(f"{_FROM_JSON}cannot unmarshal {_json_kind(value)} into Go value of type string")


def _json_kind(value: Any) -> str:
    match value:
        case dict():
            return "object"
        case list():
            return "array"
        case bytes():
            return "string"
        case bool():
            return "bool"
    return "number"


def _utf8(text: bytes) -> bytes:
    """Return a string as it leaves JSON: every byte that is not UTF-8 has become U+FFFD."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "surrogateescape").translate(_REPLACED).encode()
    return text


_REPLACED: Final = dict.fromkeys(range(0xDC80, 0xDD00), "\N{REPLACEMENT CHARACTER}")


def _from_yaml(ctx: Context, text: bytes) -> GoMap:
    """Return the map that a text holds, or a map whose key Error tells why it holds none."""
    try:
        found = document(ctx, text)
        value = any_map({}) if found is None else _value(found)
    except YamlError as error:
        return any_map({b"Error": (_TO_JSON + error.go_message).encode()})
    if isinstance(value, GoMap):
        return value
    problem = f"{_FROM_JSON}cannot unmarshal {_json_kind(found)} into Go value of type map[string]interface {{}}"
    return any_map({b"Error": problem.encode()})


def _value(found: Any) -> Any:
    """Return a decoded value as a template sees it after JSON: every number is a float64."""
    match found:
        case dict():
            return any_map({_utf8(key_text(key)): _value(value) for key, value in found.items()})
        case list():
            return any_list(map(_value, found))
        case bytes():
            return _utf8(found)
        case bool() | None:
            return found
    if not math.isfinite(found):
        raise YamlError(f"json: unsupported value: {float_text(found)}")
    return float(found)


def _to_yaml(ctx: Context, value: Any) -> bytes:
    """Return a value as YAML without the last newline; nothing when it cannot be written."""
    try:
        found = document(ctx, json_encoding.encode(ctx, value))
    except FunctionError:
        return b""
    return yaml_writing.write(ctx, found).removesuffix(b"\n")


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("fromYaml", (STRING,), _from_yaml),
    Function("toYaml", (ANY,), _to_yaml),
)
