"""The syntax tree as closures: a template compiled once, run many times.

In: ``Tree`` and the function map. Out: ``CompiledTemplate`` by name. A statement's closure prints and returns how its
block goes on: ``GO_ON``, ``BREAK`` or ``CONTINUE``. Loops are in ``loops.py``, expressions in ``expressions.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from secrets_operator.rendering.gotemplate.errors import ExecError, LimitError
from secrets_operator.rendering.gotemplate.expressions import Expressions
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, UNSET, Execute, Frame, Site
from secrets_operator.rendering.gotemplate.function import FunctionMap
from secrets_operator.rendering.gotemplate.loops import BREAK, CONTINUE, GO_ON, compile_range
from secrets_operator.rendering.gotemplate.nodes import (
    Action,
    Block,
    Branch,
    Break,
    Continue,
    Statement,
    TemplateCall,
    Text,
    Tree,
)
from secrets_operator.rendering.gotemplate.output import print_value
from secrets_operator.rendering.gotemplate.scope import Scope
from secrets_operator.rendering.gotemplate.source_map import SourceMap
from secrets_operator.rendering.gotemplate.truth import is_true


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template's body and how many slots its variables take."""

    execute: Execute
    slots: int

    def run(self, frame: Frame, dot: Any) -> None:
        """Run the body in a new frame one level deeper, where ``$`` is dot."""
        variables = [dot, *(UNSET for _ in range(self.slots - 1))]
        self.execute(Frame(frame.ctx, frame.output, frame.root, frame.depth + 1, variables), dot)


def compile_tree(
    tree: Tree, source_map: SourceMap, functions: FunctionMap, *, strict: bool
) -> dict[str, CompiledTemplate]:
    """Compile every template of a source; they find each other by name when they run, as in Go."""
    templates: dict[str, CompiledTemplate] = {}
    for name, block in tree.templates.items():
        scope = Scope()
        compiler = _Compiler(Expressions(source_map, functions, scope, strict=strict), templates)
        execute = compiler.block(block)
        templates[name] = CompiledTemplate(execute, scope.size)
    return templates


class _Compiler:
    """Compiles the statements of one template."""

    def __init__(self, expressions: Expressions, templates: dict[str, CompiledTemplate]) -> None:
        self._expressions = expressions
        self._templates = templates

    def block(self, block: Block) -> Execute:
        statements = tuple(self._statement(node) for node in block)
        weight = len(statements)

        places = tuple(self._expressions.site(node) for node in block)

        def execute(frame: Frame, dot: Any) -> int:
            number = 0
            try:
                frame.ctx.step(weight)
                for number, statement in enumerate(statements):  # noqa: B007 - the handler below wants the number
                    signal = statement(frame, dot)
                    if signal:
                        return signal
            except LimitError as error:
                if places:
                    places[number].locate(error)
                raise
            return GO_ON

        return execute

    def _statement(self, node: Statement) -> Execute:
        match node:
            case Text():
                return self._text(node)
            case Action():
                return self._action(node)
            case Branch(keyword="range"):
                return self._range(node)
            case Branch():
                return self._if_or_with(node)
            case Break():
                return lambda _frame, _dot: BREAK
            case Continue():
                return lambda _frame, _dot: CONTINUE
            case TemplateCall():
                return self._template_call(node)

    def _text(self, node: Text) -> Execute:
        data = node.data

        def execute(frame: Frame, _dot: Any) -> int:
            frame.write(data)
            return GO_ON

        return execute

    def _action(self, node: Action) -> Execute:
        evaluate, site = self._expressions.pipeline(node.pipeline), self._expressions.site(node)
        if node.pipeline.variables:

            def declare(frame: Frame, dot: Any) -> int:
                evaluate(frame, dot)
                return GO_ON

            return declare

        def execute(frame: Frame, dot: Any) -> int:
            value = evaluate(frame, dot)
            if type(value) is bytes:
                frame.write(value)
            else:
                print_value(frame, value, site)
            return GO_ON

        return execute

    def _if_or_with(self, node: Branch) -> Execute:
        moves_dot = node.keyword == "with"
        with self._expressions.scope.nested():
            condition = self._expressions.pipeline(node.pipeline)
            with self._expressions.scope.nested():
                block = self.block(node.block)
            otherwise = self.block(node.otherwise) if node.otherwise is not None else None

        def execute(frame: Frame, dot: Any) -> int:
            value = condition(frame, dot)
            if is_true(value):
                return block(frame, value if moves_dot else dot)
            return otherwise(frame, dot) if otherwise is not None else GO_ON

        return execute

    def _range(self, node: Branch) -> Execute:
        scope = self._expressions.scope
        with scope.nested():
            pipeline = self._expressions.pipeline(node.pipeline)
            slots = [scope.slot(name) for name in node.pipeline.variables]
            with scope.nested():
                block = self.block(node.block)
            otherwise = self.block(node.otherwise) if node.otherwise is not None else None
        return compile_range(pipeline, slots, (block, otherwise), self._expressions.site(node))

    def _template_call(self, node: TemplateCall) -> Execute:
        site, name, templates = self._expressions.site(node), node.name, self._templates
        pipeline = self._expressions.pipeline(node.pipeline) if node.pipeline else None

        def execute(frame: Frame, dot: Any) -> int:
            template = templates.get(name)
            if template is None:
                raise _undefined(name, templates, site)
            frame.ctx.step()
            if frame.depth >= frame.ctx.limits.depth:
                raise site.limit(f"templates call each other more than {frame.depth} levels deep")
            template.run(frame, NO_VALUE if pipeline is None else pipeline(frame, dot))
            return GO_ON

        return execute


def _undefined(name: str, templates: dict[str, CompiledTemplate], site: Site) -> ExecError:
    others = sorted(f'"{known}"' for known in templates)
    return site.error(f'template "{name}" not defined', f"defined templates are {', '.join(others)}")
