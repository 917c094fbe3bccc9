"""An aiohttp server that accepts every HTTP method, because Vault's clients list with the method LIST.

aiohttp's compiled parser knows a fixed set of methods. Its Python twin takes any, so each connection gets that one.
"""

import asyncio

from aiohttp import web
from aiohttp.http_parser import HttpRequestParserPy
from aiohttp.web_protocol import RequestHandler

_READ_LIMIT = 2**16
_QUEUED_REQUESTS = 8


class AnyMethodServer(web.Server):
    """A low-level server whose connections parse requests in Python."""

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        connection = super().__call__()
        # aiohttp offers no public way to choose the parser; it must be set before the first byte arrives.
        connection._parser = HttpRequestParserPy(  # noqa: SLF001
            connection,
            asyncio.get_running_loop(),
            _READ_LIMIT,
            payload_exception=web.RequestPayloadError,
            max_msg_queue_size=_QUEUED_REQUESTS,
        )
        return connection
