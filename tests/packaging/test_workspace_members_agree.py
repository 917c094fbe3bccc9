"""Core and members move in lock-step, declare what they import, and the import rules know every one of them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.source_tree import ROOT, Distribution, distributions, files, providers, settings, shown

CORE = distributions()[0]
MEMBERS = [pytest.param(member, id=member.name) for member in distributions()]
PROVIDERS = [pytest.param(member, id=member.name) for member in providers()]
STAND_INS = [member for member in distributions()[1:] if not member.is_provider]
# No code to import: zoneinfo reads it where the system has no time zones.
DATA_ONLY = {"tzdata"}
# What a plug-in may import of the core: the contract and the data that travels.
OPEN_TO_PLUGINS = {"provider", "flow", "errors", "resources", "environment", "__main__"}


def requirements(member: Distribution) -> list[Requirement]:
    """Return what a member needs, those of its extras included."""
    extras = member.project.get("optional-dependencies", {}).values()
    return [
        Requirement(text) for text in [*member.project["dependencies"], *(one for extra in extras for one in extra)]
    ]


def development() -> list[Requirement]:
    return [Requirement(text) for text in settings()["dependency-groups"]["dev"]]


def names(found: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in found}


def test_every_test_is_run() -> None:
    paths = [ROOT / path for path in settings()["tool"]["pytest"]["ini_options"]["testpaths"]]
    files = [path for path in ROOT.rglob("test_*.py") if not path.relative_to(ROOT).parts[0].startswith(".")]
    assert files
    assert [path for path in files if not any(path.is_relative_to(one) for one in paths)] == []


@pytest.mark.parametrize("member", MEMBERS)
def test_versions_and_pythons_are_equal(member: Distribution) -> None:
    fields = ("version", "requires-python", "license")
    assert {name: member.project[name] for name in fields} == {name: CORE.project[name] for name in fields}


@pytest.mark.parametrize("member", PROVIDERS)
def test_a_provider_needs_the_core_of_its_series(member: Distribution) -> None:
    major, minor, *_ = CORE.project["version"].split(".")
    assert f"secrets-operator~={major}.{minor}.0" in member.project["dependencies"]


@pytest.mark.parametrize("member", PROVIDERS)
def test_a_provider_is_an_extra_of_the_core(member: Distribution) -> None:
    extras = CORE.project["optional-dependencies"]
    extra = member.name.removeprefix("secrets-operator-")
    assert names([Requirement(text) for text in extras[extra]]) == {member.name}
    assert extra in Requirement(extras["all"][0]).extras


@pytest.mark.parametrize("member", MEMBERS)
def test_entry_points_load(member: Distribution) -> None:
    groups = {**member.project.get("entry-points", {}), "console_scripts": member.project.get("scripts", {})}
    for group, points in groups.items():
        for name, value in points.items():
            assert EntryPoint(name, value, group).load() is not None


@pytest.mark.parametrize("member", MEMBERS)
def test_a_distribution_says_what_it_is(member: Distribution) -> None:
    assert member.project["description"]
    assert (member.folder / member.project["readme"]).exists()
    assert (member.folder / member.package / "py.typed").exists()


# --- imports and dependencies ---


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield file and top-level name of each foreign import below a folder."""
    for path in files(folder):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules = [node.module]
            yield from ((shown(path), name.partition(".")[0]) for name in modules)


@cache
def offered() -> dict[str, set[str]]:
    """Return the distributions that offer each top-level name; editable ones do not list theirs."""
    found: dict[str, set[str]] = {
        name: {canonicalize_name(one) for one in many} for name, many in packages_distributions().items()
    }
    return found | {member.package: {member.name} for member in distributions()}


def undeclared(folder: Path, declared: set[str], own: set[str]) -> list[str]:
    beside = {path.stem for path in folder.glob("*.py")} | own
    return sorted(
        {
            f"{path} imports {name}"
            for path, name in imported(folder)
            if name not in sys.stdlib_module_names | beside and not offered().get(name, set()) & declared
        }
    )


@pytest.mark.parametrize("member", MEMBERS)
def test_what_a_package_imports_is_declared(member: Distribution) -> None:
    assert undeclared(member.folder / member.package, names(requirements(member)), {member.package}) == []


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(path, id=path)
        for path in (
            "tests",
            "examples/demo",
            "bench",
            "charts",
            *(f"{shown(one.folder)}/tests" for one in distributions()[1:]),
        )
        if (ROOT / path).exists()
    ],
)
def test_what_the_tests_import_is_declared(folder: str) -> None:
    everything = names(development()) | {one.name for one in distributions()}
    for member in distributions():
        everything |= names(requirements(member))
    assert undeclared(ROOT / folder, everything, {"tests", "charts"}) == []


@pytest.mark.parametrize("member", MEMBERS)
def test_what_a_package_declares_is_imported(member: Distribution) -> None:
    needed = {canonicalize_name(Requirement(text).name) for text in member.project["dependencies"]}
    used = {one for _, name in imported(member.folder / member.package) for one in offered().get(name, set())}
    assert needed - used - DATA_ONLY - {"secrets-operator"} == set()


# --- the lock ---


def locked() -> dict[str, str]:
    """Return the version of each locked distribution."""
    found = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_lock_meets_every_declared_need() -> None:
    versions, own = locked(), {one.name for one in distributions()}
    needed = [one for member in distributions() for one in requirements(member)] + development()
    unmet = [
        str(one)
        for one in needed
        if canonicalize_name(one.name) not in own
        and not one.specifier.contains(versions.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]
    assert unmet == [], "run make lock"


def test_the_lock_pins_by_hash_and_names_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text()
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"://|^-|@ |file:", text, re.MULTILINE)


# --- import rules ---


@cache
def contracts() -> dict[str, dict[str, Any]]:
    return {contract["name"]: contract for contract in settings()["tool"]["importlinter"]["contracts"]}


def contract(start: str) -> dict[str, Any]:
    """Return the one contract whose name starts so."""
    (found,) = (value for name, value in contracts().items() if name.startswith(start))
    return found


def test_the_import_rules_cover_every_member() -> None:
    everyone = {member.package for member in distributions()}
    plugins = {member.package for member in providers()}
    stand_ins = {member.package for member in STAND_INS}
    assert set(settings()["tool"]["importlinter"]["root_packages"]) == everyone
    assert plugins | stand_ins <= set(contract("The core knows no plug-in")["forbidden_modules"])
    assert set(contract("Plug-ins do not know each other")["modules"]) == plugins
    assert set(contract("Plug-ins see")["source_modules"]) == plugins
    assert set(contract("The dev cluster")["source_modules"]) == stand_ins
    assert set(contract("The dev cluster")["forbidden_modules"]) == everyone - stand_ins


def test_plugins_are_kept_out_of_all_but_the_contract() -> None:
    parts = {path.stem for path in (ROOT / "secrets_operator").iterdir() if path.suffix == ".py" or path.is_dir()}
    closed = parts - OPEN_TO_PLUGINS - {"__init__", "__pycache__", "py"}
    assert set(contract("Plug-ins see")["forbidden_modules"]) == {f"secrets_operator.{name}" for name in closed}
