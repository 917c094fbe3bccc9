"""The image: its Dockerfile is linted, and what its first stage runs is run here, into a fresh environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "image" / "locks"
PROVIDERS = sorted(path.parent.name for path in (ROOT / "providers").glob("*/pyproject.toml"))
PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)", re.MULTILINE)


def pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text(encoding="utf-8")))


def test_the_dockerfile_has_no_finding() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_dockerfile_copies_what_the_ignore_file_lets_in() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {name for copy in copies for name in copy.split()} == allowed


def test_every_provider_has_a_lock_and_the_image_takes_all_of_them() -> None:
    assert {path.stem for path in LOCKS.glob("*.txt")} == {"build", "core", *PROVIDERS}
    (named,) = re.findall(r'^ARG PROVIDERS="(.*)"$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert named.split() == PROVIDERS


@pytest.mark.parametrize("lock", ["build", "core", *PROVIDERS])
def test_the_image_has_the_versions_that_the_tests_run_with(lock: str) -> None:
    tested, shipped = pins(ROOT / "requirements.lock"), pins(LOCKS / f"{lock}.txt")
    assert shipped
    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}


def test_what_only_tests_need_is_not_in_the_image() -> None:
    shipped = {name for path in LOCKS.glob("*.txt") for name in pins(path)}
    assert shipped & {"pytest", "moto", "mypy", "kubernetes", "gotpl"} == set()


@pytest.mark.process
def test_the_steps_of_the_image_install_the_operator_and_the_providers_named(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "HOME": str(tmp_path), "PIP_NO_CACHE_DIR": "0"}
    script, target = ROOT / "image" / "install.sh", tmp_path / "image"
    done = subprocess.run(
        ["sh", str(script), str(target), "vault"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("  provider")}
    assert found == {"fake", "vault"}
    python = target / "bin" / "python"
    listing = "import importlib.metadata as m, json; print(json.dumps([d.name.lower() for d in m.distributions()]))"
    listed = subprocess.run([python, "-c", listing], capture_output=True, text=True, check=True)
    held = {re.sub(r"[-_.]+", "-", name) for name in json.loads(listed.stdout)}
    assert held == {"secrets-operator", "secrets-operator-vault"} | _for_this_machine(target)


def _for_this_machine(target: Path) -> set[str]:
    """Return the pinned packages that are there; a marker keeps some off this platform or Python."""
    pinned = {re.sub(r"[-_.]+", "-", name) for lock in ("core", "vault") for name in pins(LOCKS / f"{lock}.txt")}
    there = {path.name.split("-")[0].lower() for path in target.glob("lib/python*/site-packages/*.dist-info")}
    return pinned & {re.sub(r"[-_.]+", "-", name) for name in there}


def test_a_provider_that_is_not_there_is_refused(tmp_path: Path) -> None:
    command = ["sh", str(ROOT / "image" / "install.sh"), str(tmp_path / "image"), "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: there is no provider nowhere\n")
