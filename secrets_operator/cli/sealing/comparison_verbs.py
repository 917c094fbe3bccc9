"""``seal diff``, ``seal git-textconv`` and ``seal git-merge``: versions of SealedSecrets compared and merged by key.

The flags are here; the work is in ``comparing`` and ``git_merging``, imported only when a command runs.
"""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.reported_errors import errors_reported
from secrets_operator.cli.sealing.verb_options import FILE, recovery_option


@click.command
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@recovery_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
def diff(old: Path, new: Path, recovery_files: tuple[Path, ...], *, exit_code: bool) -> None:
    """Tell what differs between the SealedSecrets of OLD and NEW, key by key, never a value.

    SealedSecrets find each other by namespace and name. Two ciphertexts of the same value are never equal: with
    --recovery-private-key both are opened and the answer is "re-encrypted only" or "value changed", without it
    "ciphertext changed". Recorded certificates are named where they differ. Scope, type, templates, labels and
    annotations are compared, too.

    Exit status: 0 done (with --exit-code: nothing differs), 1 an error (or something differs), 2 wrong usage.
    """
    from secrets_operator.cli.sealing import comparing

    with errors_reported():
        raise SystemExit(comparing.diff(old, new, recovery_files=recovery_files, exit_code=exit_code))


@click.command("git-textconv")
@click.argument("file", type=FILE)
def git_textconv(file: Path) -> None:
    """Print FILE with a short digest in place of each ciphertext, so that git diff is readable.

    A digest of a ciphertext tells nothing of its value. To use it:

    \b
      echo '*.yaml diff=sealedsecret merge=sealedsecret' >> .gitattributes
      git config diff.sealedsecret.textconv 'secrets-operator seal git-textconv'
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing import comparing

    with errors_reported():
        comparing.textconv(file)


@click.command("git-merge")
@click.argument("base", type=FILE)
@click.argument("ours", type=FILE)
@click.argument("theirs", type=FILE)
@click.argument("name", default="SealedSecret")
def git_merge(base: Path, ours: Path, theirs: Path, name: str) -> None:
    """Merge three versions of a file into OURS, as Git asks of a merge driver.

    Items of SealedSecrets are merged by key: what one side changed, added or removed is taken, wherever the lines
    are. An item that both sides changed is a conflict. All other lines are merged by git merge-file. To use it:

    \b
      echo '*.yaml diff=sealedsecret merge=sealedsecret' >> .gitattributes
      git config merge.sealedsecret.driver 'secrets-operator seal git-merge %O %A %B %P'

    Exit status: 0 merged, 1 conflicts are left in OURS.
    """  # noqa: D301 - click's mark for lines that stay
    from secrets_operator.cli.sealing.git_merging import merge

    with errors_reported():
        raise SystemExit(merge(base, ours, theirs, name))
