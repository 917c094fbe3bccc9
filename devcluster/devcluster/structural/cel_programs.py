"""Compiled CEL expressions: the boundary to the CEL library.

Source is rewritten before (see `cel_source`), errors of the library become `CelError` worded as cel-go words them.
Texts of the library never get through, because they may quote values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cel

from devcluster.structural.cel_functions import FUNCTIONS, NAMESPACES
from devcluster.structural.cel_source import rewrite

_BUILTIN_FUNCTIONS = frozenset(
    (
        "all bytes contains dyn double duration endsWith exists getDate getDayOfMonth getDayOfWeek getDayOfYear "
        "getFullYear getHours getMilliseconds getMinutes getMonth getSeconds has hasValue int matches max min none of "
        "ofNonZeroValue or orValue size startsWith string timestamp type uint value"
    ).split()
)
_VARIABLES = frozenset({"self", "oldSelf"})


class CelError(ValueError):
    """An expression does not compile or cannot be evaluated."""


class CelProgram:
    """One compiled expression."""

    __slots__ = ("_functions", "_program", "source", "uses_old_self")

    def __init__(self, source: str, program: Any, functions: dict[str, Callable[..., Any]]) -> None:
        self.source = source
        self._program = program
        self._functions = functions
        self.uses_old_self: bool = "oldSelf" in program.variables()

    def run(self, variables: dict[str, Any]) -> Any:
        """Evaluate with the given variables.

        Raises:
            CelError: there is no result, for example because a key is missing.

        """
        context = cel.Context(variables=variables)
        for name, function in self._functions.items():
            context.add_function(name, function)
        try:
            return self._program.execute(context)
        except KeyError as error:
            raise CelError(f"no such key: {error.args[0] if error.args else ''}") from None
        except IndexError:
            raise CelError("index out of bounds") from None
        except ZeroDivisionError:
            raise CelError("division by zero") from None
        except OverflowError:
            raise CelError("integer overflow") from None
        except TypeError:
            raise CelError("no such overload") from None
        except (RuntimeError, ValueError):
            raise CelError("evaluation failed") from None


def compile_cel(source: str) -> CelProgram:
    """Compile an expression over ``self`` and ``oldSelf``.

    Raises:
        CelError: the syntax is wrong, or an unknown function or variable is named.

    """
    try:
        program = cel.compile(rewrite(source))
    except ValueError as error:
        raise CelError(_first_complaint(error)) from None
    references = program.references()
    functions = {name: FUNCTIONS[name] for name in references["functions"] if name in FUNCTIONS}
    for namespace in NAMESPACES.intersection(references["variables"]):
        functions |= {name: found for name, found in FUNCTIONS.items() if name.startswith(f"{namespace}.")}
    members = {name.rpartition(".")[2] for name in functions} | _BUILTIN_FUNCTIONS
    for name in references["functions"]:
        if name not in members and name not in functions and name.isidentifier():
            raise CelError(f"undeclared reference to '{name}' (in container '')")
    _refuse_unknown_variables(source, references["variables"])
    return CelProgram(source, program, functions)


def _refuse_unknown_variables(source: str, names: list[str]) -> None:
    """Refuse an expression that reads neither ``self`` nor a constant: its variables can only be misspelt.

    The library lists the variables of comprehensions too, so a single unknown name next to ``self`` may be one.
    """
    known = _VARIABLES | NAMESPACES | {"optional"}
    unknown = [name for name in names if name not in known]
    if unknown and not _VARIABLES.intersection(names) and "[" not in source:
        raise CelError(f"undeclared reference to '{unknown[0]}' (in container '')")


def _first_complaint(error: ValueError) -> str:
    for line in str(error).splitlines():
        _, found, complaint = line.partition("ERROR: <input>:")
        if found:
            return f"ERROR: <input>:{complaint}"
    return "Syntax error"


def optional_of(value: Any) -> Any:
    """Return a CEL optional: empty for None."""
    return cel.OptionalValue.none() if value is None else cel.OptionalValue.of(value)
