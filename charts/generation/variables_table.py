"""The tables of environment variables for docs/: those that code reads, and those that stand in for flags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import click

from secrets_operator.cli.go_flags import GoListOption
from secrets_operator.environment import Variable


def variables_table(variables: Iterable[Variable]) -> str:
    """Return a row for each variable."""
    rows = [f"| `{variable.name}` | {variable.default} | {variable.meaning} |" for variable in variables]
    return "\n".join(["", "| Variable | Default | Meaning |", "|---|---|---|", *rows, ""])


def flag_variables_table(commands: Mapping[str, click.Command]) -> str:
    """Return a row for each variable that options of the commands and of their verbs declare: which flags it gives."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, command in commands.items():
        for option in _options(command):
            for variable in _variables(option):
                named = found.setdefault(variable, {}).setdefault(option.opts[-1], [])
                named += [name] if name not in named else []
    rows = [f"| `{variable}` | {_stands_for(flags)} |" for variable, flags in sorted(found.items())]
    return "\n".join(["", "| Variable | Stands in for |", "|---|---|", *rows, ""])


def _options(command: click.Command) -> Iterator[click.Option]:
    for param in command.params:
        # What no value is kept of is a flag that prints something and ends, such as --version.
        if isinstance(param, click.Option) and not param.hidden and param.expose_value:
            yield param
    if isinstance(command, click.Group):
        context = click.Context(command)
        for verb in command.list_commands(context):
            found = command.get_command(context, verb)
            if found is not None:
                yield from _options(found)


def _variables(option: click.Option) -> Sequence[str]:
    if isinstance(option, GoListOption):
        return [option.variable.name]
    declared = option.envvar or ()
    return [declared] if isinstance(declared, str) else declared


def _stands_for(flags: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"`{flag}` of {' and '.join(f'`{name}`' for name in names)}" for flag, names in flags.items())
