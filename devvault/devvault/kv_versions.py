"""What the versioned key/value engine keeps for one key: its versions and its metadata, and the rules between them.

Pure data: no requests and no clock in here; `kv_v2` and `kv_v2_metadata` are the HTTP face.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devvault.clock import rfc3339
from devvault.durations import go_duration
from devvault.errors import bad_request
from devvault.wire_json import Json

_DEFAULT_MAX_VERSIONS = 10


@dataclass
class KvSettings:
    """The settings of a mount, and those of a key, which win where they are set."""

    max_versions: int = 0
    cas_required: bool = False
    delete_version_after: timedelta = timedelta()

    def described(self) -> Json:
        """Return the settings as the API shows them."""
        return {
            "cas_required": self.cas_required,
            "delete_version_after": go_duration(self.delete_version_after),
            "max_versions": self.max_versions,
        }


@dataclass
class Version:
    """One version; `data` is None once destroyed, or when null was written."""

    data: Json | None = field(repr=False)
    created: datetime
    deletion: datetime | None = None
    destroyed: bool = False

    def readable_at(self, now: datetime) -> bool:
        """Tell whether the data may be read: not destroyed and not (yet) deleted."""
        return not self.destroyed and (self.deletion is None or self.deletion > now)

    def described(self) -> Json:
        """Return the version as the key's metadata lists it."""
        deletion = rfc3339(self.deletion) if self.deletion else ""
        return {"created_time": rfc3339(self.created), "deletion_time": deletion, "destroyed": self.destroyed}


@dataclass
class VersionedKey:
    """All versions of one key with its metadata."""

    created: datetime
    updated: datetime
    settings: KvSettings = field(default_factory=KvSettings)
    custom_metadata: dict[str, str] | None = None
    current: int = 0
    oldest: int = 0
    versions: dict[int, Version] = field(default_factory=dict)

    def add(self, data: Json | None, now: datetime, mount: KvSettings) -> None:
        """Add the next version and drop what exceeds the number of versions to keep."""
        lifetime = _shortest(self.settings.delete_version_after, mount.delete_version_after)
        self.current += 1
        self.versions[self.current] = Version(data, now, now + lifetime if lifetime else None)
        self.updated = now
        self._drop_old(self.settings.max_versions or mount.max_versions or _DEFAULT_MAX_VERSIONS)

    def _drop_old(self, keep: int) -> None:
        if self.current - self.oldest >= keep:
            self.oldest = self.current - keep + 1
            self.versions = {number: kept for number, kept in self.versions.items() if number >= self.oldest}

    def version_metadata(self, number: int) -> Json:
        """Return the metadata of one version, with the key's custom metadata where there is any."""
        shown = {**self.versions[number].described(), "version": number}
        return shown if self.custom_metadata is None else {**shown, "custom_metadata": self.custom_metadata}

    def described(self) -> Json:
        """Return the metadata of the key."""
        shown = {
            **self.settings.described(),
            "created_time": rfc3339(self.created),
            "current_version": self.current,
            "oldest_version": self.oldest,
            "updated_time": rfc3339(self.updated),
            "versions": {str(number): version.described() for number, version in self.versions.items()},
        }
        return shown if self.custom_metadata is None else {**shown, "custom_metadata": self.custom_metadata}


def check_cas(key: VersionedKey | None, mount: KvSettings, cas: int | None) -> None:
    """Hold a write against check-and-set. Raises VaultError 400 when it is required or does not match."""
    if cas is None:
        if mount.cas_required or (key is not None and key.settings.cas_required):
            raise bad_request("check-and-set parameter required for this call")
    elif cas != (key.current if key else 0):
        raise bad_request("check-and-set parameter did not match the current version")


def _shortest(*durations: timedelta) -> timedelta:
    return min((duration for duration in durations if duration > timedelta()), default=timedelta())
