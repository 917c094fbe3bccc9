"""The flags of kubeseal: how an option is declared, and the values of all of them as they travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from secrets_operator.cli.go_flags import GoBool, GoOption

ENVIRONMENT_PREFIX = "SEALED_SECRETS_"


def option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """Declare an option that ``SEALED_SECRETS_<NAME>`` stands in for."""
    long_name = next(name for name in names if name.startswith("--"))
    variable = ENVIRONMENT_PREFIX + long_name[2:].upper().replace("-", "_")
    defaults: dict[str, Any] = {"default": "", "show_default": False, "envvar": variable, "cls": GoOption}
    return click.option(*names, **(defaults | attributes))


def switch(name: str, summary: str) -> Callable[[Any], Any]:
    """Declare a boolean option."""
    return option(name, type=GoBool(), default=False, metavar="", help=summary)


@dataclass(frozen=True, slots=True)
class SealFlags:
    """The flags of the command by name."""

    cert: str
    secret_file: str
    sealed_secret_file: str
    output_format: str
    scope: str
    name: str
    namespace: str
    raw: bool
    from_file: tuple[str, ...]
    fetch_cert: bool
    allow_empty_data: bool
