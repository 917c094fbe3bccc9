"""Declares the paths of what an auth method knows by name: its roles, users or certificates."""

from collections.abc import Callable, MutableMapping
from typing import Any

from devvault.framework import Fields, Handler, Path, path
from devvault.listing import list_response
from devvault.logical import Request, Response


def entry_paths(  # noqa: PLR0913 - a declaration reads best in one call, all of it by keyword
    place: str,
    entries: MutableMapping[str, Any],
    *,
    read: Handler,
    write: Handler,
    field: str = "role",
    list_at: str = "",
    known_as: Callable[[str], str] = str,
) -> tuple[Path, Path]:
    """Declare that `entries` are listed at `place`, or at `list_at`, and that one is read, written and deleted there.

    `field` names what a path calls an entry, `known_as` turns that into its name: some methods do not tell case apart.
    """

    def listed(_request: Request, _fields: Fields) -> Response:
        return list_response(sorted(entries))

    def exists(_request: Request, fields: Fields) -> bool:
        return known_as(fields[field]) in entries

    def delete(_request: Request, fields: Fields) -> None:
        entries.pop(known_as(fields[field]), None)

    one = path(f"{place}/(?P<{field}>[^/]+)", read=read, write=write, delete=delete, exists=exists)
    return path(f"{list_at or place}/?", list_=listed), one
