"""The HTTPS server of admission reviews, for kopf: a certificate that changes while requests are served.

kopf's own server stops listening to take a new certificate and reads bodies up to 1 MiB; a review of an update holds a
SealedSecret twice. Here a new certificate counts from the next handshake on and no connection ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import kopf
from aiohttp import web

from secrets_operator.flow import SecretBytes
from secrets_operator.serving.http import Address

# The API server takes objects of up to 3 MiB, and an update has two of them.
_LARGEST_REVIEW = 8 * 1024 * 1024
# kopf keeps something for every uid it sees until it hears of a deletion, and it watches nothing: all are one to it.
_ANY_UID = "under-review"


@dataclass(frozen=True, slots=True)
class ServingCertificate:
    """A certificate chain and its key, PEM."""

    chain: bytes
    key: SecretBytes


class TlsServer:
    """What ``settings.admission.server`` takes: listens, and hands each review to kopf."""

    def __init__(self, address: Address, certificate: ServingCertificate) -> None:
        """Raises OSError (ssl.SSLError) for a certificate or key that cannot serve."""
        self._address = address
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._loop: asyncio.AbstractEventLoop | None = None
        load(self._context, certificate)

    def use(self, certificate: ServingCertificate) -> None:
        """Serve with another certificate from the next handshake on; may be called from any thread.

        Raises OSError as above, and then goes on with the one before.
        """
        # Loading a pair that does not fit would leave half of it behind: it is tried elsewhere first.
        load(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), certificate)
        loop = self._loop
        if loop is None or loop.is_closed():
            load(self._context, certificate)
        else:
            # Handshakes happen on this loop, so none sees a certificate with the key of another.
            loop.call_soon_threadsafe(load, self._context, certificate)

    async def __call__(self, fn: Any) -> AsyncIterator[kopf.WebhookClientConfig]:
        """Listen until cancelled; kopf passes the function that answers a review."""

        async def answer(request: web.Request) -> web.Response:
            return await _answer(fn, request)

        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=_LARGEST_REVIEW)
        app.router.add_post("/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            host, port = self._address
            await web.TCPSite(runner, host or None, port, ssl_context=self._context).start()
            yield kopf.WebhookClientConfig(url=f"https://{host or 'localhost'}:{port}/")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


async def _answer(fn: Any, request: web.Request) -> web.Response:
    try:
        review = json.loads(await request.read())
        for member in ("object", "oldObject"):
            document = review["request"].get(member)
            if document is not None:
                document["metadata"]["uid"] = _ANY_UID
    except (ValueError, KeyError, TypeError, AttributeError):
        raise web.HTTPBadRequest(text="no AdmissionReview\n") from None
    try:
        return web.json_response(await fn(review))
    except Exception:  # noqa: BLE001 - kopf's own errors are private; whatever it is, it is about this review
        raise web.HTTPBadRequest(text="an AdmissionReview that nobody here answers\n") from None


def load(context: ssl.SSLContext, certificate: ServingCertificate) -> None:
    """Load a pair into ``context``; raises OSError when it cannot serve."""
    # OpenSSL's binding loads key pairs from files only. One in memory leaves the key off every disk, and does without
    # a file system that can be written to.
    descriptor = os.memfd_create("serving-certificate")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(certificate.chain + b"\n" + certificate.key.reveal())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
