"""What a running template holds: its variables, its output, the account; and how errors learn their place.

Closures of the compiler take ``(frame, dot)``. Out: text in ``Output``; ExecError and LimitError with a place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from secrets_operator.rendering.gotemplate.errors import ExecError, FunctionError, LimitError, TemplateError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.source_map import SourceMap


class _Absent:
    """A value that is none; bears a name for debugging alone."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


NO_VALUE: Final = _Absent("NO_VALUE")
"""No value at all, as opposed to ``None``, an interface that holds nil: fields of it may be asked for."""
UNSET: Final = _Absent("UNSET")
"""What a variable's slot holds before its declaration has run."""


class Output:
    """Collects what a template prints, within its bound."""

    __slots__ = ("_left", "parts")

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.parts: list[bytes] = []

    def write(self, text: bytes) -> None:
        """Append text; raise LimitError past the bound."""
        self._left -= len(text)
        if self._left < 0:
            raise LimitError("the template prints more than its limit of output bytes")
        self.parts.append(text)


class Frame:
    """One activation of a template: slot 0 of ``variables`` is ``$``."""

    __slots__ = ("ctx", "depth", "output", "root", "variables", "write")

    def __init__(self, ctx: Context, output: Output, root: Any, depth: int, variables: list[Any]) -> None:
        self.ctx = ctx
        self.output = output
        self.write = output.write
        self.root = root
        self.depth = depth
        self.variables = variables


Evaluate: TypeAlias = Callable[[Frame, Any], Any]
EvaluateFinal: TypeAlias = Callable[[Frame, Any, Any], Any]
Execute: TypeAlias = Callable[[Frame, Any], int]


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a node, ready for an error to name it."""

    source_map: SourceMap
    offset: int
    end: int

    def error(self, problem: str, hint: str = "") -> ExecError:
        """Return an ExecError at this place."""
        return ExecError(problem, place=self.source_map.place(self.offset, self.end), hint=hint)

    def locate(self, error: TemplateError) -> TemplateError:
        """Return the error, with this place unless it has a nearer one."""
        if error.place is None:
            error.place = self.source_map.place(self.offset, self.end)
        return error

    def limit(self, problem: str) -> LimitError:
        """Return a LimitError at this place."""
        return LimitError(problem, place=self.source_map.place(self.offset, self.end))


def invoke(ctx: Context, site: Site, function: Function, arguments: list[Any]) -> Any:
    """Call a function; whatever goes wrong in it becomes a TemplateError here, without the causes that hold values."""
    ctx.step()
    try:
        return function.call(ctx, *arguments)
    except Exception as error:  # noqa: BLE001 - a function that fails in any way fails the template, never the caller
        failure = _failure(error, site, function.name)
    # Raised outside the handler: a cause or context could hold a secret.
    raise failure


def _failure(error: Exception, site: Site, name: str) -> TemplateError:
    match error:
        case TemplateError():
            return site.locate(error)
        case FunctionError():
            return site.error(f"error calling {name}: {error.message}", error.hint)
        case RecursionError():
            return site.limit(f"{name}: values nest too deep")
        case MemoryError():
            return site.limit(f"{name}: the result does not fit into memory")
    return site.error(f"error calling {name}: it cannot work with these arguments")
