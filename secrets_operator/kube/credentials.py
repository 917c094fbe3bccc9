"""Bearer tokens: where one comes from, and when it is read again.

A mounted ServiceAccount token is replaced by the kubelet before it expires, and a login plug-in hands out short-lived
ones, so a token is read again once a minute and at once after a 401. A read that fails leaves the last token in use: it
is usually still valid, and the API server says when it is not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from secrets_operator.clock import Clock
from secrets_operator.flow import SecretBytes
from secrets_operator.kube.errors import InvalidConnection

# Seconds for which a token is used before its source is asked again; the kubelet itself looks once a minute.
REREAD_INTERVAL = 60.0
# Seconds between two renewals after a 401, so that a storm of them does not become a storm of logins.
RENEW_INTERVAL = 1.0

NO_TOKEN = SecretBytes(b"")

Read = Callable[[], SecretBytes]


class Credential(Protocol):
    """Gives the bearer token of a request."""

    async def token(self) -> SecretBytes:
        """Return the token, empty when the connection needs none."""
        ...

    async def replaced(self, rejected: SecretBytes) -> bool:
        """Look for another token after ``rejected`` got a 401; return whether a second attempt makes sense."""
        ...


class FixedToken:
    """A token that never changes, or none at all."""

    def __init__(self, token: SecretBytes = NO_TOKEN) -> None:
        self._token = token

    async def token(self) -> SecretBytes:
        """Return the token."""
        return self._token

    async def replaced(self, rejected: SecretBytes) -> bool:
        """Return False: there is no other token than ``rejected``."""
        return self._token != rejected


class RenewedToken:
    """A token that its source replaces; ``read`` and ``renew`` block and raise InvalidConnection when they fail."""

    def __init__(self, first: SecretBytes, read: Read, *, clock: Clock, renew: Read | None = None) -> None:
        """Start with ``first``, call ``read`` once a minute and ``renew`` (by default ``read``) after a 401."""
        self._token = first
        self._read = read
        self._renew = renew or read
        self._clock = clock
        self._read_at = clock.monotonic()
        self._renewed_at = float("-inf")
        self._lock = asyncio.Lock()

    async def token(self) -> SecretBytes:
        """Return the token, read again when the last look is a minute ago."""
        if self._clock.monotonic() - self._read_at >= REREAD_INTERVAL:
            # Set before the read: the requests that come meanwhile go ahead with the token there is.
            self._read_at = self._clock.monotonic()
            await self._replace(self._read)
        return self._token

    async def replaced(self, rejected: SecretBytes) -> bool:
        """Look for another token than ``rejected``, at most once a second however many requests got a 401."""
        async with self._lock:
            if self._token == rejected and self._clock.monotonic() - self._renewed_at >= RENEW_INTERVAL:
                await self._replace(self._renew)
                self._renewed_at = self._clock.monotonic()
        return self._token != rejected

    async def _replace(self, source: Read) -> None:
        with contextlib.suppress(InvalidConnection):
            self._token = await asyncio.to_thread(source)


def read_token_file(path: Path) -> SecretBytes:
    """Return the token in ``path``; raises InvalidConnection when there is none. Blocks."""
    try:
        return checked_token(path.read_bytes(), f"the token file {path}")
    except OSError as error:
        raise InvalidConnection(f"the token file {path} cannot be read ({type(error).__name__})") from error


def checked_token(raw: bytes, source: str) -> SecretBytes:
    """Return ``raw`` without white space around it; raises InvalidConnection when it cannot stand in a header."""
    token = raw.strip()
    if not token:
        raise InvalidConnection(f"{source} is empty")
    if any(byte <= 0x20 or byte >= 0x7F for byte in token):
        raise InvalidConnection(f"{source} holds no bearer token: only visible ASCII may stand in one")
    return SecretBytes(token)
