"""``seal lint``: the checks that need no cluster, over files and folders.

The flags are here; the work is in ``linting``, imported only when the command runs.
"""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.verb_options import FILE


@click.command
@click.argument("places", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option(
    "--cert",
    "certs",
    metavar="FILE|URL",
    multiple=True,
    help="A certificate that values may be sealed with. May be given several times; expired ones count as known.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "sarif"]), default="text", help="Form of the report."
)
@click.option("--ignore", metavar="RULE", multiple=True, help="Leave out a rule. May be given several times.")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
def lint(places: tuple[Path, ...], **options: object) -> None:
    """Check SealedSecrets without a cluster.

    PATH is a file or a folder, whose .yaml, .yml and .json files are looked through. Found are fields that do not exist
    or have the wrong form, damaged values, scopes that do not fit, templates that do not parse or refer to keys that
    do not exist, objects that were renamed or moved after sealing (by the recorded facts), unknown or expired
    certificates (with --cert), and what a server had added. Values are never shown.

    \b
      seal lint --cert cert.pem clusters/
      seal lint -o sarif . > seal.sarif

    Exit status: 0 no errors, 1 errors (with --strict warnings, too), 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing.linting import Request, run

    with errors_reported():
        raise SystemExit(run(Request(places=places, **options)))  # type: ignore[arg-type] # click has checked them
