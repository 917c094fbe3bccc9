"""Compiled CEL expressions: the boundary to the CEL library.

Source is rewritten before (see `cel_source`), errors of the library become `CelError` worded as cel-go words them.
Texts of the library never get through, because they may quote values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cel

from devcluster.structural.cel_errors import CelError
from devcluster.structural.cel_functions import FUNCTIONS, NAMESPACES
from devcluster.structural.cel_source import rewrite

_BUILTIN_FUNCTIONS = frozenset(
    {
        "all", "bytes", "contains", "double", "duration", "dyn", "endsWith", "exists", "getDate", "getDayOfMonth",
        "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth",
        "getSeconds", "has", "hasValue", "int", "matches", "max", "min", "none", "of", "ofNonZeroValue", "or",
        "orValue", "size", "startsWith", "string", "timestamp", "type", "uint", "value",
    }
)  # fmt: skip
_TYPE_NAMES = frozenset({"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"})
_KNOWN_NAMES = frozenset({"self", "oldSelf"}) | _TYPE_NAMES | NAMESPACES
_BOUND_NAME = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_]\w*)\s*,")


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
    bound = set(_BOUND_NAME.findall(source))
    for name in references["variables"]:
        if name not in _KNOWN_NAMES and name not in bound:
            raise CelError(f"undeclared reference to '{name}' (in container '')")
    return CelProgram(source, program, functions)


def _first_complaint(error: ValueError) -> str:
    for line in str(error).splitlines():
        _, found, complaint = line.partition("ERROR: <input>:")
        if found:
            return f"ERROR: <input>:{complaint}"
    return "Syntax error"


def optional_of(value: Any) -> Any:
    """Return a CEL optional: empty for None."""
    return cel.OptionalValue.none() if value is None else cel.OptionalValue.of(value)
