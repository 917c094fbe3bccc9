"""The options of ``run`` about what generators make that has to be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from secrets_operator.cli.durations import duration_option
from secrets_operator.cli.go_flags import GoBool
from secrets_operator.settings import Settings

_DEFAULTS = Settings()


def generator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    grace = duration_option(
        "--generator-gc-grace-period",
        default=_DEFAULTS.generator_gc_grace_period,
        text="How long what a generator made stays when it is not used any more, before it is taken back.",
    )
    states = click.option(
        "--enable-generator-state",
        "generator_states",
        type=GoBool(),
        default=str(_DEFAULTS.generator_states).lower(),
        show_default=True,
        help="Record in GeneratorStates what generators make for ExternalSecrets, to take it back when it is not used.",
    )
    made: Callable[..., Any] = states(grace(command))
    return made


def generator_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that the options stand for."""
    return {name: options[name] for name in ("generator_states", "generator_gc_grace_period")}
