"""Where ``seal`` reads from: the file of ``--secret-file`` or standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from secrets_operator.errors import Terminal


@dataclass(frozen=True, slots=True)
class Source:
    """The input. A named file was read when the command started, standard input is read when it is wanted."""

    content: bytes | None = None

    @classmethod
    def open(cls, path: str) -> Source:
        """Read a named file; an empty path means standard input."""
        if not path:
            return cls()
        try:
            return cls(Path(path).read_bytes())
        except OSError as error:
            raise Terminal(f"Could not read file specified with --secret-file: {error.strerror}") from error

    def read(self) -> bytes:
        """Return the whole input."""
        return read_stdin() if self.content is None else self.content


def read_stdin() -> bytes:
    """Return all of standard input; a terminal is told that it is waited for."""
    if sys.stdin.isatty():
        click.echo("reading from the terminal: end the input with Ctrl-D", err=True)
    return sys.stdin.buffer.read()
