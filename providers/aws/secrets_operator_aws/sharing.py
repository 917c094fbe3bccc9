"""Which sessions AWS answers alike: those that log in with the same, in the same way, at the same place.

Everything that decides goes in: what the login starts from as it was resolved, the roles on top of it with all they are
told, service and region, and what the operator's environment and the SDK's files say. It goes in as a keyed digest,
since an identity is compared and kept, and no credential is to be read off it.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from botocore.credentials import RefreshableCredentials

from secrets_operator_aws.identity import Identity, StaticKeys, WebIdentity
from secrets_operator_aws.roles import Hop

# Of this process only: a digest says nothing to anybody else, and nothing after a restart.
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Start:
    """What a login starts from, and what else decides what it is."""

    credential: bytes
    environment: bytes


def start_of(identity: Identity, credentials: Any, files: Mapping[str, Any]) -> Start | None:
    """Return what a login starts from; None when there are no credentials, with which nobody can share anything.

    ``credentials`` are what the SDK found for it, ``files`` what it read from its own.
    """
    if credentials is None:
        return None
    # An endpoint, a profile or a role of the operator's own is a variable or in a file. Files may change at any time.
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return Start(_digest(_credential(identity, credentials)), _digest([variables, files]))


def identity_of(start: Start, place: Sequence[str], chain: Sequence[Hop]) -> bytes:
    """Return the identity of a session at a ``place``: its service and region."""
    return _digest([start.credential.hex(), start.environment.hex(), list(place), [asdict(hop) for hop in chain]])


def _credential(identity: Identity, credentials: Any) -> list[Any]:
    if isinstance(identity, StaticKeys):
        return ["keys", identity.access_key_id, identity.secret_access_key, identity.session_token]
    if isinstance(identity, WebIdentity):
        return ["account", identity.namespace, identity.account, list(identity.audiences), identity.role]
    if isinstance(credentials, RefreshableCredentials):
        # The keys of the operator's own role are other ones for each session, and the role is the same.
        return ["own role", credentials.method]
    return ["own keys", credentials.access_key, credentials.secret_key, credentials.token]


def _digest(parts: Any) -> bytes:
    return hmac.digest(_KEY, json.dumps(parts, sort_keys=True).encode(), "sha256")
