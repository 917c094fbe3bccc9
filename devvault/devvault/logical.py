"""The request and the answer inside the stand-in, free of HTTP: what Vault calls its logical layer.

`http_api` makes requests, `core` authorises them, a backend answers them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from devvault.wire_json import Json

if TYPE_CHECKING:
    from devvault.mounts import MountEntry
    from devvault.token_parameters import TokenParameters
    from devvault.tokens import Token


class Operation(StrEnum):
    """What a request wants; the values are the capabilities that allow it."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    LIST = "list"


@dataclass(frozen=True)
class Call:
    """A request as it arrived: the whole path without `/v1/`, the body or query as data, the token as text."""

    operation: Operation
    path: str
    data: Json
    token: str = field(default="", repr=False)
    client_certificate: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Request:
    """A request at the backend that answers it: the path is relative to the mount.

    `client_certificate` (DER) is what the client presented when it connected, empty without one.
    """

    operation: Operation
    path: str
    data: Json = field(repr=False)
    mount: MountEntry
    now: datetime
    token: Token | None = None
    client_certificate: bytes = field(default=b"", repr=False)

    @property
    def caller(self) -> Token:
        """The token that was authenticated. Only for paths that need one."""
        assert self.token is not None
        return self.token


@dataclass(frozen=True)
class Login:
    """What an auth backend vouches for; the core turns it into a token."""

    parameters: TokenParameters
    metadata: dict[str, str]
    display_name: str
    alias: str


@dataclass(frozen=True)
class Response:
    """The answer of a backend. `flatten` repeats the data at the top level, as a few sys paths do."""

    data: Json | None = field(default=None, repr=False)
    auth: Json | Login | None = field(default=None, repr=False)
    warnings: list[str] | None = None
    lease_duration: int = 0
    status: int = 200
    flatten: bool = False
