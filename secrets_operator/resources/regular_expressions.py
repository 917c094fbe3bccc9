"""Regular expressions in Go's syntax (RE2): the fields that hold one mean what they mean to a Go program.

Matching takes time linear in the text whatever the expression is, so an expression of a user cannot stall the operator.
"""

from __future__ import annotations

from typing import Protocol, cast

import re2


class RegexpError(ValueError):
    """The text is no regular expression; the message says what is wrong with it."""


class Match(Protocol):
    """One match in a text of bytes."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Return where a group begins and ends; (-1, -1) when it took no part."""
        ...


class Regexp(Protocol):
    """A compiled expression that searches texts of bytes."""

    @property
    def groups(self) -> int:
        """How many groups there are."""
        ...

    @property
    def groupindex(self) -> dict[str, int]:
        """The numbers of the groups that have a name."""
        ...

    def search(self, text: bytes, pos: int = 0) -> Match | None:
        """Return the first match that begins at ``pos`` or later."""
        ...


def compile_regexp(pattern: str) -> Regexp:
    """Compile ``pattern``; raise RegexpError when RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False  # the library would print the expression on stderr
    try:
        return cast("Regexp", re2.compile(pattern, options))
    except re2.error as error:
        (reason,) = error.args
        message = f"is no regular expression in the syntax of RE2: {reason.decode(errors='replace')}"
    except UnicodeEncodeError:
        message = "is no regular expression in the syntax of RE2: it is no text in Unicode"
    raise RegexpError(message)
