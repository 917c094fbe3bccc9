"""Where a key of a remote reference is in Vault's API. Pure.

With a mount in the store a key may name the mount and ``data`` or not; without one a key is a complete API path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from secrets_operator.errors import InvalidSpec

V2 = "v2"
VALUES, METADATA = "data", "metadata"
# These hold no secrets of users: a read there would show the store's own token or the server's settings.
_NO_ENGINES = frozenset({"auth", "sys"})


class Engine(NamedTuple):
    """A secrets engine as a store names it."""

    mount: str | None
    version: str


def data_path(key: str, engine: Engine) -> str:
    """Return the path that a value is read from, without ``/v1/``; raises InvalidSpec for a key that has none."""
    return "/".join(_located(key, engine.mount, engine.version, VALUES))


def metadata_path(key: str, engine: Engine) -> str:
    """Return the path of the metadata of the secret that :func:`data_path` finds in an engine of version 2."""
    return "/".join(_located(key, engine.mount, V2, METADATA))


def path_below(engine: Engine, relative: Sequence[str], area: str) -> str:
    """Return the path of what a listing named, by segments from the mount; nothing is taken for the mount again.

    Raises InvalidSpec when the store names no mount, or one that is no secrets engine.
    """
    mount = segments(engine.mount or "")
    if not mount:
        raise InvalidSpec("a query needs the mount of the engine: set path in the store")
    _refuse_no_engine(mount)
    return "/".join([*mount, area, *relative] if engine.version == V2 else [*mount, *relative])


def segments(path: str) -> list[str]:
    """Split a path as Vault's own clients clean it: doubled slashes and those at the ends mean nothing.

    Raises InvalidSpec where a segment is ``.`` or ``..``: that could lead out of the mount.
    """
    if not path.isprintable():
        raise InvalidSpec("must not have control characters")
    found = [segment for segment in path.split("/") if segment]
    if not {".", ".."}.isdisjoint(found):
        raise InvalidSpec("must not have . or .. between slashes")
    return found


def _located(key: str, mount: str | None, version: str, area: str) -> Sequence[str]:
    wanted, at = segments(key), segments(mount or "")
    if not wanted:
        raise InvalidSpec("the key must not be empty")
    found = _below_mount(wanted, at, version, area) if at else _complete(wanted, version, area)
    _refuse_no_engine(found)
    return found


def _refuse_no_engine(path: Sequence[str]) -> None:
    if path[0] in _NO_ENGINES:
        raise InvalidSpec(f"{path[0]}/ is not a secrets engine")


def _below_mount(wanted: list[str], mount: list[str], version: str, area: str) -> list[str]:
    rest = wanted
    # A key that is nothing but the mount's name is a secret of that name.
    if len(wanted) > len(mount) and wanted[: len(mount)] == mount:
        rest = wanted[len(mount) :]
        if version == V2 and len(rest) > 1 and rest[0] == "data":
            rest = rest[1:]
    return [*mount, area, *rest] if version == V2 else [*mount, *rest]


def _complete(wanted: list[str], version: str, area: str) -> list[str]:
    if version != V2:
        return wanted
    # The mount is what stands before the first /data/, or else the first segment.
    if "data" in wanted[1:-1]:
        at = wanted.index("data", 1)
        return [*wanted[:at], area, *wanted[at + 1 :]]
    return [wanted[0], area, *wanted[1:]]
