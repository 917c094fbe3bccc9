"""The bearer token of a session: read on first use, again before it is old, and again when it is turned down."""

from __future__ import annotations

import asyncio

from secrets_operator.errors import InvalidSpec
from secrets_operator_kubernetes.access import ReadToken

# Tokens of service accounts are valid for an hour.
_OLD_AFTER_SECONDS = 1800.0


class Tokens:
    """One token shared by all requests; without ``read`` there is none, as with a client certificate."""

    def __init__(self, read: ReadToken | None, *, old_after: float = _OLD_AFTER_SECONDS) -> None:
        self._read = read
        self._old_after = old_after
        self._token = ""
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        """Return the token, empty when there is none; raises what reading it raises."""
        if self._read is None:
            return ""
        async with self._lock:
            if not self._token or asyncio.get_running_loop().time() - self._read_at > self._old_after:
                await self._renew(self._read)
            return self._token

    async def other_than(self, refused: str) -> str:
        """Return a token that differs from the one the server turned down, empty when there is no other."""
        if self._read is None:
            return ""
        async with self._lock:
            if self._token == refused:
                await self._renew(self._read)
            return "" if self._token == refused else self._token

    async def _renew(self, read: ReadToken) -> None:
        token = (await read()).reveal().strip()
        if not token or not token.isascii() or not token.decode().isprintable() or b" " in token:
            raise InvalidSpec("the token is empty or not one line of ASCII text", field="auth")
        self._token, self._read_at = token.decode(), asyncio.get_running_loop().time()
