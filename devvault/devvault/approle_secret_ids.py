"""The secret IDs of one AppRole role: made, looked up, used up, expired, destroyed."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from devvault.clock import rfc3339
from devvault.durations import whole_seconds
from devvault.errors import bad_request
from devvault.fields import duration, integer, refuse_unsupported, text
from devvault.identifiers import Identifiers
from devvault.logical import Request, Response
from devvault.wire_json import Json

_Limit = TypeVar("_Limit", int, timedelta)


@dataclass
class SecretId:
    """One secret ID; `uses_left` 0 means unlimited."""

    value: str = field(repr=False)
    accessor: str
    created: datetime
    ttl: timedelta
    uses_left: int
    metadata: dict[str, str]

    def is_live(self, now: datetime) -> bool:
        """Tell whether it has not expired."""
        return not self.ttl or self.created + self.ttl > now


@dataclass
class SecretIds:
    """The secret IDs of a role, with the role's defaults for new ones."""

    num_uses: int = 0
    ttl: timedelta = timedelta()
    _ids: dict[str, SecretId] = field(default_factory=dict, repr=False)

    def make(self, request: Request, identifiers: Identifiers, value: str) -> SecretId:
        """Make a secret ID; the request may lower the role's uses and lifetime. Raises VaultError 400."""
        refuse_unsupported(request.data, "cidr_list", "token_bound_cidrs")
        if value in self._ids:
            raise bad_request("SecretID is already registered")
        made = SecretId(
            value=value,
            accessor=identifiers.new_uuid(),
            created=request.now,
            ttl=_lowered(self.ttl, duration(request.data, "ttl", self.ttl), "ttl"),
            uses_left=_lowered(self.num_uses, integer(request.data, "num_uses", self.num_uses), "num_uses"),
            metadata=_metadata(request.data),
        )
        self._ids[value] = made
        return made

    def find(self, name: str, now: datetime) -> SecretId | None:
        """Return a live secret ID by its value or its accessor."""
        known = (one for one in self._ids.values() if name in {one.value, one.accessor})
        return next((one for one in known if one.is_live(now)), None)

    def use(self, value: str, now: datetime) -> SecretId | None:
        """Count one use and return the secret ID, or None when it is unknown, expired or used up."""
        found = self._ids.get(value)
        if found is None or not found.is_live(now):
            return None
        if found.uses_left == 1:
            self.destroy(found)
        elif found.uses_left:
            found.uses_left -= 1
        return found

    def destroy(self, secret_id: SecretId) -> None:
        """Forget a secret ID."""
        self._ids.pop(secret_id.value, None)

    def accessors(self, now: datetime) -> list[str]:
        """Return the accessors of the live secret IDs, sorted."""
        return sorted(one.accessor for one in self._ids.values() if one.is_live(now))


def _lowered(limit: _Limit, wanted: _Limit, name: str) -> _Limit:
    if limit and (not wanted or wanted > limit):
        raise bad_request(f"secret_id {name} cannot be higher than the role's secret_id_{name}")
    return wanted


def _metadata(data: Json) -> dict[str, str]:
    """Read the metadata of a secret ID, which Vault takes as the text of a JSON object."""
    try:
        parsed = json.loads(text(data, "metadata") or "{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
        raise bad_request("failed to parse metadata: a JSON object of strings, written as text")
    return parsed


def id_response(secret_id: SecretId) -> Response:
    """Return the answer to making a secret ID."""
    return Response(
        {
            "secret_id": secret_id.value,
            "secret_id_accessor": secret_id.accessor,
            "secret_id_ttl": whole_seconds(secret_id.ttl),
        },
    )


def described(secret_id: SecretId) -> Json:
    """Return the answer to looking up a secret ID."""
    expires = rfc3339(secret_id.created + secret_id.ttl) if secret_id.ttl else "0001-01-01T00:00:00Z"
    return {
        "cidr_list": [],
        "creation_time": rfc3339(secret_id.created),
        "expiration_time": expires,
        "last_updated_time": rfc3339(secret_id.created),
        "metadata": secret_id.metadata,
        "secret_id_accessor": secret_id.accessor,
        "secret_id_num_uses": secret_id.uses_left,
        "secret_id_ttl": whole_seconds(secret_id.ttl),
        "token_bound_cidrs": [],
    }
