"""The listener of the page: its own address, its own headers, nothing but reading.

Every answer forbids caching, framing, and every script and style but the page's own files.
"""

from __future__ import annotations

from aiohttp import web

from secrets_operator.clock import Clock
from secrets_operator.flow import Key
from secrets_operator.serving.dashboard.access import LocalAccess, ReviewedAccess, is_loopback
from secrets_operator.serving.dashboard.pages import Pages
from secrets_operator.serving.dashboard.rendering import Rendering
from secrets_operator.serving.dashboard.streams import Streams
from secrets_operator.serving.dashboard.world import World
from secrets_operator.serving.http import Address
from secrets_operator.serving.reviews import Reviews

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "secrets-operator",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Dashboard:
    """The page of one operator. It answers from the start, and shows resources once it is given a world."""

    def __init__(self, address: Address, reviews: Reviews, *, clock: Clock) -> None:
        """Serve at ``address``: without a token when that is a loopback address."""
        self._address = address
        streams = Streams(clock.monotonic)
        local = is_loopback(address.host)
        access = LocalAccess() if local else ReviewedAccess(reviews, clock.monotonic)
        self._pages = Pages(access, streams, clock=clock, rendering=Rendering())
        app = web.Application(client_max_size=0)
        app.router.add_routes(self._pages.routes())
        app.on_response_prepare.append(_harden)
        app.on_shutdown.append(streams.close)
        # A reader that leaves is forgotten at once.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)

    async def start(self) -> Address:
        """Listen and return the address it became. Raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address.host or None, self._address.port)
        await site.start()
        return Address(self._address.host, self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    def show(self, world: World) -> None:
        """Show this from here on."""
        self._pages.show(world)

    def changed(self, key: Key) -> None:
        """Take in that a resource came, changed or went, or the Secret that it writes."""
        self._pages.changed(key)


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
