"""The files of this repository as the packaging tests read them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_NOT_OURS = ("__pycache__", "dist", "build", "node_modules", "uv.lock")


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield every file that is or could be committed: no caches, no virtual environment, nothing of Git's."""
    for path in sorted(folder.iterdir()):
        if path.name in _NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir() and (not path.name.startswith(".") or path.name in (".ci", ".github")):
            yield from files(path)
        elif path.is_file():
            yield path


def modules() -> list[Path]:
    """Return every Python file."""
    return [path for path in files() if path.suffix == ".py"]


def shown(path: Path) -> str:
    """Return a path as a person writes it."""
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Distribution:
    """One member of the workspace: its folder and its pyproject.toml."""

    folder: Path
    project: dict[str, Any]

    @property
    def name(self) -> str:
        name: str = self.project["name"]
        return name

    @property
    def package(self) -> str:
        """The import name."""
        return self.name.replace("-", "_")

    @property
    def is_provider(self) -> bool:
        return self.folder.parent.name == "providers"


def settings() -> dict[str, Any]:
    """Return the root's pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def distributions() -> list[Distribution]:
    """Return the core and every member that the workspace names."""
    folders = [ROOT]
    for pattern in settings()["tool"]["uv"]["workspace"]["members"]:
        folders += [found for found in sorted(ROOT.glob(pattern)) if (found / "pyproject.toml").exists()]
    return [
        Distribution(folder, tomllib.loads((folder / "pyproject.toml").read_text())["project"]) for folder in folders
    ]


def providers() -> list[Distribution]:
    """Return the members that are provider plug-ins."""
    return [found for found in distributions() if found.is_provider]
