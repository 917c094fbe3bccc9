"""The mount table: which backend serves which path prefix.

Secrets engines sit at `kv/`, auth methods at `auth/approle/`; the longest prefix that fits wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from devvault.errors import bad_request
from devvault.framework import Backend
from devvault.identifiers import Identifiers
from devvault.wire_json import Json

AUTH_PREFIX = "auth/"


@dataclass
class MountEntry:
    """One mount; `path` ends in a slash and, for an auth method, starts with `auth/`."""

    path: str
    kind: str
    backend: Backend
    accessor: str
    uuid: str
    description: str = ""
    options: dict[str, str] | None = None
    config: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path as users name it: without `auth/` and without the last slash."""
        return self.path.removeprefix(AUTH_PREFIX).removesuffix("/")

    def described(self) -> Json:
        """Return the entry as `sys/mounts` and `sys/auth` show it."""
        tuning = {"default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": False}
        return {
            "accessor": self.accessor,
            "config": {**tuning, **self.config},
            "description": self.description,
            "external_entropy_access": False,
            "local": False,
            "options": self.options,
            "seal_wrap": False,
            "type": self.kind,
            "uuid": self.uuid,
        }


class MountTable:
    """All mounts, by path."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._entries: dict[str, MountEntry] = {}

    def add(self, path: str, kind: str, backend: Backend) -> MountEntry:
        """Mount a backend. Raises VaultError 400 when the path is in use, also by part of another."""
        path = path.strip("/") + "/"
        if clash := next((taken for taken in self._entries if taken.startswith(path) or path.startswith(taken)), None):
            raise bad_request(f"path is already in use at {clash.removeprefix(AUTH_PREFIX)}")
        accessor = f"{path.rstrip('/').replace('/', '_')}_{self._identifiers.new_uuid()[:8]}"
        self._entries[path] = MountEntry(path, kind, backend, accessor, self._identifiers.new_uuid())
        return self._entries[path]

    def remove(self, path: str) -> None:
        """Unmount a path with all it holds; nothing happens when nothing is mounted there."""
        self._entries.pop(path.strip("/") + "/", None)

    def get(self, path: str) -> MountEntry | None:
        """Return the entry mounted at exactly this path."""
        return self._entries.get(path.strip("/") + "/")

    def route(self, path: str) -> MountEntry | None:
        """Return the entry that serves a request path; a path equal to a mount without its slash fits too."""
        fitting = (entry for prefix, entry in self._entries.items() if f"{path}/".startswith(prefix))
        return max(fitting, key=lambda entry: len(entry.path), default=None)

    def engines(self) -> Iterator[MountEntry]:
        """Yield the secrets engines and the system backend, sorted by path."""
        return (entry for path, entry in sorted(self._entries.items()) if not path.startswith(AUTH_PREFIX))

    def auth_methods(self) -> Iterator[MountEntry]:
        """Yield the auth methods, sorted by path."""
        return (entry for path, entry in sorted(self._entries.items()) if path.startswith(AUTH_PREFIX))
