"""YAML nodes as values, the way sigs.k8s.io/yaml turns YAML into JSON.

In: ``Node``. Out: None, bool, int, float, bytes, ``list``, and ``dict`` whose keys carry their type. Merge keys and
aliases are resolved here; a document that is mostly aliases is refused. Neighbours: ``yaml_nodes``, ``yaml_text``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from secrets_operator.rendering.gotemplate.functions import yaml_scalars
from secrets_operator.rendering.gotemplate.functions.standard_base64 import decode_base64
from secrets_operator.rendering.gotemplate.functions.yaml_nodes import Node, YamlError
from secrets_operator.rendering.gotemplate.limits import Context

_LONG_TAG: Final = "tag:yaml.org,2002:"
_RESOLVABLE: Final = frozenset({"!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"})
_BYTES_PER_VALUE = 100
# Below the first number of values nearly all may come from aliases, above the second a tenth.
_FEW_VALUES, _MANY_VALUES = 400_000, 4_000_000


class Decoder:
    """Decodes the nodes of one document."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._depth = 0
        self._values = 0
        self._aliased_values = 0
        self._expanding: set[int] = set()
        self._by_kind: Mapping[str, Callable[[Node], Any]] = MappingProxyType(
            {"scalar": decode_scalar, "sequence": self._sequence, "mapping": self._mapping, "alias": self._alias}
        )

    def decode(self, node: Node) -> Any:
        """Return the value of a node; raise YamlError, or LimitError beyond the account's bounds."""
        self._count()
        self._depth += 1
        self._ctx.check_depth(self._depth)
        try:
            return self._by_kind[node.kind](node)
        finally:
            self._depth -= 1

    def _count(self) -> None:
        self._ctx.step()
        self._ctx.charge(_BYTES_PER_VALUE)
        self._values += 1
        if not self._expanding:
            return
        self._aliased_values += 1
        beyond = (self._values - _FEW_VALUES) / (_MANY_VALUES - _FEW_VALUES)
        allowed = 0.99 - 0.89 * min(1.0, max(0.0, beyond))
        if self._aliased_values > 100 and self._values > 1000 and self._aliased_values / self._values > allowed:
            raise YamlError("yaml: document contains excessive aliasing")

    def _sequence(self, node: Node) -> list[Any]:
        return [self.decode(child) for child in node.children]

    def _alias(self, node: Node) -> Any:
        assert node.target is not None
        if id(node) in self._expanding:
            raise YamlError(
                "yaml: the value of an anchor contains itself", f"yaml: anchor '{node.text}' value contains itself"
            )
        self._expanding.add(id(node))
        try:
            return self.decode(node.target)
        finally:
            self._expanding.discard(id(node))

    def _mapping(self, node: Node) -> dict[Any, Any]:
        """Return a mapping with its keys still typed: 1 and "1" are two keys until the document is whole."""
        entries: dict[Any, Any] = {}
        for key_node, value_node in zip(node.children[::2], node.children[1::2], strict=True):
            if _is_merge(key_node):
                self._merge(value_node, entries)
                continue
            key = _typed_key(self.decode(key_node))
            entries[key] = self.decode(value_node)
        return entries

    def _merge(self, node: Node, entries: dict[Any, Any]) -> None:
        """Take over the entries of a mapping, or of each in a sequence; the first of a sequence wins."""
        sources = reversed(node.children) if node.kind == "sequence" else [node]
        for source in sources:
            if (source.target or source).kind != "mapping":
                raise YamlError("yaml: map merge requires map or sequence of maps as the value")
            entries.update(self.decode(source))


def _is_merge(node: Node) -> bool:
    return node.kind == "scalar" and node.text == "<<" and (node.plain or node.tag == _LONG_TAG + "merge")


def _typed_key(key: Any) -> tuple[type, Any]:
    """Return a key that tells 1, 1.0 and true apart, as Go's maps do."""
    if isinstance(key, list | dict):
        raise YamlError("yaml: invalid map key: a key must be a scalar")
    return type(key), key


def decode_scalar(node: Node) -> yaml_scalars.Scalar:
    """Return the value of a scalar by its tag, or by its looks when it is plain."""
    tag = _short(node.tag)
    if tag == "!!binary":
        return _binary(node.text)
    if (not tag and not node.plain) or tag == "!!str" or (tag and tag not in _RESOLVABLE):
        return node.text.encode()
    found = yaml_scalars.resolve(node.text, dates=tag in {"", "!!timestamp"})
    if tag == "!!float" and found.tag == "!!int" and isinstance(found.value, int) and found.value < 2**63:
        return float(found.value)
    if tag not in {"", found.tag}:
        raise _unfit(found.tag, node.text, tag)
    return found.value


def _short(tag: str) -> str:
    return "!!" + tag[len(_LONG_TAG) :] if tag.startswith(_LONG_TAG) else tag


def _unfit(found: str, text: str, wanted: str) -> YamlError:
    return YamlError(
        f"yaml: cannot decode a {found} as a {wanted}", f"yaml: cannot decode {found} `{text}` as a {wanted}"
    )


def _binary(text: str) -> bytes:
    decoded = decode_base64(text.encode())
    if decoded is None:
        raise YamlError("yaml: !!binary value contains invalid base64 data")
    return decoded


def key_text(key: tuple[type, Any]) -> bytes:
    """Return a mapping's key as JSON can have it: a string; raise YamlError for null and numbers beyond int64."""
    match key[1]:
        case bytes() as text:
            return text
        case bool() as truth:
            return b"true" if truth else b"false"
        case int() as number if number < 2**63:
            return b"%d" % number
        case float() as number:
            written = yaml_scalars.single_float_text(number)
            return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(written, written).encode()
    kind = "uint64" if key[1] is not None else "%!s(<nil>)"
    raise YamlError(f"unsupported map key of type: {kind}")
