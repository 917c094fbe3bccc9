"""Gets the admission server a certificate, starts it, and keeps its certificate up to date."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.kube.connection import Connection
from secrets_operator.planning.admission import Review, Verdict
from secrets_operator.serving.admission_server import AdmissionServer, Reviewed
from secrets_operator.serving.certificate_sources import CertificateSource
from secrets_operator.serving.http import Address
from secrets_operator.serving.tls_server import ServingCertificate, serving_context

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admitting:
    """One admission server; :meth:`run` it on the loop that its verdicts are made on, once the caches are complete."""

    connection: Connection
    clock: Clock
    address: Address
    source: CertificateSource
    seconds: float
    """How often to look for a new certificate."""

    reviewed: Reviewed

    async def run(self, judge: Callable[[Review], Awaitable[Verdict]]) -> None:
        """Serve until cancelled. Trouble with the certificate or the address is logged and tried again, for ever."""
        server: AdmissionServer | None = None
        used: ServingCertificate | None = None
        told = ""
        try:
            while True:
                try:
                    current = await self.source.current()
                    if server is None:
                        server = self._started(judge, await asyncio.to_thread(serving_context, current))
                    elif current != used:
                        server.use(await asyncio.to_thread(serving_context, current))
                        log.info("the admission server has a new certificate")
                    used, told = current, ""
                except (OperatorError, OSError) as error:
                    # An SSLError says what is wrong with a pair, never what is in it.
                    if str(error) != told:
                        log.warning("the admission server has no usable certificate", error=str(error))
                    told = str(error)
                await asyncio.sleep(self.seconds)
        finally:
            if server is not None:
                await server.stop()

    def _started(self, judge: Callable[[Review], Awaitable[Verdict]], first: ssl.SSLContext) -> AdmissionServer:
        server = AdmissionServer(
            self.connection,
            judge,
            clock=self.clock,
            address=self.address,
            context=first,
            reviewed=self.reviewed,
        )
        server.start()
        return server
