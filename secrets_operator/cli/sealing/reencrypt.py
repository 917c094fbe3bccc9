"""``seal reencrypt``: items of whole folders are put under the newest key, everything else of the files stays.

The flags are here; the work is in ``reencrypting``, imported only when the command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import cluster_flags, cluster_options
from secrets_operator.cli.sealing.verb_options import FILE, cert_option, namespace_option, recovery_option


@click.command(cls=GoFlagCommand)
@click.argument("places", metavar="PATH...", nargs=-1, required=True, type=FILE)
@cert_option
@recovery_option
@namespace_option
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if anything is not under the newest key.")
@click.option(
    "--facts/--no-facts",
    default=True,
    help="Record the key of what was re-encrypted in an annotation of objects that have none yet.",
)
@click.option(
    "--service-account",
    metavar="NAMESPACE/NAME",
    default="",
    help="Have the operator tell which key each item is under, as this ServiceAccount.",
)
@cluster_options
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Threads. Default: one for each core.")
def reencrypt(places: tuple[Path, ...], **options: Any) -> None:
    """Re-encrypt what is not under the newest key, in place.

    PATH is a file or a folder, whose .yaml, .yml and .json files are looked through. Ciphertext that is not under the
    newest key is replaced; comments, order, templates, annotations and all other ciphertext stay byte for byte.

    Without keys the controller opens and seals. The recorded facts say what is outdated; what is not recorded is sealed
    again, or with --check unknown. With --service-account the operator itself tells which key each item is under, where
    that ServiceAccount may write SealedSecrets. You need the right to create tokens of it; your own token is not shown.
    The old form, spec.data, becomes spec.encryptedData.
    Offline: --recovery-private-key opens the old values, --cert is the newest certificate. Without --cert the newest
    certificate among the recovery keys is taken. With --check, --cert and no private key the recorded facts decide.

    \b
      seal reencrypt --recovery-private-key keys.yaml clusters/prod
      seal reencrypt --check --cert cert.pem .

    Exit status: 0 all is under the newest key, 1 something is not or could not be opened or read, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing.reencrypting import Request, run

    cluster = cluster_flags(options)
    with errors_reported():
        raise SystemExit(run(Request(places=places, cluster=cluster, **options)))
