"""How a command fails: ``error: ...`` on standard error and exit status 1, as kubeseal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from secrets_operator.errors import OperatorError


@contextmanager
def errors_reported() -> Iterator[None]:
    """Turn an error of the tree into its line on standard error and exit status 1."""
    try:
        yield
    except OperatorError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
