"""Lists keys the way Vault does: one level deep, a folder once and with a slash at its end."""

from collections.abc import Iterable

from devvault.errors import not_found
from devvault.logical import Response


def keys_under(folder: str, paths: Iterable[str]) -> list[str]:
    """Return the names directly under a folder (`""` is the root), sorted."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    rests = (path.removeprefix(prefix) for path in paths if path.startswith(prefix))
    names = set()
    for rest in rests:
        head, slash, _ = rest.partition("/")
        names.add(head + slash)
    return sorted(names)


def list_response(keys: list[str]) -> Response:
    """Return the answer to a LIST; an empty folder is a 404 in Vault."""
    if not keys:
        raise not_found()
    return Response({"keys": keys})
