"""Template source to tokens, lazily: text, delimiters with their trim markers, comments, and what stands in actions.

In: source as text, where a byte that is not UTF-8 is a lone surrogate. Out: tokens, the last of them EOF or ERROR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from secrets_operator.rendering.gotemplate.tokens import KEYWORDS, Token, TokenType

_SPACES: Final = " \t\r\n"
_TRIM_LEFT: Final = re.compile(r"-[ \t\r\n]")
_TRIM_RIGHT: Final = re.compile(r"[ \t\r\n]-")
_SPACE_RUN: Final = re.compile(r"[ \t\r\n]+")
_WORD: Final = re.compile(r"\w+")
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]++|\\[^\n])*+"')
_CHARACTER: Final = re.compile(r"'(?:[^'\\\n]++|\\[^\n])*+'")
_NUMBER: Final = re.compile(
    r"[+-]?(?:"
    r"0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?"
    r")i?"
)
_SINGLE: Final = {
    "=": TokenType.ASSIGN,
    "|": TokenType.PIPE,
    "(": TokenType.LEFT_PAREN,
    ")": TokenType.RIGHT_PAREN,
}


class Lexer:
    """The tokens of one source, one at a time."""

    def __init__(self, source: str, delimiters: tuple[str, str]) -> None:
        self.source = source
        self.left, self.right = delimiters
        self.position = 0
        self._parens = 0
        self._inside = False

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens; EOF or ERROR is the last."""
        while True:
            token = self._action_token() if self._inside else self._text_token()
            if token is None:
                continue
            yield token
            if token.type in {TokenType.EOF, TokenType.ERROR}:
                return

    def _take(self, kind: TokenType, end: int) -> Token:
        token = Token(kind, self.source[self.position : end], self.position)
        self.position = end
        return token

    def _error(self, problem: str, at: int | None = None) -> Token:
        return Token(TokenType.ERROR, problem, self.position if at is None else at)

    def _text_token(self) -> Token | None:
        if self.position == len(self.source):
            return Token(TokenType.EOF, "end of template", self.position)
        opening = self.source.find(self.left, self.position)
        if opening < 0:
            return self._take(TokenType.TEXT, len(self.source))
        if opening == self.position:
            return self._left_delimiter()
        text = self.source[self.position : opening]
        if _TRIM_LEFT.match(self.source, opening + len(self.left)):
            text = text.rstrip(_SPACES)
        token = Token(TokenType.TEXT, text, self.position)
        self.position = opening
        return token if text else None

    def _left_delimiter(self) -> Token | None:
        start = self.position
        after = start + len(self.left)
        after += 2 if _TRIM_LEFT.match(self.source, after) else 0
        if self.source.startswith("/*", after):
            return self._comment(after)
        self.position = after
        self._inside = True
        self._parens = 0
        return Token(TokenType.LEFT_DELIMITER, self.left, start)

    def _comment(self, start: int) -> Token | None:
        end = self.source.find("*/", start + 2)
        if end < 0:
            return self._error("unclosed comment: it wants */ and the right delimiter right after it")
        closing = self._right_delimiter_at(end + 2)
        if closing is None:
            return self._error("comment ends before closing delimiter: nothing may stand between */ and it")
        self.position = closing
        return None

    def _right_delimiter_at(self, position: int) -> int | None:
        """Return where the text goes on behind a right delimiter here, or None where there is none."""
        if _TRIM_RIGHT.match(self.source, position) and self.source.startswith(self.right, position + 2):
            end = position + 2 + len(self.right)
            spaces = _SPACE_RUN.match(self.source, end)
            return spaces.end() if spaces else end
        return position + len(self.right) if self.source.startswith(self.right, position) else None

    def _action_token(self) -> Token | None:
        end = self._right_delimiter_at(self.position)
        if end is not None:
            return self._right_delimiter(end)
        char = self.source[self.position : self.position + 1]
        if not char:
            return self._error(f"unclosed action: {self.right} is missing")
        if char in _SPACES:
            return self._space()
        if char in _SINGLE:
            return self._single(char)
        if char in "\"'`":
            return self._literal(char)
        return self._operand(char)

    def _right_delimiter(self, end: int) -> Token:
        if self._parens:
            return self._error("unclosed left paren")
        self._inside = False
        return self._take(TokenType.RIGHT_DELIMITER, end)

    def _space(self) -> Token | None:
        run = _SPACE_RUN.match(self.source, self.position)
        end = run.end() if run else self.position + 1
        # The last space may belong to a trimming right delimiter.
        if self._right_delimiter_at(end - 1) is not None and self.source[end : end + 1] == "-":
            end -= 1
        return self._take(TokenType.SPACE, end) if end > self.position else None

    def _single(self, char: str) -> Token:
        self._parens += (char == "(") - (char == ")")
        if self._parens < 0:
            return self._error("unexpected right paren")
        return self._take(_SINGLE[char], self.position + 1)

    def _literal(self, mark: str) -> Token:
        if mark == "`":
            end = self.source.find("`", self.position + 1)
            if end < 0:
                return self._error("unterminated raw quoted string")
            return self._take(TokenType.RAW_STRING, end + 1)
        pattern, kind, name = (
            (_QUOTED, TokenType.STRING, "quoted string")
            if mark == '"'
            else (_CHARACTER, TokenType.CHAR_CONSTANT, "character constant")
        )
        match = pattern.match(self.source, self.position)
        return self._take(kind, match.end()) if match else self._error(f"unterminated {name}")

    def _operand(self, char: str) -> Token:
        following = self.source[self.position + 1 : self.position + 2]
        if char == ":":
            declares = following == "="
            return self._take(TokenType.DECLARE, self.position + 2) if declares else self._error("expected :=")
        if char == "$":
            return self._name(TokenType.VARIABLE, TokenType.VARIABLE)
        if char == "." and not "0" <= following <= "9":
            return self._name(TokenType.FIELD, TokenType.DOT)
        if char in "+-." or "0" <= char <= "9":
            return self._number()
        if is_alphanumeric(char):
            return self._identifier()
        if char.isascii() and char.isprintable():
            return self._take(TokenType.CHAR, self.position + 1)
        return self._error(f"unrecognized character in action: U+{_code(char):04X}")

    def _name(self, kind: TokenType, alone: TokenType) -> Token:
        if self._terminated(self.position + 1):
            return self._take(alone, self.position + 1)
        end = self._word_end(self.position + 1)
        return self._take(kind, end) if self._terminated(end) else self._bad_character(end)

    def _identifier(self) -> Token:
        end = self._word_end(self.position)
        if not self._terminated(end):
            return self._bad_character(end)
        return self._take(KEYWORDS.get(self.source[self.position : end], TokenType.IDENTIFIER), end)

    def _word_end(self, start: int) -> int:
        match = _WORD.match(self.source, start)
        if match is None:
            return start
        word = match.group()
        if word.isascii():
            return match.end()
        return next((start + i for i, char in enumerate(word) if not is_alphanumeric(char)), match.end())

    def _terminated(self, position: int) -> bool:
        char = self.source[position : position + 1]
        return not char or char in " \t\r\n.,|:)(" or self.source.startswith(self.right, position)

    def _bad_character(self, position: int) -> Token:
        char = self.source[position]
        shown = f" {char!r}" if char.isprintable() else ""
        problem = f"bad character U+{_code(char):04X}{shown} after a name"
        advice = '; a key that is no plain name is read with index, as in index . "some-key"'
        return self._error(problem + advice, position)

    def _number(self) -> Token:
        end = self._number_end(self.position)
        if end is not None and self.source[end : end + 1] in {"+", "-"}:
            end = self._number_end(end)
            end = end if end is not None and self.source[end - 1] == "i" else None
            kind = TokenType.COMPLEX
        else:
            kind = TokenType.NUMBER
        return self._take(kind, end) if end is not None else self._error("bad number syntax")

    def _number_end(self, start: int) -> int | None:
        match = _NUMBER.match(self.source, start)
        end = match.end() if match else start
        following = self.source[end : end + 1]
        return None if following and is_alphanumeric(following) else end


def is_alphanumeric(char: str) -> bool:
    """Say whether a character may be part of a name: a letter, a decimal digit or an underscore, as Go counts them."""
    return char == "_" or unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"}


def _code(char: str) -> int:
    return 0xFFFD if 0xDC80 <= ord(char) <= 0xDCFF else ord(char)
