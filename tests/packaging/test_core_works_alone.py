"""The core, installed without any provider, runs, offers the fake provider and says how to get the others."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.source_tree import ROOT, distributions

FOREIGN = {member.package for member in distributions()[1:]}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the core's wheel unpacked beside the libraries of this environment, without the other members."""
    built, site = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        package = path.name.split("-")[0].lower()
        if package not in FOREIGN | {"secrets_operator"} and path.suffix != ".pth":
            (site / path.name).symlink_to(path)
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def run(installed: Path, cwd: Path, *arguments: str) -> str:
    """Run Python with only ``installed`` on its path; without site no editable install of this environment counts."""
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [["--version"], ["run", "--help"], ["seal", "--help"], ["crds"]], ids=" ".join)
def test_its_commands_start(installed: Path, tmp_path: Path, command: list[str]) -> None:
    assert run(installed, tmp_path, "-m", "secrets_operator", *command).strip()


def test_the_operator_is_importable_whole(installed: Path, tmp_path: Path) -> None:
    run(
        installed,
        tmp_path,
        "-c",
        "import secrets_operator.runtime, secrets_operator.cli.run, secrets_operator.cli.sealing.command",
    )


PROGRAM = """
import asyncio
from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Reference
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.memory import MemoryHost

providers = Providers.from_entry_points()
print(providers.names())

async def read():
    session = await providers.get("fake").open({"data": [{"key": "a", "value": "b"}]}, MemoryHost())
    (answer,) = await session.fetch([Reference("a")])
    print(answer.payload.reveal())

asyncio.run(read())
for name in ("aws", "kubernetes", "vault", "webhook"):
    try:
        providers.get(name)
    except InvalidSpec as error:
        print(error)
"""


def test_it_has_the_fake_provider_and_names_what_is_missing(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "-c", PROGRAM).splitlines() == [
        "['fake']",
        "b'b'",
        "provider aws is not installed: pip install secrets-operator-aws",
        "provider kubernetes is not installed: pip install secrets-operator-kubernetes",
        "provider vault is not installed: pip install secrets-operator-vault",
        "provider webhook is not installed: pip install secrets-operator-webhook",
    ]
