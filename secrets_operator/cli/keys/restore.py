"""``keys restore``: the keys of a backup that a cluster does not have. What is there is not touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.keys.options import cluster_options, prefix_option
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import connection_flags

FILE = click.Path(path_type=Path)


@click.command(cls=GoFlagCommand)
@click.argument("file", metavar="FILE", type=FILE)
@click.option(
    "--age-identity",
    "identities",
    metavar="FILE",
    multiple=True,
    type=FILE,
    help="For a backup made with --age: an identity of age-keygen, or an SSH private key. May be repeated.",
)
@click.option(
    "--private-key",
    "private_keys",
    metavar="FILE",
    multiple=True,
    type=FILE,
    help="For a backup made with --certificate: the private key (PEM). May be repeated.",
)
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 unless file and cluster have the same keys.")
@prefix_option
@cluster_options
def restore(file: Path, **options: Any) -> None:
    """Create the sealing keys of a backup that are missing in the cluster.

    FILE is what `keys backup` wrote, or key Secrets as kubectl prints them. A key that a Secret of the cluster has
    already, under whatever name and label, is left as it is. A running operator notices the keys and opens what it
    could not open before. Before the operator is installed, create its namespace and name it.

    \b
      keys restore keys.age --age-identity backup-identity.txt
      keys restore keys.json --private-key backup-key.pem --check

    --check is a drill: it opens the backup and compares it with the cluster.

    Exit status: 0 all are there; 1 some are not, or FILE cannot be opened; 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    namespace, prefix = options.pop("namespace"), options.pop("prefix")
    connection = connection_flags(options)
    with errors_reported():
        from secrets_operator.cli.keys.key_cluster import KeyCluster, with_keys
        from secrets_operator.cli.keys.restoring import Restoring, opened_file
        from secrets_operator.sealing.key_backups import key_secrets_in

        plain = opened_file(file, options["identities"], options["private_keys"])
        secrets = key_secrets_in(plain, legacy_name=prefix)

        async def work(cluster: KeyCluster) -> int:
            return await Restoring(cluster, secrets).run(check=options["check"])

        raise SystemExit(with_keys(connection, namespace, prefix, work))
