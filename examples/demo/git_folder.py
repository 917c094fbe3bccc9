"""The Git side of the demo: a real local repository, commits, and the tree of a commit as files."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path


class GitFolder:
    """A repository that a team would push to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def create(self, content: Path, replacements: dict[str, str]) -> str:
        """Start the repository with a copy of ``content``, texts replaced, and return the first commit."""
        shutil.copytree(content, self.path)
        for file in self.path.rglob("*.yaml"):
            text = file.read_text()
            for old, new in replacements.items():
                text = text.replace(old, new)
            file.write_text(text)
        await self._git("init", "--quiet", "--initial-branch=main")
        return await self.commit("Shop: stores, references and ciphertext")

    async def commit(self, message: str) -> str:
        """Commit everything and return the short commit id."""
        await self._git("add", "--all")
        author = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false")
        await self._git(*author, "commit", "--quiet", "--message", message)
        return (await self._git("rev-parse", "--short", "HEAD")).strip()

    async def checkout(self, commit: str, target: Path) -> Path:
        """Write the tree of ``commit`` to ``target``: what is applied is what was committed, not the working folder."""
        await self._git("worktree", "add", "--quiet", "--detach", str(target), commit)
        return target

    async def _git(self, *arguments: str) -> str:
        running = await asyncio.create_subprocess_exec(
            "git", *arguments, cwd=self.path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await running.communicate()
        if running.returncode:
            message = f"git {' '.join(arguments)} failed: {errors.decode().strip()}"
            raise RuntimeError(message)
        return output.decode()
