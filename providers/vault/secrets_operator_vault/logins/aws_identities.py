"""Whose AWS keys a login signs with."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Keys out of Secrets; the session token is empty for keys that last."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """An AWS role that is assumed with the token of a service account."""

    role: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """What the agent on the operator's node gives to its pod (EKS Pod Identity)."""


Identity = StaticKeys | WebIdentity | PodIdentity
