"""Pipelines, commands and operands: what stands inside an action.

In: a ``TokenStream`` and the names of functions. Out: ``Pipeline`` nodes. Keeps the variables in scope, since using an
undefined one is an error of the parser in Go, too.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

from secrets_operator.rendering.gotemplate.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipeline,
    String,
    Variable,
)
from secrets_operator.rendering.gotemplate.number_literals import read_character, read_complex, read_number
from secrets_operator.rendering.gotemplate.scope import Scope
from secrets_operator.rendering.gotemplate.token_stream import TokenStream
from secrets_operator.rendering.gotemplate.tokens import Token, TokenType

_OPERANDS: Final = frozenset(
    {
        TokenType.BOOL,
        TokenType.CHAR_CONSTANT,
        TokenType.COMPLEX,
        TokenType.DOT,
        TokenType.FIELD,
        TokenType.IDENTIFIER,
        TokenType.NUMBER,
        TokenType.NIL,
        TokenType.RAW_STRING,
        TokenType.STRING,
        TokenType.VARIABLE,
        TokenType.LEFT_PAREN,
    }
)
_NUMBERS: Final = {
    TokenType.NUMBER: read_number,
    TokenType.COMPLEX: read_complex,
    TokenType.CHAR_CONSTANT: read_character,
}
_HELM: Final = "it is a function of Helm, which this is not"
_ADVICE: Final = {
    "toBytes": "values are byte strings already; leave it out",
    "pemPrivateKey": 'use filterPEM "PRIVATE KEY"',
    "pemCertificate": 'use filterPEM "CERTIFICATE"',
    "base64encode": "use b64enc",
    "base64decode": "use b64dec",
    "fromJSON": "use fromJson",
    "toJSON": "use toJson",
    "env": "templates cannot read the environment",
    "expandenv": "templates cannot read the environment",
    "getHostByName": "templates cannot use the network",
    "include": _HELM,
    "tpl": _HELM,
    "required": _HELM,
    "lookup": _HELM,
}
"""What to do about functions that people look for."""


class PipelineParser:
    """Parses pipelines and knows which variables there are."""

    def __init__(self, stream: TokenStream, functions: frozenset[str]) -> None:
        self._stream = stream
        self._functions = functions
        self._variables = Scope()
        self._readers: Mapping[TokenType, Callable[[Token], Operand]] = {
            TokenType.IDENTIFIER: self._identifier,
            TokenType.VARIABLE: self._variable,
            TokenType.LEFT_PAREN: self._parenthesized,
            TokenType.STRING: self._string,
            TokenType.RAW_STRING: self._string,
            TokenType.DOT: self._word,
            TokenType.NIL: self._word,
            TokenType.BOOL: self._word,
            TokenType.FIELD: self._word,
            **dict.fromkeys(_NUMBERS, self._number),
        }

    def variable_scope(self) -> AbstractContextManager[None]:
        """Forget at the end what was declared within."""
        return self._variables.nested()

    @contextmanager
    def fresh_variables(self) -> Iterator[None]:
        """Parse the body of another template, where only ``$`` is defined."""
        outer, self._variables = self._variables, Scope()
        yield
        self._variables = outer

    def pipeline(self, context: str, closing: TokenType) -> Pipeline:
        """Parse up to the closing token: declarations, then commands."""
        start = self._stream.peek_significant()
        names, assigns = self._declarations(context)
        commands: list[Command] = []
        while True:
            token = self._stream.next_significant()
            if token.type is closing:
                break
            if token.type not in _OPERANDS:
                self._stream.unexpected(token, context)
            self._stream.push_back(token)
            commands.append(self._command())
        self._check(commands, context, token)
        end = token.offset + 1 if closing is TokenType.RIGHT_PAREN else commands[-1].end
        return Pipeline(start.offset, end, tuple(commands), names, assigns)

    def _check(self, commands: list[Command], context: str, end: Token) -> None:
        if not commands:
            self._stream.fail(f"missing value for {context}", end)
        for number, command in enumerate(commands[1:], start=2):
            if isinstance(command.operands[0], Bool | Dot | Nil | Number | String):
                self._stream.fail(
                    f"non executable command in pipeline stage {number}",
                    Token(TokenType.ERROR, "", command.offset),
                    hint="what follows | must be a function",
                )

    def _declarations(self, context: str) -> tuple[tuple[str, ...], bool]:
        names: list[str] = []
        while self._stream.peek_significant().type is TokenType.VARIABLE:
            variable = self._stream.next()
            gap = self._stream.peek()
            token = self._stream.peek_significant()
            if token.type in {TokenType.ASSIGN, TokenType.DECLARE}:
                self._stream.next()
                self._declare(variable.text, names)
                return tuple(names), token.type is TokenType.ASSIGN
            if token.type is TokenType.CHAR and token.text == ",":
                self._stream.next()
                self._declare(variable.text, names)
                self._check_second(context, names, token)
                continue
            # The space matters: it separates the variable from the next argument.
            self._stream.push_back(variable, *((gap,) if gap.type is TokenType.SPACE else ()))
            break
        return tuple(names), False

    def _declare(self, name: str, names: list[str]) -> None:
        names.append(name)
        self._variables.declare(name)

    def _check_second(self, context: str, names: list[str], token: Token) -> None:
        if context != "range" or len(names) > 1:
            self._stream.fail(f"too many declarations in {context}", token)
        following = self._stream.peek_significant().type
        if following not in {TokenType.VARIABLE, TokenType.RIGHT_DELIMITER, TokenType.RIGHT_PAREN}:
            self._stream.fail("range can only initialize variables", token)

    def _command(self) -> Command:
        operands: list[Operand] = []
        start = self._stream.peek_significant()
        while True:
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._stream.next()
            if token.type is TokenType.SPACE:
                continue
            if token.type in {TokenType.RIGHT_DELIMITER, TokenType.RIGHT_PAREN}:
                self._stream.push_back(token)
            elif token.type is not TokenType.PIPE:
                self._stream.unexpected(token, "operand")
            break
        if not operands:
            self._stream.fail("empty command", start)
        return Command(operands[0].offset, operands[-1].end, tuple(operands))

    def _operand(self) -> Operand | None:
        operand = self._term()
        if operand is None or self._stream.peek().type is not TokenType.FIELD:
            return operand
        names: list[str] = []
        while self._stream.peek().type is TokenType.FIELD:
            token = self._stream.next()
            self._stream.count_node(token)
            names.append(token.text[1:])
        end = token.offset + len(token.text)
        if isinstance(operand, Field):
            return Field(operand.offset, end, (*operand.names, *names))
        if isinstance(operand, Variable):
            return Variable(operand.offset, end, operand.name, (*operand.names, *names))
        if not isinstance(operand, Pipeline | Identifier):
            self._stream.fail("unexpected . after term", token)
        return Chain(operand.offset, end, operand, tuple(names))

    def _term(self) -> Operand | None:
        token = self._stream.next_significant()
        if token.type not in _OPERANDS:
            self._stream.push_back(token)
            return None
        self._stream.count_node(token)
        return self._readers[token.type](token)

    def _parenthesized(self, token: Token) -> Pipeline:
        with self._stream.nested(token):
            inner = self.pipeline("parenthesized pipeline", TokenType.RIGHT_PAREN)
        return replace(inner, offset=token.offset)

    def _word(self, token: Token) -> Operand:
        """Read a term that is what it looks like: a dot, nil, a boolean, a field."""
        start, end = token.offset, token.offset + len(token.text)
        if token.type is TokenType.DOT:
            return Dot(start, end)
        if token.type is TokenType.NIL:
            return Nil(start, end)
        if token.type is TokenType.BOOL:
            return Bool(start, end, token.text == "true")
        return Field(start, end, (token.text[1:],))

    def _string(self, token: Token) -> String:
        return String(token.offset, token.offset + len(token.text), self._stream.string(token))

    def _identifier(self, token: Token) -> Identifier:
        if token.text not in self._functions:
            self._stream.fail(f'function "{token.text}" not defined', token, hint=self._hint(token.text))
        return Identifier(token.offset, token.offset + len(token.text), token.text)

    def _hint(self, name: str) -> str:
        if name in _ADVICE:
            return _ADVICE[name]
        close = difflib.get_close_matches(name, sorted(self._functions), n=1, cutoff=0.8)
        if close:
            return f"did you mean {close[0]}?"
        return f"a key of the data is written .{name}"

    def _variable(self, token: Token) -> Variable:
        if self._variables.slot(token.text) is None:
            hint = f"declare it first: {token.text} := ..."
            self._stream.fail(f'undefined variable "{token.text}"', token, hint=hint)
        return Variable(token.offset, token.offset + len(token.text), token.text)

    def _number(self, token: Token) -> Number:
        try:
            values = _NUMBERS[token.type](token.text)
        except ValueError as error:
            self._stream.fail(f"{error}: {token.text[:40]}", token)
        return Number(token.offset, token.offset + len(token.text), token.text, *values)
