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
import structlog
from aiohttp import web

from secrets_operator.flow import SecretBytes
from secrets_operator.serving.http import Address

log = structlog.get_logger(__name__)

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

    def __init__(self, address: Address, first: ssl.SSLContext) -> None:
        """Serve with the certificate of ``first`` until :meth:`use`."""
        self._address = address
        self._current = first
        # What is listened with is never changed: each handshake is handed over to the context of the moment.
        self._listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._listening.sni_callback = self._hand_over

    def use(self, context: ssl.SSLContext) -> None:
        """Serve with the certificate of another context from the next handshake on; from any thread."""
        self._current = context

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._current

    async def __call__(self, fn: Any) -> AsyncIterator[kopf.WebhookClientConfig]:
        """Listen until cancelled; kopf passes the function that answers a review."""

        async def answer(request: web.Request) -> web.Response:
            return await _answer(fn, request)

        app = web.Application(client_max_size=_LARGEST_REVIEW)
        app.router.add_post("/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            host, port = self._address
            await web.TCPSite(runner, host or None, port, ssl_context=self._listening).start()
            # Not when it is asked to start: kopf first makes sure of the kinds, and who reads this may send a review.
            log.info("answering admission reviews", host=host, port=port)
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


def serving_context(certificate: ServingCertificate) -> ssl.SSLContext:
    """Return a context that serves with ``certificate``; raises OSError (ssl.SSLError) when that cannot serve.

    Not for an event loop: it works with files.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # OpenSSL's binding loads key pairs from files only. One in memory leaves the key off every disk, and does without
    # a file system that can be written to.
    descriptor = os.memfd_create("serving-certificate")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(certificate.chain + b"\n" + certificate.key.reveal())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    return context
