"""The data file: everything a cluster is, saved shortly after each change and put back at the next start.

The file is JSON: the revision, port, token and authority, and per collection its objects and the revision of
its last change, so that watches resume across a restart where nothing was missed.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from devcluster.certificates import Authority
from devcluster.history import Change
from devcluster.private_files import write_private
from devcluster.storage import CollectionKey, Store

_FORMAT = 1
_DEBOUNCE_SECONDS = 0.3
_LOG = logging.getLogger(__name__)


class UnreadableData(Exception):
    """The data file is not one that this version has written."""


@dataclass(frozen=True)
class Identity:
    """What makes a kubeconfig go on working: the port, the admin's token and the authority."""

    port: int
    token: str
    authority: Authority

    def __repr__(self) -> str:
        return f"Identity(port={self.port}, ***)"


def restore(path: Path, store: Store) -> Identity | None:
    """Put the saved objects into an empty store and return the saved identity; None when there is no file.

    Raises:
        UnreadableData: the file cannot be used; delete it or name another.

    """
    if not path.exists():
        return None
    try:
        saved = orjson.loads(path.read_bytes())
        if saved["format"] != _FORMAT:
            raise UnreadableData(
                f"{path} has format {saved['format']}, this version reads {_FORMAT}; name another file"
            )
        _restore_objects(saved, store)
        authority = Authority(saved["authority"]["certificate"], saved["authority"]["key"])
        return Identity(saved["port"], saved["token"], authority)
    except (orjson.JSONDecodeError, KeyError, TypeError) as err:
        raise UnreadableData(f"{path} is not a data file of devcluster; delete it or name another") from err


def _restore_objects(saved: dict[str, Any], store: Store) -> None:
    store.revision = saved["revision"]
    for found in saved["collections"]:
        where = (found["group"], found["plural"])
        store.collection(where).history.forget_until(found["last"])
        for item in found["objects"]:
            store.restore(where, item["object"], item["created"])


class Saver:
    """Saves the store after changes, several within a moment together."""

    def __init__(self, path: Path, store: Store, identity: Callable[[], Identity]) -> None:
        self._path = path
        self._store = store
        self._identity = identity
        self._dirty = asyncio.Event()
        store.listen(self._changed)

    def _changed(self, _where: CollectionKey, _change: Change) -> None:
        self._dirty.set()

    async def run(self) -> None:
        """Save after changes until cancelled."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(_DEBOUNCE_SECONDS)
            self._dirty.clear()
            try:
                await self.save()
            except OSError:
                _LOG.exception("the data file cannot be written: %s", self._path)

    async def save(self) -> None:
        """Save everything now.

        Raises:
            OSError: the file cannot be written.

        """
        state = self._state()
        await asyncio.to_thread(lambda: write_private(self._path, orjson.dumps(state)))

    def _state(self) -> dict[str, Any]:
        """Return a snapshot; stored documents never change, so another thread may serialise it."""
        identity = self._identity()
        return {
            "format": _FORMAT,
            "revision": self._store.revision,
            "port": identity.port,
            "token": identity.token,
            "authority": {"certificate": identity.authority.certificate_pem, "key": identity.authority.key_pem},
            "collections": [
                {
                    "group": collection.key[0],
                    "plural": collection.key[1],
                    "last": collection.history.last,
                    "objects": [{"created": entry.created, "object": entry.document} for entry in collection.entries()],
                }
                for collection in self._store.collections.values()
            ],
        }
