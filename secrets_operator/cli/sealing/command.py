"""The group ``seal``: without a verb it takes the flags and environment variables of kubeseal.

What the flags do is in ``modes``, imported only when the command runs.
"""

from __future__ import annotations

from typing import Any

import click

from secrets_operator.cli.go_flags import GoChoice, GoFlagGroup
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.flags import SealFlags, option, switch
from secrets_operator.cli.sealing.verbs import VERBS


@click.group(
    cls=GoFlagGroup,
    targets=VERBS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@option("--cert", metavar="FILE|URL", help="Certificate to seal with: a file, or an http, https or file URL.")
@option("-f", "--secret-file", metavar="FILE", help="Read Secrets from this file instead of standard input.")
@option("-w", "--sealed-secret-file", metavar="FILE", help="Write to this file instead of standard output.")
@option("-o", "--format", "output_format", metavar="json|yaml", help="Output format (json; .yaml files get yaml).")
@option(
    "--scope",
    type=GoChoice(["strict", "namespace-wide", "cluster-wide"]),
    default="strict",
    help="Where the result may be unsealed: under its name, in its namespace, or anywhere.",
)
@option("--name", metavar="NAME", help="Name of the Secret; overrides the one in the input.")
@option("-n", "--namespace", metavar="NAMESPACE", help="Namespace of Secrets that declare none.")
@switch("--raw", "Encrypt one value, as it is, and write it in base64 without a line break.")
@option(
    "--from-file", multiple=True, default=(), envvar=None, metavar="[KEY=]FILE", help="With --raw: the value's file."
)
@switch("--fetch-cert", "Write the certificate and do nothing else.")
@switch("--allow-empty-data", "Accept Secrets without data.")
@click.pass_context
def seal(ctx: click.Context, /, **values: Any) -> None:
    """Encrypt Secrets so that they can be committed to Git.

    Reads Secrets as JSON or YAML (several documents are fine) and writes SealedSecrets. Every option can be given
    as an environment variable too: SEALED_SECRETS_ and its name, such as SEALED_SECRETS_CERT.
    """
    if ctx.invoked_subcommand is not None:
        return
    if ctx.args:
        ctx.fail(f"no such verb: {ctx.args[0]}")
    from secrets_operator.cli.sealing.modes import run_seal

    with errors_reported():
        run_seal(SealFlags(**values))
