"""``seal -w`` replaces a file as a whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., str]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "arguments", "start"),
    [
        pytest.param("out.yaml", ["-o", "json"], b"---\napiVersion", id="a .yaml file is YAML whatever -o says"),
        pytest.param("out.yml", [], b"---\napiVersion", id="so is a .yml file"),
        pytest.param("out.json", ["-o", "yaml"], b"---\napiVersion", id="a .json file does not force JSON"),
        pytest.param("out", [], b"{\n", id="JSON by default"),
    ],
)
def test_format_of_the_file(  # noqa: PLR0917 - fixtures and columns of the table
    run_seal: Run, certificate: str, secret_yaml: Write, tmp_path: Path, name: str, arguments: list[str], start: bytes
) -> None:
    process = run_seal("--cert", certificate, "-w", name, *arguments, stdin=secret_yaml())
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_new_file_gets_its_mode_from_the_umask(
    run_seal: Run, certificate: str, secret_yaml: Write, tmp_path: Path
) -> None:
    previous = os.umask(0o027)
    try:
        run_seal("--cert", certificate, "-w", "out", stdin=secret_yaml())
    finally:
        os.umask(previous)
    assert mode(tmp_path / "out") == 0o640


def test_a_replaced_file_keeps_its_mode(run_seal: Run, certificate: str, secret_yaml: Write, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o604)
    run_seal("--cert", certificate, "-w", "out", stdin=secret_yaml())
    assert target.read_bytes().startswith(b"{")
    assert mode(target) == 0o604


def test_a_link_stays_a_link(run_seal: Run, certificate: str, secret_yaml: Write, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    run_seal("--cert", certificate, "-w", "link", stdin=secret_yaml())
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes().startswith(b"{")


@pytest.mark.parametrize("existing", [True, False], ids=["the old file stays", "no file appears"])
def test_a_failure_half_way_leaves_everything_as_it_was(
    run_seal: Run, certificate: str, secret_yaml: Write, tmp_path: Path, existing: bool
) -> None:
    if existing:
        (tmp_path / "out").write_text("old")
    process = run_seal("--cert", certificate, "-w", "out", stdin=secret_yaml() + "---\n" + secret_yaml(namespace=""))
    assert process.returncode == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == ([("out", "old")] if existing else [])


def test_a_folder_that_does_not_exist_is_named(
    run_seal: Run, refused: Callable[..., None], certificate: str, secret_yaml: Write
) -> None:
    process = run_seal("--cert", certificate, "-w", "none/out", stdin=secret_yaml())
    refused(process, 'cannot write "none/out": No such file or directory')
