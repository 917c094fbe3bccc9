"""``secrets-operator crds``: print the CustomResourceDefinitions, write them to files, or check such files."""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.resources.definitions.documents import document, file_name
from secrets_operator.resources.definitions.kinds import DEFINITIONS
from secrets_operator.resources.definitions.yaml_text import yaml_document, yaml_stream


@click.command
@click.option(
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one file for each definition into DIR instead of printing them.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail and name the files in DIR (crds) that are stale.")
def crds(folder: Path | None, *, check: bool) -> None:
    """Print the CustomResourceDefinitions as one YAML stream, ready for kubectl apply --server-side -f -."""
    if check:
        _check(folder or Path("crds"))
    elif folder is not None:
        _write(folder)
    else:
        click.echo(yaml_stream(document(definition) for definition in DEFINITIONS), nl=False)


def _texts() -> dict[str, str]:
    return {file_name(definition): yaml_document(document(definition)) for definition in DEFINITIONS}


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _texts().items():
        (folder / name).write_text(text, encoding="utf-8")


def _check(folder: Path) -> None:
    stale = [name for name, text in _texts().items() if not _holds(folder / name, text)]
    if stale:
        click.echo(f"stale in {folder}: {', '.join(stale)}; run secrets-operator crds --output {folder}", err=True)
        raise SystemExit(1)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
