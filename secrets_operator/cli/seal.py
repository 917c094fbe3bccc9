"""The command ``seal``: flags and environment variables of kubeseal, as far as they need no cluster.

What the flags do is in ``seal_modes``, imported only when the command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from secrets_operator.cli.go_flags import GoBool, GoChoice, GoFlagCommand, GoOption
from secrets_operator.errors import OperatorError

_PREFIX = "SEALED_SECRETS_"


def _option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """Declare an option that ``SEALED_SECRETS_<NAME>`` stands in for."""
    long_name = next(name for name in names if name.startswith("--"))
    variable = _PREFIX + long_name[2:].upper().replace("-", "_")
    defaults: dict[str, Any] = {"default": "", "show_default": False, "envvar": variable, "cls": GoOption}
    return click.option(*names, **(defaults | attributes))


def _switch(name: str, summary: str) -> Callable[[Any], Any]:
    """Declare a boolean option."""
    return _option(name, type=GoBool(), default=False, metavar="", help=summary)


@click.command(cls=GoFlagCommand, context_settings={"help_option_names": ["-h", "--help"]})
@_option("--cert", metavar="FILE|URL", help="Certificate to seal with: a file, or an http, https or file URL.")
@_option("-f", "--secret-file", metavar="FILE", help="Read Secrets from this file instead of standard input.")
@_option("-w", "--sealed-secret-file", metavar="FILE", help="Write to this file instead of standard output.")
@_option("-o", "--format", "output_format", metavar="json|yaml", help="Output format (json; .yaml files get yaml).")
@_option(
    "--scope",
    type=GoChoice(["strict", "namespace-wide", "cluster-wide"]),
    default="strict",
    help="Where the result may be unsealed: under its name, in its namespace, or anywhere.",
)
@_option("--name", metavar="NAME", help="Name of the Secret; overrides the one in the input.")
@_option("-n", "--namespace", metavar="NAMESPACE", help="Namespace of Secrets that declare none.")
@_switch("--raw", "Encrypt one value, as it is, and write it in base64 without a line break.")
@_option(
    "--from-file", multiple=True, default=(), envvar=None, metavar="[KEY=]FILE", help="With --raw: the value's file."
)
@_switch("--fetch-cert", "Write the certificate and do nothing else.")
@_switch("--allow-empty-data", "Accept Secrets without data.")
def seal(**values: Any) -> None:
    """Encrypt Secrets so that they can be committed to Git.

    Reads Secrets as JSON or YAML (several documents are fine) and writes SealedSecrets. Every option can be given
    as an environment variable too: SEALED_SECRETS_ and its name, such as SEALED_SECRETS_CERT.
    """
    from secrets_operator.cli.seal_modes import SealFlags, run_seal

    try:
        run_seal(SealFlags(**values))
    except OperatorError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
