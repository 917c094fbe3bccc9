"""The metadata paths of the versioned key/value engine: settings of a key, listing, full removal."""

from devvault.errors import bad_request, not_found
from devvault.fields import boolean, duration, integer, mapping, text
from devvault.framework import Fields, Path, path
from devvault.kv_versions import KvSettings, VersionedKey
from devvault.listing import keys_under, list_response
from devvault.logical import Operation, Request, Response
from devvault.merge_patch import merge_patch
from devvault.wire_json import Json

_MAX_KEYS, _MAX_KEY_LENGTH, _MAX_VALUE_LENGTH = 64, 128, 512


class MetadataPaths:
    """Serves `metadata/` over the keys of one mount."""

    def __init__(self, keys: dict[str, VersionedKey]) -> None:
        self._keys = keys

    def paths(self) -> tuple[Path, ...]:
        """Declare the metadata paths."""
        return (
            path(
                "metadata/?(?P<path>.*)",
                read=self._read,
                write=self._write,
                patch=self._write,
                delete=self._delete,
                list_=self._list,
                exists=lambda _, fields: fields["path"] in self._keys,
            ),
        )

    def _read(self, _: Request, fields: Fields) -> Response | None:
        key = self._keys.get(fields["path"])
        return Response(key.described()) if key else None

    def _write(self, request: Request, fields: Fields) -> None:
        name = fields["path"]
        if not name:
            raise bad_request("missing path")
        if request.operation is Operation.PATCH and name not in self._keys:
            raise not_found()
        key = self._keys.get(name) or VersionedKey(request.now, request.now)
        key.custom_metadata = _custom(request, key.custom_metadata or {}) or None
        key.settings = _settings(key.settings, request.data)
        self._keys[name] = key

    def _delete(self, _: Request, fields: Fields) -> None:
        self._keys.pop(fields["path"], None)

    def _list(self, _: Request, fields: Fields) -> Response:
        return list_response(keys_under(fields["path"], self._keys))


def _settings(current: KvSettings, data: Json) -> KvSettings:
    return KvSettings(
        max_versions=integer(data, "max_versions", current.max_versions),
        cas_required=boolean(data, "cas_required", default=current.cas_required),
        delete_version_after=duration(data, "delete_version_after", current.delete_version_after),
    )


def _custom(request: Request, current: dict[str, str]) -> dict[str, str]:
    """Return the custom metadata after a write: what is given takes the place of all, or of its names by a patch."""
    if "custom_metadata" not in request.data:
        return current
    given = mapping(request.data, "custom_metadata") or {}
    if request.operation is Operation.PATCH:
        given = merge_patch(current, given)
    return _checked({name: text(given, name) for name in given})


def _checked(custom: dict[str, str]) -> dict[str, str]:
    """Hold custom metadata against Vault's limits. Raises VaultError 400 beyond them."""
    if len(custom) > _MAX_KEYS:
        raise bad_request(f"custom_metadata validation failed: at most {_MAX_KEYS} keys, provided {len(custom)}")
    if any(not 0 < len(name) <= _MAX_KEY_LENGTH for name in custom):
        raise bad_request(f"custom_metadata validation failed: a key has 1 to {_MAX_KEY_LENGTH} characters")
    if any(not 0 < len(value) <= _MAX_VALUE_LENGTH for value in custom.values()):
        raise bad_request(f"custom_metadata validation failed: a value has 1 to {_MAX_VALUE_LENGTH} characters")
    return custom
