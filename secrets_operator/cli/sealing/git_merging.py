"""The work of ``seal git-merge``: items by the items, all other lines by ``git merge-file``."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from secrets_operator.cli.sealing.manifest_files import read_bytes
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.merging import Sides, aligned

# More conflicts than this, or none because Git itself failed.
_GIT_FAILED = 128


def merge(base: Path, ours: Path, theirs: Path, name: str) -> int:
    """Write the merge of three files over ``ours``; return 0 when nothing conflicts, else 1."""
    given = [read_bytes(path) for path in (ours, base, theirs)]
    conflicts: list[str] = []
    try:
        sides, conflicts = aligned(Sides(*(ManifestText.read(data) for data in (given[1], given[0], given[2]))))
        texts = [bytes(side) for side in (sides.ours, sides.base, sides.theirs)]
    except OperatorError:
        # No manifest, or one that cannot be changed in place: lines are what is left.
        texts = given
    merged, clean = _by_lines(texts)
    if clean and not _is_whole(merged):
        merged, clean = _by_lines(given)[0], False
    ours.write_bytes(merged)
    for conflict in conflicts:
        click.echo(f"{name}: {conflict}: both sides changed it", err=True)
    return 0 if clean and not conflicts else 1


def _is_whole(merged: bytes) -> bool:
    """Tell whether a merge by lines left a manifest that can be read, without a key given twice."""
    try:
        text = ManifestText.read(merged)
        for document in text.documents:
            document.refuse_repeated_keys()
    except OperatorError:
        return False
    return True


def _by_lines(texts: list[bytes]) -> tuple[bytes, bool]:
    """Return what ``git merge-file`` makes of ours, base and theirs, and whether nothing conflicts."""
    labels = ("ours", "base", "theirs")
    with tempfile.TemporaryDirectory() as folder:
        for label, text in zip(labels, texts, strict=True):
            Path(folder, label).write_bytes(text)
        command = ["git", "merge-file", "-p", *(part for label in labels for part in ("-L", label))]
        try:
            done = subprocess.run([*command, *labels], cwd=folder, capture_output=True, check=False)  # noqa: S603 - git
        except OSError as error:
            raise Terminal(f"cannot run git: {error.strerror}") from error
    if done.returncode < 0 or done.returncode >= _GIT_FAILED:
        raise Terminal("git merge-file failed")
    return done.stdout, done.returncode == 0
