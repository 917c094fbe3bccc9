"""``seal recover``: the Secrets of a whole repository, from a backup of the keys and without a cluster.

The flags are here; the work is in ``recovering``, imported only when the command runs.
"""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.verb_options import FILE


@click.command
@click.argument("places", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option(
    "--keys",
    "key_files",
    metavar="FILE",
    multiple=True,
    required=True,
    type=FILE,
    help="A backup of the private keys: PEM, or Secrets as kubectl prints them. May be given several times.",
)
@click.option("--to", "folder", metavar="DIR", required=True, type=FILE, help="Folder for the Secrets, in clear.")
@click.option("-n", "--namespace", default="", help="Namespace of SealedSecrets whose manifest names none.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def recover(places: tuple[Path, ...], **options: object) -> None:
    """Open every SealedSecret of files and folders and write the Secrets, in clear, into a folder.

    All private keys of all files given are tried, wherever they stand in them: several PEM blocks, Lists, several
    documents. SealedSecrets of the old form (spec.data) are opened, templates are rendered. Each file of PATH becomes a
    file of DIR at the same place, readable by you alone; nothing is printed of any value. What cannot be opened is
    named, and the rest is recovered.

    \b
      seal recover clusters/prod --keys sealing-keys.yaml --to /run/user/1000/recovered

    Exit status: 0 everything was recovered, 1 something was not, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing.recovering import Request, run

    with errors_reported():
        raise SystemExit(run(Request(places=places, **options)))  # type: ignore[arg-type] # click has checked them
