"""Tries whether a store's server can be reached: a TCP connection, within the guards.

The URL is a template; as long as its host is none, it says where to connect to without a reference.
"""

from __future__ import annotations

import asyncio
import re
import socket

from secrets_operator.errors import InvalidSpec, Refused, Retryable, Unsure
from secrets_operator.provider.http_failures import HttpFailure
from secrets_operator.provider.http_guards import NOT_ALLOWED, Guard
from secrets_operator_webhook.errors import NETWORK

_SECONDS = 15.0
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MARK = "-template-"


async def reach(url: str, guard: Guard) -> None:
    """Connect and hang up.

    Raises Refused for a place that may not be asked, Unsure when the place depends on the reference, Retryable when
    nobody listens there.
    """
    plain = _ACTION.sub(_MARK, url)
    scheme, _, rest = plain.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    if _MARK in scheme or _MARK in authority or not authority:
        raise Unsure("the server depends on the reference, so it cannot be tried without one", field="url")
    try:
        place = guard.url(f"{scheme}://{authority}")
    except InvalidSpec as error:
        raise Refused(error.message, field=error.field) from None
    assert place.host is not None
    assert place.port is not None, "the guard demands both"
    try:
        async with asyncio.timeout(_SECONDS):
            await _connect(place.host, place.port, guard)
    except TimeoutError as error:
        raise Retryable(NETWORK[HttpFailure.TIMED_OUT]) from error
    except OSError as error:
        raise Retryable(NETWORK[HttpFailure.UNREACHABLE]) from error


async def _connect(host: str, port: int, guard: Guard) -> None:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    allowed = [address for address in addresses if guard.allows(address)]
    if addresses and not allowed:
        raise Refused(NOT_ALLOWED, field="url")
    failure: OSError = ConnectionError()
    for address in allowed:
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError as error:
            failure = error
        else:
            writer.close()
            return
    raise failure
