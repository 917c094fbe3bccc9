"""What kubeseal asks of the controller: the certificate, does this open, seal it again. By the paths it knows.

Paths and codes are those of Sealed Secrets, https://github.com/bitnami-labs/sealed-secrets, in
``pkg/controller/server.go``. No template is rendered here: what a stranger's template does with decrypted values would
tell them. Neighbours: ``batch_verify``, ``admission_control``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import orjson
from aiohttp import web

from secrets_operator.clock import Clock
from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object
from secrets_operator.sealing.errors import DocumentError, KeySecretError
from secrets_operator.sealing.failures import UnsealError
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.rotation import rotate
from secrets_operator.sealing.verdicts import opens
from secrets_operator.serving.admission_control import AdmissionControl, Answering, body_of
from secrets_operator.serving.batch_verify import BatchVerify
from secrets_operator.serving.sealing_requests import only_sealed_secret

# The certificate costs nothing, and whole pipelines ask for it.
_CERTIFICATE_GENEROSITY = 10


class SealingApi:
    """The handlers, and the routes to them."""

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        *,
        certificate: Callable[[], bytes | None],
        answering: Answering,
        clock: Clock,
        batch: BatchVerify,
    ) -> None:
        """Answer with the PEM ``certificate`` of the moment (None without a key), and decrypt in ``answering``."""
        self._keyring = keyring
        self._certificate = certificate
        self._answering = answering
        self._clock = clock
        self._batch = batch

    def routes(self, control: AdmissionControl) -> list[web.RouteDef]:
        """Return the routes, for every method as upstream, behind the limits of ``control``."""
        return [
            web.route("*", "/v1/cert.pem", control.limited(self.certificate, generosity=_CERTIFICATE_GENEROSITY)),
            web.route("*", "/v1/verify", control.limited(self.verify)),
            web.route("*", "/v1/rotate", control.limited(self.rotate)),
            web.post("/v1/verify/batch", control.limited(self._batch.answer)),
        ]

    async def certificate(self, _request: web.Request) -> web.Response:
        """Answer with the certificate to seal with."""
        certificate = self._certificate()
        if certificate is None:
            return web.Response(status=500, text="cannot get certificate: there is no sealing key yet\n")
        return web.Response(body=certificate, content_type="application/x-pem-file")

    async def verify(self, request: web.Request) -> web.Response:
        """Answer 200 when the SealedSecret opens, 409 when it does not, 500 when it is none; without a body."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=400)
        if not len(self._keyring()):
            return _no_key_yet()
        return web.Response(status=await self._answering.run(partial(self._verdict, body)))

    async def rotate(self, request: web.Request) -> web.Response:
        """Answer with the SealedSecret under the newest key, 409 when it does not open, 500 when it is none."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=400)
        if not len(self._keyring()):
            return _no_key_yet()
        answer = await self._answering.run(partial(self._rotated, body))
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.Response(body=orjson.dumps(answer), content_type="application/json")

    def _verdict(self, body: bytes) -> int:
        try:
            return 200 if opens(only_sealed_secret(body), self._keyring()) else 409
        except (DocumentError, InvalidSpec):
            return 500

    def _rotated(self, body: bytes) -> Object | int:
        try:
            sealed = only_sealed_secret(body, ignore_more=True)
            return rotate(sealed, self._keyring(), random=secrets.token_bytes, now=self._clock.now())
        except UnsealError:
            return 409
        except (DocumentError, InvalidSpec, KeySecretError):
            return 500


def _no_key_yet() -> web.Response:
    return web.Response(status=503, text="there is no sealing key yet\n", headers={"Retry-After": "1"})
