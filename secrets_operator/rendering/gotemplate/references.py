"""The keys of its data that a template names outright: ``.key``, ``$.key`` and ``index . "key"``.

Where dot is something else (inside ``range`` and ``with``, in other definitions) only ``$`` counts, so nothing is named
that is not meant. What a template computes is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.rendering.gotemplate.dialects import Dialect
from secrets_operator.rendering.gotemplate.limits import CompileLimits
from secrets_operator.rendering.gotemplate.nodes import (
    Action,
    Block,
    Branch,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Node,
    Pipeline,
    String,
    TemplateCall,
    Variable,
)
from secrets_operator.rendering.gotemplate.parser import Parser
from secrets_operator.rendering.gotemplate.registry import functions_of
from secrets_operator.rendering.gotemplate.source_map import SourceMap
from secrets_operator.rendering.gotemplate.token_stream import TokenStream


def named_keys(source: str, *, name: str, dialect: Dialect) -> frozenset[str]:
    """Return the keys a template names; raise ParseError as compiling it does."""
    stream = TokenStream(SourceMap(name, source), ("{{", "}}"), CompileLimits())
    tree = Parser(stream, frozenset(functions_of(dialect)), name).parse()
    return frozenset(_of_block(tree.templates[name], dot_is_root=True))


def _of_block(block: Block, *, dot_is_root: bool) -> Iterator[str]:
    for statement in block:
        match statement:
            case Action():
                yield from _of_node(statement.pipeline, dot_is_root=dot_is_root)
            case Branch():
                yield from _of_node(statement.pipeline, dot_is_root=dot_is_root)
                yield from _of_block(statement.block, dot_is_root=dot_is_root and statement.keyword == "if")
                yield from _of_block(statement.otherwise or (), dot_is_root=dot_is_root)
            case TemplateCall(pipeline=Pipeline() as pipeline):
                yield from _of_node(pipeline, dot_is_root=dot_is_root)


def _of_node(node: Node, *, dot_is_root: bool) -> Iterator[str]:
    match node:
        case Pipeline():
            for command in node.commands:
                yield from _of_command(command, dot_is_root=dot_is_root)
        case Field() if dot_is_root:
            yield node.names[0]
        case Variable(name="$", names=(first, *_)):
            yield first
        case Chain():
            yield from _of_node(node.operand, dot_is_root=dot_is_root)


def _of_command(command: Command, *, dot_is_root: bool) -> Iterator[str]:
    match command.operands:
        case (Identifier(name="index"), Dot(), String(value=key), *_) if dot_is_root:
            yield key.decode("utf-8", "replace")
        case (Identifier(name="index"), Variable(name="$", names=()), String(value=key), *_):
            yield key.decode("utf-8", "replace")
    for operand in command.operands:
        yield from _of_node(operand, dot_is_root=dot_is_root)
