"""Help and completion come at once because they import no heavy library; seconds are not measured, imports are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "aiohttp",
    "cryptography",
    "kopf",
    "kubernetes",
    "orjson",
    "prometheus_client",
    "pydantic",
    "ruamel",
    "structlog",
    "yaml",
}


OPERATOR = ("-m", "secrets_operator")


def imported(cwd: Path, *arguments: str, program: tuple[str, ...] = OPERATOR) -> set[str]:
    """Return the top-level names that a program of Python imports when it is started with these arguments."""
    command = [sys.executable, "-X", "importtime", *program, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=60)
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run", "--help"], ["seal", "--help"], ["keys", "retire", "--help"]],
    ids=" ".join,
)
def test_help_imports_no_heavy_library(tmp_path: Path, arguments: list[str]) -> None:
    assert imported(tmp_path, *arguments) & HEAVY == set()


@pytest.mark.parametrize("name", ["kubectl-seal", "kubeseal"])
def test_help_of_the_plug_in_and_of_a_link_to_it_imports_no_heavy_library(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.symlink_to(Path(sys.executable).with_name("kubectl-seal"))
    found = imported(tmp_path, "--help", program=(str(program),))
    assert "click" in found
    assert found & HEAVY == set()


def test_the_measure_sees_a_heavy_import(tmp_path: Path) -> None:
    assert "pydantic" in imported(tmp_path, "crds")
