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
}


def imported(cwd: Path, *arguments: str) -> set[str]:
    """Return the top-level names that ``secrets-operator`` imports when it is started with these arguments."""
    command = [sys.executable, "-X", "importtime", "-m", "secrets_operator", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=60)
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run", "--help"], ["seal", "--help"], ["keys", "retire", "--help"]],
    ids=" ".join,
)
def test_help_imports_no_heavy_library(tmp_path: Path, arguments: list[str]) -> None:
    assert imported(tmp_path, *arguments) & HEAVY == set()


def test_the_measure_sees_a_heavy_import(tmp_path: Path) -> None:
    assert "pydantic" in imported(tmp_path, "crds")
