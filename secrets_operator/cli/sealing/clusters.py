"""``seal clusters``: the pinned certificates of a cluster file."""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.verb_options import FILE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def clusters() -> None:
    """Keep the certificates that seal --clusters seals with.

    \b
      clusters:
        dev:
          certificate: certs/dev.pem
          fingerprint: SHA256:...
          source: https://sealing.dev.example/v1/cert.pem
          namespaces: {shop: shop-dev}
          output: "{cluster}/{namespace}/{name}.yaml"
    """  # noqa: D301 - click's mark for lines that stay


@clusters.command()
@click.argument("file", type=FILE)
@click.option("--accept", metavar="CLUSTER", multiple=True, help="Pin another certificate for this cluster.")
def refresh(file: Path, accept: tuple[str, ...]) -> None:
    """Fetch the certificates of FILE from where `source` says, and pin the fingerprints of new clusters.

    A certificate that is not the pinned one is not taken before --accept CLUSTER: compare its fingerprint with what the
    cluster says first. The rest of FILE stays as it is.

    Exit status: 0 all are as pinned, 1 an error, or a certificate that is not accepted, 2 wrong usage.
    """
    from secrets_operator.cli.sealing.cluster_refresh import run

    with errors_reported():
        raise SystemExit(run(file, accept))
