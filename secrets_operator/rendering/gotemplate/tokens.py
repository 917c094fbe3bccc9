"""The tokens of the template language."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, NamedTuple


class TokenType(Enum):
    """What a token is; keywords have types of their own."""

    TEXT = auto()
    LEFT_DELIMITER = auto()
    RIGHT_DELIMITER = auto()
    SPACE = auto()
    IDENTIFIER = auto()
    FIELD = auto()
    VARIABLE = auto()
    DOT = auto()
    BOOL = auto()
    CHAR_CONSTANT = auto()
    NUMBER = auto()
    COMPLEX = auto()
    STRING = auto()
    RAW_STRING = auto()
    PIPE = auto()
    ASSIGN = auto()
    DECLARE = auto()
    LEFT_PAREN = auto()
    RIGHT_PAREN = auto()
    CHAR = auto()
    NIL = auto()
    BLOCK = auto()
    BREAK = auto()
    CONTINUE = auto()
    DEFINE = auto()
    ELSE = auto()
    END = auto()
    IF = auto()
    RANGE = auto()
    TEMPLATE = auto()
    WITH = auto()
    ERROR = auto()
    EOF = auto()


KEYWORDS: Final[Mapping[str, TokenType]] = MappingProxyType(
    {
        "block": TokenType.BLOCK,
        "break": TokenType.BREAK,
        "continue": TokenType.CONTINUE,
        "define": TokenType.DEFINE,
        "else": TokenType.ELSE,
        "end": TokenType.END,
        "if": TokenType.IF,
        "range": TokenType.RANGE,
        "nil": TokenType.NIL,
        "template": TokenType.TEMPLATE,
        "with": TokenType.WITH,
        "true": TokenType.BOOL,
        "false": TokenType.BOOL,
    }
)


class Token(NamedTuple):
    """One token: its text (an ERROR's text is the problem) and its offset in the source."""

    type: TokenType
    text: str
    offset: int
