"""Command line: one module per command, imported only when it is called."""

from __future__ import annotations


def main() -> None:
    """Run the command named on the command line (the console script and ``python -m secrets_operator``)."""
    from secrets_operator.cli.main import cli

    cli()
