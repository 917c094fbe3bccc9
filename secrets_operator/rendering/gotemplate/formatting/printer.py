"""Any value under any verb, as Go's fmt prints it: nested lists and maps, structs, nil, types, bad verbs.

In: values and ``Flags``. Out: text, collected in ``Printer.parts`` and charged to the render's account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from secrets_operator.rendering.gotemplate.formatting.flags import Flags, pad
from secrets_operator.rendering.gotemplate.formatting.floats import format_complex, format_float
from secrets_operator.rendering.gotemplate.formatting.integers import format_integer, hexadecimal
from secrets_operator.rendering.gotemplate.formatting.text import format_text
from secrets_operator.rendering.gotemplate.gotypes import UNSIGNED_KINDS, GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import (
    ByteSlice,
    GoList,
    GoMap,
    GoStruct,
    Stringer,
    kind_of,
    type_of,
)

_ADDRESS: Final = 0xC000010000
"""What stands for every address: Go's differ from run to run, and Python's are nobody's business."""


class Printer:
    """Prints values one after the other under the current flags."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.flags = Flags()
        self.parts: list[bytes] = []
        self._reporting = False

    def write(self, text: bytes) -> None:
        """Append text and charge it."""
        self.ctx.charge(len(text))
        self.parts.append(text)

    def print_argument(self, value: Any, verb: str) -> None:
        """Print an argument of printf or print."""
        if value is None and verb in "Tv":
            self.write(pad(self.ctx, self.flags, b"<nil>"))
        elif value is None:
            self._bad_verb(None, verb)
        elif verb == "T":
            self._text(str(type_of(value)).encode(), "s")
        elif verb == "p":
            self._pointer(value, verb)
        else:
            self._value(value, verb, 0)

    def _value(self, value: Any, verb: str, depth: int) -> None:
        self.ctx.step()
        if isinstance(value, bytes):
            self._text(value, verb)
        elif value is None:
            self._nil()
        elif isinstance(value, Stringer) and self._by_method(value, verb):
            return
        elif isinstance(value, (bool, int, float, complex)):
            self._number(value, verb)
        else:
            self.ctx.check_depth(depth)
            self._composite(value, verb, depth)

    def _nil(self) -> None:
        self.write(b"interface {}(nil)" if self.flags.sharp_v else b"<nil>")

    def _by_method(self, value: Stringer, verb: str) -> bool:
        if self._reporting or verb not in "vsxXq":
            return False
        if self.flags.sharp_v:
            syntax = value.go_syntax()
            if syntax is not None:
                self._text(syntax, "s")
            return syntax is not None
        self._text(value.go_string(), verb)
        return True

    def _text(self, value: bytes, verb: str) -> None:
        self._put(format_text(self.ctx, self.flags, value, verb), value, verb)

    def _number(self, value: Any, verb: str) -> None:
        if isinstance(value, bool):
            text = pad(self.ctx, self.flags, b"true" if value else b"false") if verb in "tv" else None
        elif isinstance(value, int):
            unsigned = kind_of(value) in UNSIGNED_KINDS
            text = format_integer(self.ctx, self.flags, int(value), verb, unsigned=unsigned)
        elif isinstance(value, float):
            text = format_float(self.ctx, self.flags, value, verb)
        else:
            text = format_complex(self.ctx, self.flags, value, verb)
        self._put(text, value, verb)

    def _put(self, text: bytes | None, value: Any, verb: str) -> None:
        if text is None:
            self._bad_verb(value, verb)
        else:
            self.write(text)

    def _bad_verb(self, value: Any, verb: str) -> None:
        self.write(f"%!{verb}(".encode("utf-8", "surrogateescape"))
        if value is None:
            self.write(b"<nil>")
        else:
            self.write(f"{type_of(value)}=".encode())
            outer, self._reporting = self._reporting, True
            self._value(value, "v", 0)
            self._reporting = outer
        self.write(b")")

    def _composite(self, value: Any, verb: str, depth: int) -> None:
        if verb == "w":
            self._bad_verb(value, verb)
        elif isinstance(value, ByteSlice):
            self._bytes(value, verb, depth)
        elif isinstance(value, GoList):
            self._list(value, verb, depth)
        elif isinstance(value, GoMap):
            self._map(value, verb, depth)
        elif isinstance(value, GoStruct) and (value.go_type.kind != "ptr" or depth == 0):
            self._struct(value, verb, depth)
        else:
            self._pointer(value, verb)

    def _bytes(self, value: ByteSlice, verb: str, depth: int) -> None:
        if verb in "sqxX":
            self._text(value.data, verb)
        elif self.flags.sharp_v:
            self.write(b"[]byte" if depth == 0 else b"[]uint8")
            self._items(value.data, b"{", b"}", lambda byte: self.write(hexadecimal(self.ctx, self.flags, byte)))
        else:
            self._items(value.data, b"[", b"]", lambda byte: self._put(self._byte(byte, verb), byte, verb))

    def _byte(self, byte: int, verb: str) -> bytes | None:
        return format_integer(self.ctx, self.flags, byte, verb, unsigned=True)

    def _list(self, value: GoList, verb: str, depth: int) -> None:
        if self.flags.sharp_v and self._opened(value.go_type, is_nil=value.is_nil):
            return
        marks = (b"{", b"}") if self.flags.sharp_v else (b"[", b"]")
        self._items(value.items, *marks, lambda item: self._value(item, verb, depth + 1))

    def _map(self, value: GoMap, verb: str, depth: int) -> None:
        if self.flags.sharp_v and self._opened(value.go_type, is_nil=value.is_nil):
            return
        self.ctx.step(len(value.entries))

        def entry(pair: tuple[Any, Any]) -> None:
            self._value(pair[0], verb, depth + 1)
            self.write(b":")
            self._value(pair[1], verb, depth + 1)

        marks = (b"{", b"}") if self.flags.sharp_v else (b"map[", b"]")
        self._items(value.sorted_entries(), *marks, entry)

    def _struct(self, value: GoStruct, verb: str, depth: int) -> None:
        pointer = value.go_type.kind == "ptr"
        named = self.flags.plus_v or self.flags.sharp_v
        name = value.go_type.name.removeprefix("*") if self.flags.sharp_v else ""

        def field(pair: tuple[str, Any]) -> None:
            if named:
                self.write(pair[0].encode() + b":")
            self._value(pair[1], verb, depth + 1)

        self._items(value.fields.items(), (b"&" if pointer else b"") + name.encode() + b"{", b"}", field)

    def _opened(self, go_type: GoType, *, is_nil: bool) -> bool:
        self.write(go_type.name.encode())
        if is_nil:
            self.write(b"(nil)")
        return is_nil

    def _items(self, items: Iterable[Any], opening: bytes, closing: bytes, show: Any) -> None:
        separator = b", " if self.flags.sharp_v else b" "
        self.write(opening)
        for index, item in enumerate(items):
            if index:
                self.write(separator)
            show(item)
        self.write(closing)

    def _pointer(self, value: Any, verb: str) -> None:
        if kind_of(value) not in {"map", "slice", "ptr"} or verb not in "vpbodxX":
            self._bad_verb(value, verb)
            return
        address = 0 if getattr(value, "is_nil", False) else _ADDRESS
        if verb in "vp":
            self.write(hexadecimal(self.ctx, self.flags, address, prefix=not self.flags.sharp))
        else:
            self.write(format_integer(self.ctx, self.flags, address, verb, unsigned=True) or b"")
