"""Function and method calls as closures: arguments counted, evaluated left to right, converted, given.

In: call nodes and the function map. Out: closures. ``and`` and ``or`` evaluate only what they need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.arguments import (
    can_be_nil,
    converted,
    literal_value,
    takes_anything,
)
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, Evaluate, EvaluateFinal, Frame, Site, invoke
from secrets_operator.rendering.gotemplate.function import Function, FunctionMap
from secrets_operator.rendering.gotemplate.gotypes import STRING, GoType
from secrets_operator.rendering.gotemplate.nodes import Bool, Identifier, Nil, Node, Number, Operand, String
from secrets_operator.rendering.gotemplate.truth import is_true
from secrets_operator.rendering.gotemplate.values import zero_of


class Calls:
    """Compiles calls; ``operand`` compiles the operands that are no literals and ``site`` gives a node's place."""

    def __init__(
        self, functions: FunctionMap, operand: Callable[[Operand], Evaluate], site: Callable[[Node], Site]
    ) -> None:
        self._functions = functions
        self._operand = operand
        self._site = site

    def function(self, head: Identifier, node: Node, arguments: tuple[Operand, ...]) -> Evaluate:
        """Compile a call whose arguments all stand in the command."""
        function, site = self._functions[head.name], self._site(node)
        problem = _wrong_count(function, len(arguments), len(arguments))
        if problem:
            return _failing(site, problem)
        if function.short_circuits is not None:
            return self._short_circuit(function.short_circuits, arguments)
        given = self._arguments(function, arguments)

        def call(frame: Frame, dot: Any) -> Any:
            return invoke(frame.ctx, site, function, [argument(frame, dot) for argument in given])

        return call

    def stage(self, head: Identifier, node: Node, arguments: tuple[Operand, ...]) -> EvaluateFinal:
        """Compile a call that gets the pipeline's value as its last argument."""
        function, site = self._functions[head.name], self._site(node)
        problem = _wrong_count(function, len(arguments) + 1, len(arguments))
        if problem:
            fail = _failing(site, problem)
            return lambda frame, dot, _final: fail(frame, dot)
        if function.short_circuits is not None:
            return self._short_circuit_stage(function.short_circuits, arguments)
        given = self._arguments(function, arguments)
        last = _parameter(function, len(arguments))

        def call(frame: Frame, dot: Any, final: Any) -> Any:
            values = [argument(frame, dot) for argument in given]
            values.append(converted(final, last, site))
            return invoke(frame.ctx, site, function, values)

        return call

    def method(
        self, function: Function, node: Node, arguments: tuple[Operand, ...], *, has_final: bool
    ) -> EvaluateFinal:
        """Compile a method call with arguments; its closure takes receiver and final value as a pair."""
        site = self._site(node)
        problem = _wrong_count(function, len(arguments) + has_final, len(arguments))
        if problem:
            fail = _failing(site, problem)
            return lambda frame, dot, _final: fail(frame, dot)
        given = self._arguments(function, arguments)
        last = _parameter(function, len(arguments)) if has_final else None

        def call(frame: Frame, dot: Any, final: Any) -> Any:
            receiver, value = final
            values = [receiver, *(argument(frame, dot) for argument in given)]
            if last is not None:
                values.append(converted(value, last, site))
            return invoke(frame.ctx, site, function, values)

        return call

    def bare_method(self, function: Function, site: Site) -> EvaluateFinal:
        """Compile a method call without arguments."""
        problem = _wrong_count(function, 0, 0)
        if problem:
            fail = _failing(site, problem)
            return lambda frame, dot, _final: fail(frame, dot)
        return lambda frame, _dot, final: invoke(frame.ctx, site, function, [final[0]])

    def _arguments(self, function: Function, operands: tuple[Operand, ...]) -> tuple[Evaluate, ...]:
        return tuple(self._argument(operand, _parameter(function, i)) for i, operand in enumerate(operands))

    def _argument(self, operand: Operand, go_type: GoType) -> Evaluate:
        site = self._site(operand)
        if isinstance(operand, Nil):
            return _nil_argument(go_type, site)
        if isinstance(operand, Bool | Number | String):
            return _literal_argument(operand, go_type, site)
        return _checked(self._operand(operand), go_type, site)

    def _short_circuit(self, deciding: bool, operands: tuple[Operand, ...]) -> Evaluate:
        given = tuple(self._operand(operand) for operand in operands)

        def evaluate(frame: Frame, dot: Any) -> Any:
            value = None
            for argument in given:
                value = argument(frame, dot)
                if is_true(value) is deciding:
                    break
            return value

        return evaluate

    def _short_circuit_stage(self, deciding: bool, operands: tuple[Operand, ...]) -> EvaluateFinal:
        given = tuple(self._operand(operand) for operand in operands)

        def evaluate(frame: Frame, dot: Any, final: Any) -> Any:
            for argument in given:
                value = argument(frame, dot)
                if is_true(value) is deciding:
                    return value
            return final

        return evaluate


def _failing(site: Site, problem: str) -> Evaluate:
    def fail(_frame: Frame, _dot: Any) -> Any:
        raise site.error(problem)

    return fail


def _wrong_count(function: Function, given: int, written: int) -> str:
    """Say what is wrong with the number of arguments; an empty string when nothing is."""
    least = len(function.params) - function.variadic
    if function.variadic and given < least:
        return f"wrong number of args for {function.name}: want at least {least} got {written}"
    if not function.variadic and given != least:
        return f"wrong number of args for {function.name}: want {least} got {given}"
    return ""


def _parameter(function: Function, index: int) -> GoType:
    return function.params[min(index, len(function.params) - 1)]


def _nil_argument(go_type: GoType, site: Site) -> Evaluate:
    def give(_frame: Frame, _dot: Any) -> Any:
        if not can_be_nil(go_type):
            raise site.error(f"cannot assign nil to {go_type}")
        return zero_of(go_type)

    return give


def _literal_argument(node: Bool | Number | String, go_type: GoType, site: Site) -> Evaluate:
    if isinstance(node, String) and (go_type == STRING or takes_anything(go_type)):
        value = node.value
        return lambda _frame, _dot: value
    return lambda _frame, _dot: literal_value(node, go_type, site)


def _checked(evaluate: Evaluate, go_type: GoType, site: Site) -> Evaluate:
    if takes_anything(go_type):

        def anything(frame: Frame, dot: Any) -> Any:
            value = evaluate(frame, dot)
            return None if value is NO_VALUE else value

        return anything
    if go_type == STRING:

        def string(frame: Frame, dot: Any) -> Any:
            value = evaluate(frame, dot)
            return value if type(value) is bytes else converted(value, STRING, site)

        return string
    return lambda frame, dot: converted(evaluate(frame, dot), go_type, site)
