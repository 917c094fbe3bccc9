"""Operands and pipelines as closures: what they evaluate to.

In: expression nodes. Out: closures ``(frame, dot) -> value``, those of later pipeline stages with the previous value
as a third argument. Function and method calls are made in ``calls.py``.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.arguments import number_value
from secrets_operator.rendering.gotemplate.calls import Calls
from secrets_operator.rendering.gotemplate.errors import ExecError
from secrets_operator.rendering.gotemplate.fields import field_of, method_of
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, UNSET, Evaluate, EvaluateFinal, Frame, Site
from secrets_operator.rendering.gotemplate.function import Function, FunctionMap
from secrets_operator.rendering.gotemplate.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Node,
    Number,
    Operand,
    Pipeline,
    String,
    Variable,
)
from secrets_operator.rendering.gotemplate.scope import Scope
from secrets_operator.rendering.gotemplate.source_map import SourceMap
from secrets_operator.rendering.gotemplate.values import GoMap


class Expressions:
    """Compiles the expressions of one template, whose variables are in ``scope``."""

    def __init__(self, source_map: SourceMap, functions: FunctionMap, scope: Scope, *, strict: bool) -> None:
        self.scope = scope
        self._source_map = source_map
        self._strict = strict
        self._calls = Calls(functions, self.operand, self.site)

    def site(self, node: Node) -> Site:
        """Return the place of a node."""
        return Site(self._source_map, node.offset, node.end)

    def pipeline(self, pipeline: Pipeline) -> Evaluate:
        """Compile a pipeline with its declarations; nil comes out as NO_VALUE."""
        evaluate = self._commands(pipeline)
        if not pipeline.variables:
            return evaluate
        slots = [self._target(name, pipeline) for name in pipeline.variables]
        site = self.site(pipeline)

        def assign(frame: Frame, dot: Any) -> Any:
            value = evaluate(frame, dot)
            for slot in slots:
                if slot is None:
                    raise site.error("assignment to an undefined variable")
                frame.variables[slot] = value
            return value

        return assign

    def _target(self, name: str, pipeline: Pipeline) -> int | None:
        return self.scope.slot(name) if pipeline.assigns else self.scope.declare(name)

    def _commands(self, pipeline: Pipeline) -> Evaluate:
        first = self._first(pipeline.commands[0])
        stages = tuple(self._stage(command) for command in pipeline.commands[1:])
        weight = sum(len(command.operands) for command in pipeline.commands)

        def evaluate(frame: Frame, dot: Any) -> Any:
            frame.ctx.step(weight)
            value = first(frame, dot)
            for stage in stages:
                value = stage(frame, dot, NO_VALUE if value is None else value)
            return NO_VALUE if value is None else value

        return evaluate

    def _first(self, command: Command) -> Evaluate:
        """Compile the first command of a pipeline, which gets no value from another."""
        head, arguments = command.operands[0], command.operands[1:]
        if isinstance(head, Identifier):
            return self._calls.function(head, command, arguments)
        if not arguments:
            return self._nil_command(head) if isinstance(head, Nil) else self.operand(head)
        with_final = self._with_arguments(head, command, arguments, has_final=False)
        return lambda frame, dot: with_final(frame, dot, None)

    def _stage(self, command: Command) -> EvaluateFinal:
        """Compile a command that gets the previous one's value as its last argument."""
        head, arguments = command.operands[0], command.operands[1:]
        if isinstance(head, Identifier):
            return self._calls.stage(head, command, arguments)
        return self._with_arguments(head, command, arguments, has_final=True)

    def _nil_command(self, head: Operand) -> Evaluate:
        site = self.site(head)

        def fail(_frame: Frame, _dot: Any) -> Any:
            raise site.error("nil is not a command", "write the value itself, or leave the action out")

        return fail

    def _with_arguments(
        self, head: Operand, command: Command, arguments: tuple[Operand, ...], *, has_final: bool
    ) -> EvaluateFinal:
        """Compile a field, variable or chain that is given arguments: only a method takes them."""
        if not isinstance(head, Field | Variable | Chain) or not head.names:
            return self._not_a_function(head)
        receiver = self._receiver(head)
        name, site = head.names[-1], self.site(command)
        bound: dict[int, tuple[Function, EvaluateFinal]] = {}

        def call(frame: Frame, dot: Any, final: Any) -> Any:
            target = receiver(frame, dot)
            method = method_of(target, name)
            if method is None:
                value = field_of(frame, target, name, site, strict=self._strict)
                if target is NO_VALUE:
                    return value
                raise site.error(f"{name} is not a method but has arguments")
            if id(method) not in bound:
                bound[id(method)] = (method, self._calls.method(method, command, arguments, has_final=has_final))
            return bound[id(method)][1](frame, dot, (target, final))

        return call

    def _not_a_function(self, head: Operand) -> EvaluateFinal:
        site = self.site(head)

        def fail(_frame: Frame, _dot: Any, _final: Any) -> Any:
            raise site.error("can't give argument to non-function", "only functions and methods take arguments")

        return fail

    def operand(self, node: Operand) -> Evaluate:
        """Compile an operand that stands alone."""
        match node:
            case Dot():
                return lambda _frame, dot: dot
            case Field():
                return self._fields(lambda _frame, dot: dot, node.names, node)
            case Variable():
                return self._fields(self._variable(node), node.names, node)
            case Chain():
                return self._fields(self.operand(node.operand), node.names, node)
            case Pipeline():
                return self.pipeline(node)
            case Identifier():
                return self._calls.function(node, node, ())
            case Nil():
                return lambda _frame, _dot: None
        return self._constant(node)

    def _constant(self, node: Bool | String | Number) -> Evaluate:
        if not isinstance(node, Number):
            value = node.value
            return lambda _frame, _dot: value
        site = self.site(node)
        try:
            number = number_value(node, site)
        except ExecError:
            # A number that overflows is no error before it is evaluated.
            return lambda _frame, _dot: number_value(node, site)
        return lambda _frame, _dot: number

    def _variable(self, node: Variable) -> Evaluate:
        slot, site, name = self.scope.slot(node.name), self.site(node), node.name

        def read(frame: Frame, _dot: Any) -> Any:
            value = UNSET if slot is None else frame.variables[slot]
            if value is UNSET:
                raise site.error(f"undefined variable: {name}", "its declaration is in a branch that did not run")
            return value

        return read

    def _receiver(self, node: Field | Variable | Chain) -> Evaluate:
        """Compile all but the last name of a chain of fields."""
        names = node.names[:-1]
        if isinstance(node, Field):
            return self._fields(lambda _frame, dot: dot, names, node)
        if isinstance(node, Variable):
            return self._fields(self._variable(node), names, node)
        return self._fields(self.operand(node.operand), names, node)

    def _fields(self, receiver: Evaluate, names: tuple[str, ...], node: Operand) -> Evaluate:
        site = self.site(node)
        for name in names:
            receiver = self._field(receiver, name, site)
        return receiver

    def _field(self, receiver: Evaluate, name: str, site: Site) -> Evaluate:
        key = name.encode("utf-8", "surrogateescape")
        strict, calls = self._strict, self._calls
        bound: dict[int, tuple[Function, EvaluateFinal]] = {}

        def read(frame: Frame, dot: Any) -> Any:
            target = receiver(frame, dot)
            if type(target) is GoMap and key in target.entries:
                return target.entries[key]
            method = method_of(target, name)
            if method is None:
                return field_of(frame, target, name, site, strict=strict)
            if id(method) not in bound:
                bound[id(method)] = (method, calls.bare_method(method, site))
            return bound[id(method)][1](frame, dot, (target, None))

        return read
