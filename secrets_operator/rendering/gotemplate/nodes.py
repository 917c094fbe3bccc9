"""The syntax tree of a template.

Statements make up ``Block`` tuples; expressions make up pipelines. ``offset`` is where a node begins in the source and
``end`` where it ends, so that an error can show the text between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in the tree, with its extent in the source."""

    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class Dot(Node):
    """``.``"""


@dataclass(frozen=True, slots=True)
class Nil(Node):
    """``nil``"""


@dataclass(frozen=True, slots=True)
class Bool(Node):
    """``true`` or ``false``"""

    value: bool


@dataclass(frozen=True, slots=True)
class String(Node):
    """A string literal, quoted or raw."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number or character literal, as every kind of number that it can stand for."""

    text: str
    integer: int | None = None
    unsigned: int | None = None
    floating: float | None = None
    imaginary: complex | None = None


@dataclass(frozen=True, slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """``.A.B``: fields of dot."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """``$x.A``: a variable (its name holds the ``$``) and fields of it."""

    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """``(pipeline).A`` or ``function.A``: fields of what an expression gives."""

    operand: Pipeline | Identifier
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command(Node):
    """An operand and its arguments."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    """Commands, each getting the last one's value as its last argument, and variables that take the result."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    assigns: bool = False


Operand: TypeAlias = Dot | Nil | Bool | String | Number | Identifier | Field | Variable | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Text between actions."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Action(Node):
    """A pipeline whose value is printed unless it declares or assigns."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Break(Node):
    """``break``"""


@dataclass(frozen=True, slots=True)
class Continue(Node):
    """``continue``"""


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """``if``, ``with`` or ``range`` (the keyword): a condition, its block and the block of its ``else``."""

    keyword: str
    pipeline: Pipeline
    block: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class TemplateCall(Node):
    """``template "name" pipeline``, and what stands for ``block``."""

    name: str
    pipeline: Pipeline | None


Statement: TypeAlias = Text | Action | Break | Continue | Branch | TemplateCall
Block: TypeAlias = tuple[Statement, ...]


@dataclass(slots=True)
class Tree:
    """A parsed source: the blocks of its templates by name."""

    source: str
    templates: dict[str, Block] = field(default_factory=dict)


def is_empty(block: Block) -> bool:
    """Say whether a block holds nothing but white space, which lets another definition take its place."""
    return all(isinstance(node, Text) and not node.data.decode("utf-8", "surrogateescape").strip() for node in block)
