"""Go's ``Sprintf`` and ``Sprint``: the directives of a format, its argument indexes and its error forms.

In: a format and values. Out: bytes. A wrong format is no error in Go: the text says ``%!verb(...)`` where it is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from secrets_operator.rendering.gotemplate.formatting.flags import Flags
from secrets_operator.rendering.gotemplate.formatting.printer import Printer
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import is_integer, is_string, type_of

_LARGEST: Final = 1_000_000
"""Go ignores widths, precisions and argument indexes beyond this."""


def sprint(ctx: Context, values: Sequence[Any]) -> bytes:
    """Return the values as Go's ``Sprint`` prints them: a space only between two that are no strings."""
    if len(values) == 1 and type(values[0]) is bytes:
        return values[0]
    printer = Printer(ctx)
    after_string = True
    for value in values:
        string = is_string(value)
        if not string and not after_string:
            printer.write(b" ")
        printer.print_argument(value, "v")
        after_string = string
    return b"".join(printer.parts)


def sprintln(ctx: Context, values: Sequence[Any]) -> bytes:
    """Return the values as Go's ``Sprintln`` prints them: spaces between all and a newline at the end."""
    printer = Printer(ctx)
    for index, value in enumerate(values):
        if index:
            printer.write(b" ")
        printer.print_argument(value, "v")
    return b"".join(printer.parts) + b"\n"


def sprintf(ctx: Context, form: bytes, values: Sequence[Any]) -> bytes:
    """Return the values in a format as Go's ``Sprintf`` does."""
    return _Formatting(ctx, form, values).run()


class _Formatting:
    """One call of sprintf: the format as text (lone surrogates for bytes that are no UTF-8) and a position in it."""

    def __init__(self, ctx: Context, form: bytes, values: Sequence[Any]) -> None:
        self.printer = Printer(ctx)
        self.ctx = ctx
        ctx.charge(4 * len(form))
        self.form = form.decode("utf-8", "surrogateescape")
        self.values = values
        self.position = 0
        self.index = 0
        self.reordered = False
        self.good_index = True
        self.after_index = False

    def run(self) -> bytes:
        while self.position < len(self.form):
            self.ctx.step()
            percent = self.form.find("%", self.position)
            end = len(self.form) if percent < 0 else percent
            self.printer.write(self.form[self.position : end].encode("utf-8", "surrogateescape"))
            self.position = end + 1
            if percent >= 0:
                self._directive()
        if not self.reordered and self.index < len(self.values):
            self._extra_arguments()
        return b"".join(self.printer.parts)

    def _directive(self) -> None:
        self.printer.flags = flags = Flags()
        self.good_index = True
        self._flags(flags)
        self._argument_number()
        self._width(flags)
        # A point that ends the format is a verb of its own, as in Go.
        if self.form[self.position : self.position + 1] == "." and self.position + 1 < len(self.form):
            self.position += 1
            self._precision(flags)
        if not self.after_index:
            self._argument_number()
        if self.position >= len(self.form):
            self.printer.write(b"%!(NOVERB)")
            return
        verb = self.form[self.position]
        self.position += 1
        self._verb("\ufffd" if 0xDC80 <= ord(verb) <= 0xDCFF else verb, flags)

    def _flags(self, flags: Flags) -> None:
        names = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}
        while self.position < len(self.form) and self.form[self.position] in names:
            setattr(flags, names[self.form[self.position]], True)
            self.position += 1

    def _width(self, flags: Flags) -> None:
        if self._star():
            flags.width = self._integer_argument()
            if flags.width is None:
                self.printer.write(b"%!(BADWIDTH)")
            elif flags.width < 0:
                flags.width, flags.minus, flags.zero = -flags.width, True, False
            self.after_index = False
            return
        flags.width = self._number()
        if self.after_index and flags.width is not None:
            self.good_index = False

    def _precision(self, flags: Flags) -> None:
        if self.after_index:
            self.good_index = False
        self._argument_number()
        if not self._star():
            flags.precision = self._number() or 0
            return
        precision = self._integer_argument()
        if precision is None or precision < 0:
            self.printer.write(b"%!(BADPREC)")
        else:
            flags.precision = precision
        self.after_index = False

    def _verb(self, verb: str, flags: Flags) -> None:
        if verb == "%":
            self.printer.write(b"%")
        elif not self.good_index:
            self.printer.write(f"%!{verb}(BADINDEX)".encode())
        elif self.index >= len(self.values):
            self.printer.write(f"%!{verb}(MISSING)".encode())
        else:
            if verb in "vw":
                flags.sharp_v, flags.sharp = flags.sharp, False
                flags.plus_v, flags.plus = flags.plus, False
            self.printer.print_argument(self.values[self.index], verb)
            self.index += 1

    def _star(self) -> bool:
        found = self.form[self.position : self.position + 1] == "*"
        self.position += found
        return found

    def _integer_argument(self) -> int | None:
        if self.index >= len(self.values):
            return None
        value = self.values[self.index]
        self.index += 1
        return int(value) if is_integer(value) and -_LARGEST <= value <= _LARGEST else None

    def _number(self) -> int | None:
        number: int | None = None
        while self.position < len(self.form) and "0" <= self.form[self.position] <= "9":
            number = (number or 0) * 10 + int(self.form[self.position])
            if number > 10 * _LARGEST:
                # A number beyond the bound swallows the rest of the format, as in Go.
                self.position = len(self.form)
                return None
            self.position += 1
        return number

    def _argument_number(self) -> None:
        self.after_index = False
        if self.form[self.position : self.position + 1] != "[":
            return
        self.reordered = True
        closing = self.form.find("]", self.position + 1)
        # Go wants at least three characters from the bracket on; a bracket never closed is one bad character.
        if closing < 0 or len(self.form) - self.position < 3:
            self.good_index = False
            self.position += 1
            return
        digits = self.form[self.position + 1 : closing]
        self.position = closing + 1
        self.after_index = digits.isascii() and digits.isdigit() and len(digits) < 8
        if self.after_index and 1 <= int(digits) <= len(self.values):
            self.index = int(digits) - 1
        else:
            self.good_index = False

    def _extra_arguments(self) -> None:
        self.printer.flags = Flags()
        self.printer.write(b"%!(EXTRA ")
        for number, value in enumerate(self.values[self.index :]):
            if number:
                self.printer.write(b", ")
            if value is None:
                self.printer.write(b"<nil>")
            else:
                self.printer.write(f"{type_of(value)}=".encode())
                self.printer.print_argument(value, "v")
        self.printer.write(b")")
