"""The table of a command's flags for docs/: their names, environment variables, defaults and help texts."""

from __future__ import annotations

import re

import click

from secrets_operator.cli.go_flags import variable_of

# How a help text ends whose option has no default that click could show.
_DEFAULT = re.compile(r" Default: ([^.]*(?:\.[^.\s][^.]*)*)\.$")


def flags_table(command: click.Command, *, variables: str) -> str:
    """Return a row for each option of ``command``; their environment variables begin with ``variables``."""
    rows = [_row(param, variables) for param in command.params if isinstance(param, click.Option) and not param.hidden]
    return "\n".join(["", "| Flag | Default | Variable | Meaning |", "|---|---|---|---|", *rows, ""])


def _row(option: click.Option, variables: str) -> str:
    flags = ", ".join(f"`{flag}`" for flag in option.opts)
    # What click gives the option by its parameter's name works too; it is a second spelling and not worth a column.
    variable = ", ".join(f"`{variable_of(flag, variables)}`" for flag in option.opts)
    default, meaning = _default_and_meaning(option)
    if isinstance(option.type, click.Choice):
        meaning += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    return f"| {flags} | {default} | {variable} | {_plain(meaning)} |"


def _default_and_meaning(option: click.Option) -> tuple[str, str]:
    help_text = option.help or ""
    if option.show_default:
        return f"`{option.default}`", help_text
    stated = _DEFAULT.search(help_text)
    if stated:
        return _plain(stated[1]), help_text[: stated.start()]
    return "off" if option.is_flag else "", help_text


def _plain(text: str) -> str:
    """Return a help text as Markdown shows it unchanged."""
    return re.sub(r"([|*<>_])", r"\\\1", text)
