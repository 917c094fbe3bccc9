"""The key/value secrets engine, version 2: data with versions, soft delete, undelete and destroy.

Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
The metadata paths are in `kv_v2_metadata`.
"""

from devvault.errors import VaultError, bad_request, not_found
from devvault.fields import boolean, duration, integer, integers, mapping
from devvault.framework import Backend, Fields, path
from devvault.kv_v2_metadata import MetadataPaths
from devvault.kv_versions import KvSettings, Version, VersionedKey, check_cas
from devvault.logical import Operation, Request, Response
from devvault.merge_patch import merge_patch
from devvault.wire_json import Json, with_floats

_CLI_COMMAND = {
    Operation.READ: "get",
    Operation.LIST: "list",
    Operation.CREATE: "put",
    Operation.UPDATE: "put",
    Operation.PATCH: "patch",
    Operation.DELETE: "delete",
}


class KvV2(Backend):
    """Versioned secrets by path."""

    kind = "kv"

    def __init__(self) -> None:
        self._keys: dict[str, VersionedKey] = {}
        self._settings = KvSettings()
        super().__init__(
            path("config", read=self._read_config, write=self._write_config),
            path(
                "data/(?P<path>.+)",
                read=self._read,
                write=self._write,
                patch=self._patch,
                delete=self._delete_latest,
                exists=lambda _, fields: fields["path"] in self._keys,
            ),
            path("delete/(?P<path>.+)", write=self._delete_versions),
            path("undelete/(?P<path>.+)", write=self._undelete_versions),
            path("destroy/(?P<path>.+)", write=self._destroy_versions),
            *MetadataPaths(self._keys).paths(),
            path("(?P<path>.*)", read=_hint, write=_hint, patch=_hint, delete=_hint, list_=_hint),
        )

    def _read_config(self, _request: Request, _fields: Fields) -> Response:
        return Response(self._settings.described())

    def _write_config(self, request: Request, _: Fields) -> None:
        current = self._settings
        self._settings = KvSettings(
            max_versions=integer(request.data, "max_versions", current.max_versions),
            cas_required=boolean(request.data, "cas_required", default=current.cas_required),
            delete_version_after=duration(request.data, "delete_version_after", current.delete_version_after),
        )

    def _read(self, request: Request, fields: Fields) -> Response:
        key = self._keys.get(fields["path"])
        number = integer(request.data, "version") or (key.current if key else 0)
        if key is None or number not in key.versions:
            raise not_found()
        version = key.versions[number]
        readable = version.readable_at(request.now)
        shown = {"data": version.data if readable else None, "metadata": key.version_metadata(number)}
        return Response(shown, status=200 if readable else 404)

    def _write(self, request: Request, fields: Fields) -> Response:
        if "data" not in request.data:
            raise bad_request("no data provided")
        return self._store(request, fields["path"], mapping(request.data, "data"))

    def _patch(self, request: Request, fields: Fields) -> Response:
        data = mapping(request.data, "data")
        if data is None:
            raise bad_request("no data provided")
        key = self._keys.get(fields["path"])
        latest = key.versions.get(key.current) if key else None
        if latest is None or latest.data is None or not latest.readable_at(request.now):
            raise not_found()
        return self._store(request, fields["path"], merge_patch(latest.data, data))

    def _store(self, request: Request, name: str, data: Json | None) -> Response:
        check_cas(self._keys.get(name), self._settings, _cas(mapping(request.data, "options") or {}))
        try:
            kept = with_floats(data)
        except ValueError as error:
            raise VaultError(500, str(error)) from error
        key = self._keys.setdefault(name, VersionedKey(request.now, request.now))
        key.add(kept, request.now, self._settings)
        return Response(key.version_metadata(key.current))

    def _delete_latest(self, request: Request, fields: Fields) -> None:
        key = self._keys.get(fields["path"])
        if key is not None and key.current in key.versions:
            _delete(key.versions[key.current], request)

    def _delete_versions(self, request: Request, fields: Fields) -> None:
        for version in self._chosen(request, fields):
            _delete(version, request)

    def _undelete_versions(self, request: Request, fields: Fields) -> None:
        for version in self._chosen(request, fields):
            version.deletion = version.deletion if version.destroyed else None

    def _destroy_versions(self, request: Request, fields: Fields) -> None:
        for version in self._chosen(request, fields):
            version.destroyed, version.data = True, None

    def _chosen(self, request: Request, fields: Fields) -> list[Version]:
        numbers = integers(request.data, "versions")
        if not numbers:
            raise bad_request("No version number provided")
        key = self._keys.get(fields["path"])
        return [key.versions[number] for number in numbers if number in key.versions] if key else []


def _delete(version: Version, request: Request) -> None:
    if version.readable_at(request.now):
        version.deletion = request.now


def _cas(options: Json) -> int | None:
    """Return the version that must be the latest, None without one; raises VaultError 400 for what is no number."""
    if "cas" not in options:
        return None
    try:
        return int(options["cas"]) if isinstance(options["cas"], bool) else integer(options, "cas")
    except VaultError:
        raise bad_request("error parsing check-and-set parameter") from None


def _hint(request: Request, _: Fields) -> Response:
    """Answer a path without `data/`, `metadata/` and the like: 404 and what the caller probably meant."""
    warning = (
        "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. "
        f"If using the Vault CLI, use 'vault kv {_CLI_COMMAND[request.operation]}' for this operation."
    )
    return Response(warnings=[warning], status=404)
