"""What can go wrong in a template; nothing else leaves this package.

    TemplateError
      ParseError            the text is not a template
      ExecError             the template failed while it ran
        LimitError          it would have used more than its bounds allow
    FunctionError           how a function reports failure; the evaluator turns it into an ExecError

No message ever holds a value of the data: places, types, key names and the template's own text are all it may name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST_PROBLEM: Final = 300
_LONGEST_HINT: Final = 1600


def _shortened(text: str, longest: int) -> str:
    """Cut what a hostile template could make arbitrarily long, and what no terminal could print."""
    text = text if len(text) <= longest else text[:longest] + "..."
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which template: ``line`` and ``column`` count from 1 (columns in bytes), ``expression`` may be empty."""

    template: str
    line: int
    column: int
    expression: str = ""

    def __str__(self) -> str:
        """Return the place as editors and compilers write it."""
        return f"{self.template}:{self.line}:{self.column}"


class TemplateError(Exception):
    """A template that cannot be compiled or rendered: what is wrong, where, and what to do about it."""

    def __init__(self, problem: str, *, place: Place | None = None, hint: str = "") -> None:
        self.problem = _shortened(problem, _LONGEST_PROBLEM)
        super().__init__(self.problem)
        self.place = place
        self.hint = _shortened(hint, _LONGEST_HINT)

    def __str__(self) -> str:
        """Return ``template NAME:LINE:COLUMN: at <EXPRESSION>: PROBLEM (HINT)``, leaving out what is unknown."""
        where = f"template {self.place}: " if self.place else ""
        at = f"at <{self.place.expression}>: " if self.place and self.place.expression else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{at}{self.problem}{hint}"


class ParseError(TemplateError):
    """The text is not a valid template; Go would refuse it when parsing, too."""


class ExecError(TemplateError):
    """The template failed while it ran."""


class LimitError(ExecError):
    """The template would have used more time, memory, output or depth than its limits allow."""


class FunctionError(Exception):
    """Why a function failed, in Go's words where they hold no value; raised by functions, located by the evaluator."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
