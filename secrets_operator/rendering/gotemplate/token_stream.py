"""The parser's view of the tokens: look-ahead, expectations, bounds, and errors at a token.

In: the source and ``CompileLimits``. Out: tokens; ParseError with line, column and the text at fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from secrets_operator.rendering.gotemplate.errors import ParseError
from secrets_operator.rendering.gotemplate.formatting.quoting import unquote
from secrets_operator.rendering.gotemplate.lexer import Lexer
from secrets_operator.rendering.gotemplate.limits import CompileLimits
from secrets_operator.rendering.gotemplate.source_map import SourceMap
from secrets_operator.rendering.gotemplate.tokens import Token, TokenType


class TokenStream:
    """Tokens with as much look-ahead as the grammar wants."""

    def __init__(self, source_map: SourceMap, delimiters: tuple[str, str], limits: CompileLimits) -> None:
        self.source = source_map.source
        self._map = source_map
        self._tokens = Lexer(self.source, delimiters).tokens()
        self._pending: deque[Token] = deque()
        self._limits = limits
        self._nesting = 0
        self._nodes = 0

    def next(self) -> Token:
        """Take the next token; a lexical error is raised here."""
        token = self._pending.popleft() if self._pending else next(self._tokens)
        if token.type is TokenType.ERROR:
            self.fail(token.text, token)
        return token

    def push_back(self, *tokens: Token) -> None:
        """Give tokens back; the first of them comes first again."""
        self._pending.extendleft(reversed(tokens))

    def peek(self) -> Token:
        """Return the next token without taking it."""
        token = self.next()
        self.push_back(token)
        return token

    def next_significant(self) -> Token:
        """Take the next token that is no space."""
        token = self.next()
        while token.type is TokenType.SPACE:
            token = self.next()
        return token

    def peek_significant(self) -> Token:
        """Return the next token that is no space, dropping the spaces before it."""
        token = self.next_significant()
        self.push_back(token)
        return token

    def expect(self, kind: TokenType, context: str) -> Token:
        """Take the next token that is no space, which must be of this type."""
        token = self.next_significant()
        if token.type is not kind:
            self.unexpected(token, context)
        return token

    def string(self, token: Token) -> bytes:
        """Return what a string literal stands for."""
        try:
            return unquote(token.text)
        except ValueError:
            self.fail("invalid escape in a string literal", token)

    def count_node(self, token: Token) -> None:
        """Count a node of the tree against the bound."""
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            self.fail(f"the template has more than {self._limits.nodes} parts", token)

    @contextmanager
    def nested(self, token: Token) -> Iterator[None]:
        """Go one level deeper into blocks and parentheses, within the bound."""
        self._nesting += 1
        if self._nesting > self._limits.nesting:
            self.fail(f"blocks and parentheses nest deeper than {self._limits.nesting} levels", token)
        yield
        self._nesting -= 1

    def unexpected(self, token: Token, context: str, *, hint: str = "") -> NoReturn:
        """Complain about a token that the grammar has no place for."""
        shown = token.text if token.type is TokenType.EOF else f"<{token.text[:40]}>"
        self.fail(f"unexpected {shown} in {context}", token, hint=hint)

    def fail(self, problem: str, token: Token, *, hint: str = "") -> NoReturn:
        """Raise ParseError at a token."""
        raise ParseError(problem, place=self._map.place(token.offset), hint=hint)
