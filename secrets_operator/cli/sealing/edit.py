"""``seal edit``: a SealedSecret in the user's editor, values masked.

The flags are here; the work is in ``editing``, imported only when the command runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secrets_operator.cli.go_flags import GoFlagCommand
from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.connection_options import cluster_flags, cluster_options
from secrets_operator.cli.sealing.verb_options import (
    FILE,
    cert_option,
    namespace_option,
    object_option,
    recovery_option,
)


@click.command(cls=GoFlagCommand)
@click.argument("file", type=FILE)
@click.option(
    "--reveal",
    is_flag=True,
    help="Show the values: opened with --recovery-private-key, else those of the Secret in the cluster.",
)
@recovery_option
@cert_option
@namespace_option
@object_option
@cluster_options
def edit(file: Path, **options: Any) -> None:
    """Edit the keys of FILE in your editor (KUBE_EDITOR, VISUAL, EDITOR, else vi).

    Values show as <sealed> and stay as they are; what you write in place of one is sealed for the name, namespace and
    scope of FILE. Lines may be added, removed and renamed. Only lines of FILE that change are written.

    New values are sealed with --cert, else with the certificate of the controller, which is asked only when there are
    any. The text is in a file of mode 0600, in memory where there is a tmpfs; it is removed when the editor ends or
    fails, and on SIGTERM and SIGHUP. With --reveal it holds values in clear, which needs a private key, or the right
    to read the Secret in the cluster.

    Exit status: 0 done or nothing to do, 1 an error and nothing was written, 2 wrong usage.
    """
    from secrets_operator.cli.sealing.editing import Options, edit_file

    cluster = cluster_flags(options)
    with errors_reported():
        edit_file(file, Options(cluster=cluster, **options))
