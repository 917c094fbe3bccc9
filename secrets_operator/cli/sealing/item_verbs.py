"""``seal set``, ``seal unset`` and ``seal rename``: one item of a SealedSecret, the rest of the file as it was.

The flags are here; the work is in ``item_editing``, imported only when a command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import cluster_flags, cluster_options
from secrets_operator.cli.sealing.verb_options import FILE, cert_option, namespace_option, object_option

_FILE = click.argument("file", type=FILE)


@click.command("set", cls=GoFlagCommand)
@_FILE
@click.argument("key", metavar="[KEY[=-]]", required=False)
@click.option("--from-file", "from_files", metavar="[KEY=]PATH", multiple=True, help="A value from a file, as it is.")
@cert_option
@namespace_option
@object_option
@cluster_options
def set_item(file: Path, key: str | None, from_files: tuple[str, ...], **options: Any) -> None:
    """Seal a value into an item of FILE, a new one or one that is there.

    The value comes from standard input (KEY=-, or KEY when that is no terminal), from a prompt that does not show it
    (KEY on a terminal), or from files. It is sealed for the name, namespace and scope that FILE has. No other line of
    the file changes; recorded facts, where there are any, follow.

    \b
      seal set db.yaml password --cert cert.pem
      printf %s "$TOKEN" | seal set db.yaml token=- --cert cert.pem
      seal set db.yaml --from-file ca.crt --from-file tls.key=server.key --cert cert.pem

    Exit status: 0 done, 1 an error and nothing was written, 2 wrong usage.
    """  # noqa: D301 - click's mark for lines that stay
    if bool(key) == bool(from_files):
        raise click.UsageError("name a KEY or pass --from-file")
    from secrets_operator.cli.sealing.item_editing import Options, set_values

    cluster = cluster_flags(options)
    with errors_reported():
        set_values(file, key or "", from_files, Options(cluster=cluster, **options))


@click.command("unset")
@_FILE
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@object_option
def unset_item(file: Path, keys: tuple[str, ...], wanted: str) -> None:
    """Remove items from FILE, with their lines and no others.

    Exit status: 0 done, 1 an error (no such KEY) and nothing was written, 2 wrong usage.
    """
    from secrets_operator.cli.sealing.item_editing import unset_values

    with errors_reported():
        unset_values(file, keys, wanted)


@click.command("rename")
@_FILE
@click.argument("old")
@click.argument("new")
@object_option
def rename_item(file: Path, old: str, new: str, wanted: str) -> None:
    """Rename the item OLD of FILE to NEW, in its place.

    No key and no certificate is needed: a sealed value is not bound to the name of its item.

    Exit status: 0 done, 1 an error (no OLD, or NEW is there already) and nothing was written, 2 wrong usage.
    """
    from secrets_operator.cli.sealing.item_editing import rename_value

    with errors_reported():
        rename_value(file, old, new, wanted)
