"""How the options of ``seal`` are declared: as Go programs read them, each with an environment variable.

Apart from ``flags``, which has their values, because ``--help`` must not wait for what it does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from secrets_operator.cli.go_flags import GoBool, GoListOption, GoOption, variable_of

ENVIRONMENT_PREFIX = "SEALED_SECRETS_"
DEFAULT_CONTROLLER = ("kube-system", "sealed-secrets-controller")

Decorator = Callable[[Any], Any]


def option(*names: str, **attributes: Any) -> Decorator:
    """Declare an option that ``SEALED_SECRETS_<NAME>`` stands in for."""
    defaults: dict[str, Any] = {"default": "", "show_default": False, "envvar": _variable(names), "cls": GoOption}
    return click.option(*names, **(defaults | attributes))


def list_option(*names: str, **attributes: Any) -> Decorator:
    """Declare an option that takes several values."""
    return click.option(*names, cls=GoListOption, envvar=_variable(names), **attributes)


def switch(name: str, summary: str, **attributes: Any) -> Decorator:
    """Declare a boolean option."""
    return option(name, **({"type": GoBool(), "default": False, "metavar": "", "help": summary} | attributes))


def _variable(names: tuple[str, ...]) -> str:
    long_name = next(name for name in names if name.startswith("--"))
    return variable_of(long_name, ENVIRONMENT_PREFIX.removesuffix("_"))
