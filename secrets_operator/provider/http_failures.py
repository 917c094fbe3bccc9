"""What goes wrong between a provider and a server that it asks by aiohttp, by meaning and not by text.

In: an exception of aiohttp or of the network, or a response. Out: a :class:`HttpFailure`, and the parts of a response,
read with a bound. Each provider has sentences of its own for them.
"""

from __future__ import annotations

import ssl
from enum import Enum

import aiohttp

from secrets_operator.errors import Terminal

_CHUNK = 64 * 1024

NETWORK_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)
"""What a request may raise; everything else is a defect."""


class HttpFailure(Enum):
    """Why there is no response, or only a part of one."""

    TLS = "tls"
    TIMED_OUT = "timed out"
    BROKEN_OFF = "broken off"
    NOT_HTTP = "not http"
    UNREACHABLE = "unreachable"


# The first that matches counts; aiohttp's classes inherit from each other and from the system's.
TABLE: tuple[tuple[type[BaseException], HttpFailure], ...] = (
    (aiohttp.ClientSSLError, HttpFailure.TLS),
    (aiohttp.ServerFingerprintMismatch, HttpFailure.TLS),
    (ssl.SSLError, HttpFailure.TLS),
    (TimeoutError, HttpFailure.TIMED_OUT),
    (aiohttp.ClientConnectorError, HttpFailure.UNREACHABLE),
    (aiohttp.ClientPayloadError, HttpFailure.BROKEN_OFF),
    (aiohttp.ServerDisconnectedError, HttpFailure.BROKEN_OFF),
    (aiohttp.ClientResponseError, HttpFailure.NOT_HTTP),
    (aiohttp.InvalidURL, HttpFailure.NOT_HTTP),
    (aiohttp.NonHttpUrlClientError, HttpFailure.NOT_HTTP),
    (aiohttp.ClientConnectionError, HttpFailure.UNREACHABLE),
    (ConnectionError, HttpFailure.BROKEN_OFF),
)


def failure_of(error: BaseException) -> HttpFailure:
    """Return what an error of :data:`NETWORK_ERRORS` means."""
    return next((failure for kind, failure in TABLE if isinstance(error, kind)), HttpFailure.UNREACHABLE)


async def body_of(response: aiohttp.ClientResponse, *, most: int) -> bytes:
    """Return the body of a response; raises Terminal when it has more than ``most`` bytes."""
    read = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        read += chunk
        if len(read) > most:
            # What is left of it must not be read, nor the connection be used again.
            response.close()
            raise Terminal(f"the answer is larger than {most} bytes")
    return bytes(read)


def wait_of(response: aiohttp.ClientResponse) -> float | None:
    """Return the seconds the server asks to wait (``Retry-After``); a date in that header is left to backoff."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
