"""The plug-in of docs/writing-a-provider.md, exactly as printed there, builds, is discovered and keeps the contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "writing-a-provider.md"
# A path in backticks and a colon, then the block that is the file.
FILE = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run(*arguments: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path or ""), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return dict(FILE.findall(DOCUMENT.read_text()))


@pytest.fixture(scope="module")
def source(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("plug-in")
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel offline; a wheel of pure Python is installed by unpacking it."""
    built = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(built), cwd=source)
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def test_the_document_prints_the_whole_plug_in(files: dict[str, str]) -> None:
    package = {"acme_secrets_directory/__init__.py", "acme_secrets_directory/writable.py"}
    assert set(files) == {"pyproject.toml", *package, "test_directory.py", "test_writable.py"}
    code = [line for line in files["acme_secrets_directory/__init__.py"].splitlines() if line.strip()]
    assert len(code) <= 50


def test_it_is_found_and_loaded_by_its_entry_point(installed: Path, tmp_path: Path) -> None:
    program = (
        "from secrets_operator.provider.discovery import Providers\n"
        "providers = Providers.from_entry_points()\n"
        "print(providers.installed()['directory'], providers.get('directory').name)"
    )
    assert run("-c", program, cwd=tmp_path, path=installed).stdout == "acme-secrets-directory 1.0.0 directory\n"


@pytest.mark.parametrize("name", ["test_directory.py", "test_writable.py"])
def test_it_keeps_the_contract(source: Path, installed: Path, tmp_path: Path, name: str) -> None:
    # The second imports the first.
    for file in source.glob("test_*.py"):
        (tmp_path / file.name).write_text(file.read_text())
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", name, cwd=tmp_path, path=installed)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 15
    assert "failed" not in done.stdout
    assert "skipped" not in done.stdout
