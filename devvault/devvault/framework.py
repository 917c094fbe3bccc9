"""How a backend declares its paths: a pattern, a handler for each operation, and who may call it.

`Backend.match` finds the declared path for the rest of a request path behind the mount.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from devvault.logical import Operation, Request, Response

Fields = dict[str, str]
Answer = Response | None
# One that has to ask somebody else is a coroutine.
Handler = Callable[[Request, Fields], Answer | Awaitable[Answer]]
Existence = Callable[[Request, Fields], bool]


@dataclass(frozen=True)
class Path:
    """One path of a backend.

    `exists` tells a create from an update; without it every write is an update.
    `login` paths are served without a token; `sudo` paths need that capability as well.
    """

    pattern: re.Pattern[str]
    operations: Mapping[Operation, Handler]
    exists: Existence | None = None
    login: bool = False
    sudo: bool = False


def path(  # noqa: PLR0913 - a declaration reads best in one call, all of it by keyword
    pattern: str,
    *,
    read: Handler | None = None,
    write: Handler | None = None,
    patch: Handler | None = None,
    delete: Handler | None = None,
    list_: Handler | None = None,
    exists: Existence | None = None,
    login: bool = False,
    sudo: bool = False,
) -> Path:
    """Declare a path; `write` answers both create and update."""
    handlers = {
        Operation.READ: read,
        Operation.CREATE: write,
        Operation.UPDATE: write,
        Operation.PATCH: patch,
        Operation.DELETE: delete,
        Operation.LIST: list_,
    }
    declared = {operation: handler for operation, handler in handlers.items() if handler is not None}
    return Path(re.compile(pattern), declared, exists, login, sudo)


class Backend:
    """A secrets engine or auth method at one mount; subclasses fill `paths` in their constructor."""

    kind: ClassVar[str]

    def __init__(self, *paths: Path) -> None:
        self.paths = paths

    def match(self, rest: str) -> tuple[Path, Fields] | None:
        """Return the first declared path that fits the whole of `rest`, with its named parts."""
        for declared in self.paths:
            if found := declared.pattern.fullmatch(rest):
                return declared, {name: value or "" for name, value in found.groupdict().items()}
        return None
