"""The group ``seal``: without a verb it takes the flags and environment variables of kubeseal.

Called ``kubeseal`` it is quiet and writes nothing that kubeseal would not, so that scripts run unchanged. What the
flags do is in ``modes``, imported only when the command runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from secrets_operator.cli.go_flags import GoBool, GoChoice, GoFlagGroup
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import (
    cluster_flags,
    cluster_options,
    logging_options,
)
from secrets_operator.cli.sealing.option_declarations import list_option, option, switch
from secrets_operator.cli.sealing.verbs import VERBS

if TYPE_CHECKING:
    from secrets_operator.cli.sealing.flags import SealFlags

KUBESEAL = "kubeseal"


def kubectl_seal() -> None:
    """Run ``kubectl-seal``, which kubectl finds as ``kubectl seal``, or a link to it called ``kubeseal``."""
    # Without pathlib, which --help has no other use for.
    called = sys.argv[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    seal(prog_name=KUBESEAL if called == KUBESEAL else "kubectl seal")


def _version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"kubeseal version: {version('secrets-operator')}+secrets-operator")
    ctx.exit()


@click.group(
    cls=GoFlagGroup,
    targets=VERBS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@option("--cert", metavar="FILE|URL", help="Certificate to seal with, instead of the controller's: a file or URL.")
@option("-f", "--secret-file", metavar="FILE", help="Read from this file instead of standard input.")
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
@list_option("--from-file", metavar="[KEY=]FILE", help="With --raw: the value's file.")
@option("--merge-into", metavar="FILE", help="Add the items to the SealedSecret in this file.")
@option("--into", metavar="FILE", help="Bring FILE up to date with the input; the rest of it stays (not kubeseal's).")
@switch("--only-changed", "With --into or --clusters: keep the ciphertext of values that have not changed.")
@option("--clusters", metavar="FILE", help="Seal for every cluster of FILE, with its pinned certificate.")
@switch("--allow-empty-data", "Accept Secrets without data.")
@switch("--fetch-cert", "Write the certificate and do nothing else.")
@switch("--validate", "Ask the controller whether it can open the SealedSecrets.")
@switch("--re-encrypt", "Have the controller seal the SealedSecrets again, with its newest key.")
@switch("--rotate", "", hidden=True)
@switch("--recovery-unseal", "Open a SealedSecret with private keys at hand and write the Secret.")
@list_option("--recovery-private-key", metavar="FILE", help="Private keys: PEM, or key Secrets in YAML or JSON.")
@switch("--facts", "Record certificate, scope, name and time in an annotation (not as kubeseal).", default=None)
@switch("--quiet", "No line on standard error about what was sealed.", default=None)
@cluster_options
@logging_options
@option(
    "--version",
    type=GoBool(),
    default=False,
    metavar="",
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
@click.pass_context
def seal(ctx: click.Context, /, **values: Any) -> None:
    """Encrypt Secrets so that they can be committed to Git.

    Reads Secrets as JSON or YAML (several documents are fine) and writes SealedSecrets. Every option can be given
    as an environment variable too: SEALED_SECRETS_ and its name, such as SEALED_SECRETS_CERT.
    """
    if ctx.invoked_subcommand is not None:
        return
    as_kubeseal = ctx.find_root().info_name == KUBESEAL
    if ctx.args and not as_kubeseal:
        ctx.fail(f"no such verb: {ctx.args[0]}")
    if values.pop("rotate"):
        click.echo("Flag --rotate has been deprecated, please use --re-encrypt instead", err=True)
        values["re_encrypt"] = True
    from secrets_operator.cli.sealing.modes import run_seal

    with errors_reported():
        run_seal(_flags(values, as_kubeseal=as_kubeseal))


def _flags(values: dict[str, Any], *, as_kubeseal: bool) -> SealFlags:
    """Return the flags; where those that kubeseal does not have are not given, the name of the command decides."""
    from secrets_operator.cli.sealing.flags import SealFlags

    cluster = cluster_flags(values)
    if values["facts"] is None:
        values["facts"] = not as_kubeseal
    if values["quiet"] is None:
        values["quiet"] = as_kubeseal and not sys.stderr.isatty()
    return SealFlags(cluster=cluster, **values)
