"""Tokens to the syntax tree: what text/template's parser accepts, and errors that say where and what to do.

In: source, the names of the functions there are, delimiters and ``CompileLimits``. Out: ``Tree``, or ParseError.
Pipelines are parsed in ``pipeline_parser.py``; this module parses text, blocks and definitions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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
    is_empty,
)
from secrets_operator.rendering.gotemplate.pipeline_parser import PipelineParser
from secrets_operator.rendering.gotemplate.token_stream import TokenStream
from secrets_operator.rendering.gotemplate.tokens import Token, TokenType

_CLAUSES: Final = {TokenType.IF: "if", TokenType.WITH: "with", TokenType.RANGE: "range"}


class Parser:
    """Parses one source with all definitions in it."""

    def __init__(self, stream: TokenStream, functions: frozenset[str], name: str) -> None:
        self.stream = stream
        self.tree = Tree(stream.source)
        self._name = name
        self._pipelines = PipelineParser(stream, functions)
        self._range_depth = 0
        self._actions: dict[TokenType, Callable[[Token], Statement]] = {
            TokenType.IF: self._branch,
            TokenType.WITH: self._branch,
            TokenType.RANGE: self._branch,
            TokenType.BREAK: self._leave_range,
            TokenType.CONTINUE: self._leave_range,
            TokenType.TEMPLATE: self._template_call,
            TokenType.BLOCK: self._block_definition,
        }

    def parse(self) -> Tree:
        """Parse the whole source; the main template bears the name given."""
        statements: list[Statement] = []
        while self.stream.peek().type is not TokenType.EOF:
            token = self.stream.next()
            if token.type is TokenType.LEFT_DELIMITER and self.stream.peek_significant().type is TokenType.DEFINE:
                self._definition()
                continue
            statement, ending = self._statement(token)
            if ending is not None:
                self.stream.fail(f"unexpected {{{{{ending.text}}}}}", ending, hint="there is no open block to end here")
            if statement is not None:
                statements.append(statement)
        self._add(self._name, tuple(statements), self.stream.peek())
        return self.tree

    def _add(self, name: str, block: Block, token: Token) -> None:
        existing = self.tree.templates.get(name)
        if existing is None or is_empty(existing):
            self.tree.templates[name] = block
        elif not is_empty(block):
            self.stream.fail(f'multiple definition of template "{name}"', token)

    def _definition(self) -> None:
        self.stream.next_significant()
        name, token = self._template_name("define clause")
        self.stream.expect(TokenType.RIGHT_DELIMITER, "define clause")
        self._add(name, self._own_block(token, "define"), token)

    def _own_block(self, opening: Token, clause: str) -> Block:
        """Parse the body of a define or block: it sees none of the variables and loops around it."""
        outer_range_depth, self._range_depth = self._range_depth, 0
        with self._pipelines.fresh_variables():
            body, ending = self._list(opening, clause)
        self._range_depth = outer_range_depth
        if ending.type is not TokenType.END:
            self.stream.fail(f"unexpected {{{{else}}}} in {clause} clause", ending)
        return body

    def _list(self, opening: Token, clause: str) -> tuple[Block, Token]:
        """Parse up to an end or else: the statements, and the END or ELSE token."""
        statements: list[Statement] = []
        with self.stream.nested(opening):
            while True:
                token = self.stream.next_significant()
                if token.type is TokenType.EOF:
                    self.stream.fail(
                        f"unexpected end of template: {{{{{clause}}}}} is not closed",
                        opening,
                        hint="add {{end}}",
                    )
                statement, ending = self._statement(token)
                if ending is not None:
                    return tuple(statements), ending
                if statement is not None:
                    statements.append(statement)

    def _statement(self, token: Token) -> tuple[Statement | None, Token | None]:
        self.stream.count_node(token)
        if token.type is TokenType.TEXT:
            return Text(token.offset, token.offset, token.text.encode("utf-8", "surrogateescape")), None
        if token.type is not TokenType.LEFT_DELIMITER:
            self.stream.unexpected(token, "input")
        following = self.stream.peek_significant()
        if following.type is TokenType.END:
            self.stream.next_significant()
            self.stream.expect(TokenType.RIGHT_DELIMITER, "end")
            return None, following
        if following.type is TokenType.ELSE:
            return None, self._else()
        handler = self._actions.get(following.type)
        if handler is not None:
            return handler(self.stream.next_significant()), None
        pipeline = self._pipelines.pipeline("command", TokenType.RIGHT_DELIMITER)
        return Action(pipeline.offset, pipeline.end, pipeline), None

    def _else(self) -> Token:
        token = self.stream.next_significant()
        if self.stream.peek_significant().type not in {TokenType.IF, TokenType.WITH}:
            self.stream.expect(TokenType.RIGHT_DELIMITER, "else")
        return token

    def _leave_range(self, token: Token) -> Statement:
        end = self.stream.expect(TokenType.RIGHT_DELIMITER, f"{{{{{token.text}}}}}")
        if not self._range_depth:
            self.stream.fail(f"{{{{{token.text}}}}} outside {{{{range}}}}", token)
        node = Break if token.type is TokenType.BREAK else Continue
        return node(token.offset, end.offset)

    def _branch(self, token: Token) -> Statement:
        """Parse if, with or range; an else-if chain becomes nested branches without nesting calls."""
        with self._pipelines.variable_scope():
            links = [self._link(token)]
            while links[-1][3] is not None:
                chained = self.stream.peek_significant()
                if chained.type not in {TokenType.IF, TokenType.WITH}:
                    break
                if chained.type is not token.type:
                    self.stream.unexpected(chained, f"else of {{{{{token.text}}}}}")
                links.append(self._link(self.stream.next_significant()))
            otherwise = self._final_else(token) if links[-1][3] is not None else None
        return self._folded(links, otherwise)

    def _link(self, token: Token) -> tuple[Token, Action, Block, Token | None]:
        clause = _CLAUSES[token.type]
        pipeline = self._pipelines.pipeline(clause, TokenType.RIGHT_DELIMITER)
        self._range_depth += token.type is TokenType.RANGE
        block, ending = self._list(token, clause)
        self._range_depth -= token.type is TokenType.RANGE
        condition = Action(pipeline.offset, pipeline.end, pipeline)
        return token, condition, block, ending if ending.type is TokenType.ELSE else None

    def _final_else(self, token: Token) -> Block:
        block, ending = self._list(token, _CLAUSES[token.type])
        if ending.type is not TokenType.END:
            self.stream.fail("expected {{end}}; found a second {{else}}", ending)
        return block

    def _folded(self, links: list[tuple[Token, Action, Block, Token | None]], otherwise: Block | None) -> Statement:
        branch: Branch | None = None
        for token, condition, block, _ in reversed(links):
            if branch is not None:
                otherwise = (branch,)
            branch = Branch(condition.offset, condition.end, _CLAUSES[token.type], condition.pipeline, block, otherwise)
        assert branch is not None
        return branch

    def _template_call(self, token: Token) -> Statement:
        name, _ = self._template_name("template clause")
        pipeline = None
        if self.stream.peek_significant().type is TokenType.RIGHT_DELIMITER:
            end = self.stream.next_significant().offset
        else:
            pipeline = self._pipelines.pipeline("template clause", TokenType.RIGHT_DELIMITER)
            end = pipeline.end
        return TemplateCall(token.offset, end, name, pipeline)

    def _block_definition(self, token: Token) -> Statement:
        name, name_token = self._template_name("block clause")
        pipeline = self._pipelines.pipeline("block clause", TokenType.RIGHT_DELIMITER)
        self._add(name, self._own_block(token, "block"), name_token)
        return TemplateCall(token.offset, pipeline.end, name, pipeline)

    def _template_name(self, context: str) -> tuple[str, Token]:
        token = self.stream.next_significant()
        if token.type not in {TokenType.STRING, TokenType.RAW_STRING}:
            self.stream.unexpected(token, context, hint="the name of a template is a string literal")
        return self.stream.string(token).decode("utf-8", "surrogateescape"), token
