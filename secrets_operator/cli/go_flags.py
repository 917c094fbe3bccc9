"""Command-line flags as Go programs take them, so that scripts written for kubeseal keep working.

``--raw``, ``--raw=false``, ``-o=yaml``; environment variables that do not parse are ignored instead of refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

import click

from secrets_operator.cli.lazy_group import LazyGroup
from secrets_operator.environment import Variable

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")
_SHORT_WITH_EQUALS = re.compile(r"(-[a-zA-Z])=(.*)", re.DOTALL)


class GoBool(click.types.BoolParamType):
    """A boolean in Go's spelling."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """Return the boolean; a usage error names the accepted spellings."""
        if isinstance(value, bool):
            return value
        if value not in _TRUE + _FALSE:
            self.fail(f"{value!r} is not a boolean (true or false)", param, ctx)
        return value in _TRUE


class GoChoice(click.Choice[str]):
    """One of several words; an empty text means the first, which is the default."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word."""
        return str(super().convert(value or self.choices[0], param, ctx))


class GoOption(click.Option):
    """An option that an unparsable environment variable leaves at its default."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return the variable's text, or None when it is unset, empty or does not parse."""
        text = super().value_from_envvar(ctx)
        try:
            return None if text is None else self.type.convert(text, self, ctx)
        except click.BadParameter:
            return None


class GoFlagCommand(click.Command):
    """A command whose boolean options take an optional ``=value`` and whose short options an optional ``=``."""

    def __init__(self, *args: Any, variables: str = "", **attributes: Any) -> None:
        """Let every option be given by variables that begin with ``variables`` and go on as its long names do."""
        super().__init__(*args, **attributes)
        for option in self.params if variables else ():
            if isinstance(option, click.Option) and option.envvar is None:
                option.envvar = [variable_of(name, variables) for name in option.opts if name.startswith("--")]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite the arguments into click's own spelling and parse them."""
        return super().parse_args(ctx, _rewritten_all(args, self.params))


def variable_of(flag: str, prefix: str) -> str:
    """Return the variable of a flag, such as ``PREFIX_LOG_LEVEL`` of ``--log-level``."""
    return f"{prefix}_{flag.removeprefix('--').upper().replace('-', '_')}"


class GoListOption(GoOption):
    """An option that may be given again, of values separated by commas; those of the variable come first."""

    def __init__(self, *args: Any, envvar: str, **attributes: Any) -> None:
        """Keep the variable's name from click, which would prefer the command line over it."""
        super().__init__(*args, **(attributes | {"multiple": True, "default": (), "callback": self._joined}))
        self.variable = Variable(envvar, "")

    def _joined(self, _ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
        texts = (self.variable.read(os.environ), *given)
        return tuple(value for text in texts if text for value in _comma_separated(text))


def _comma_separated(text: str) -> list[str]:
    """Return the values of one text, a line of CSV as Go's flags read it; text that is none is one value."""
    import csv

    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return [text]


class GoFlagGroup(LazyGroup):
    """A group that runs by itself, with Go's flags, when its first word is not one of its verbs.

    Boolean options take an optional ``=value``, short options an optional ``=``, and options may follow words. Words
    that are no verb are left in ``ctx.args``. Verbs parse their own arguments, as click does.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite the arguments into click's own spelling and parse them."""
        rewritten = _rewritten_all(args, self.params)
        ctx.allow_interspersed_args = False
        _, rest, _ = self.make_parser(ctx).parse_args(list(rewritten))
        if rest and rest[0] in self.targets:
            if len(rest) < len(args):
                ctx.fail(f"options of the verb {rest[0]} go behind it")
            return super().parse_args(ctx, args)
        ctx.allow_interspersed_args = True
        ctx.allow_extra_args = True
        return click.Command.parse_args(self, ctx, rewritten)


def _rewritten_all(args: Iterable[str], params: Iterable[click.Parameter]) -> list[str]:
    switches = {name for param in params if isinstance(param.type, GoBool) for name in param.opts}
    return [_rewritten(argument, switches) for argument in args]


def _rewritten(argument: str, switches: set[str]) -> str:
    if argument in switches:
        return f"{argument}=true"
    return _SHORT_WITH_EQUALS.sub(r"\1\2", argument) if _SHORT_WITH_EQUALS.fullmatch(argument) else argument
