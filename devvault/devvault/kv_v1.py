"""The key/value secrets engine, version 1: one map at each path, no versions.

Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1
"""

from datetime import timedelta

from devvault.durations import parse_duration, whole_seconds
from devvault.errors import bad_request
from devvault.framework import Backend, Fields, path
from devvault.listing import keys_under, list_response
from devvault.logical import Request, Response
from devvault.wire_json import Json

_DEFAULT_LEASE = timedelta(days=32)


class KvV1(Backend):
    """Secrets by path."""

    kind = "kv"

    def __init__(self) -> None:
        self._secrets: dict[str, Json] = {}
        super().__init__(
            path(
                "(?P<path>.*)",
                read=self._read,
                write=self._write,
                delete=self._delete,
                list_=self._list,
                exists=lambda _, fields: fields["path"] in self._secrets,
            ),
        )

    def _read(self, _: Request, fields: Fields) -> Response | None:
        secret = self._secrets.get(fields["path"])
        return None if secret is None else Response(secret, lease_duration=_lease_seconds(secret))

    def _write(self, request: Request, fields: Fields) -> None:
        if not request.data:
            raise bad_request("missing data fields")
        self._secrets[fields["path"]] = request.data

    def _delete(self, _: Request, fields: Fields) -> None:
        self._secrets.pop(fields["path"], None)

    def _list(self, _: Request, fields: Fields) -> Response:
        return list_response(keys_under(fields["path"], self._secrets))


def _lease_seconds(secret: Json) -> int:
    """Return the hint how long a reader may keep a secret, which writers put under `ttl` or `lease`."""
    for name in ("ttl", "lease"):
        try:
            return whole_seconds(parse_duration(secret[name]))
        except (KeyError, ValueError, TypeError, AttributeError):
            continue
    return whole_seconds(_DEFAULT_LEASE)
