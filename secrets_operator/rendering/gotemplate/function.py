"""The contract of a function that templates can call.

A functions module builds ``Function`` values and exports them as ``FUNCTIONS``; the evaluator checks and converts the
arguments by the declared Go types, as text/template does, and calls ``call(ctx, *args)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from secrets_operator.rendering.gotemplate.gotypes import GoType


@dataclass(frozen=True, slots=True)
class Function:
    """A named function: its parameters as Go types, the last of them repeated when ``variadic``.

    ``call`` gets the render's ``Context`` and the arguments as values of ``values.py`` (variadic ones one by one),
    returns such a value, and reports failure by raising ``FunctionError``.
    """

    name: str
    params: tuple[GoType, ...]
    call: Callable[..., Any]
    variadic: bool = False
    short_circuits: bool | None = None
    """The truth value on which ``and`` and ``or`` stop evaluating their arguments; no other function has one."""


FunctionMap: TypeAlias = Mapping[str, Function]
