"""kopf as the host: lifecycle, login and the liveness endpoint, in a thread and an event loop of its own.

kopf watches nothing and writes nothing here: its registry holds no resource handler. A liveness endpoint that shared
the loop it judges could not answer when that loop hangs.
"""

from __future__ import annotations

import socket
from typing import Any

import kopf

from secrets_operator.clock import Clock
from secrets_operator.kube.connection import Connection
from secrets_operator.serving.health import Health
from secrets_operator.serving.http import Address
from secrets_operator.serving.kopf_thread import KopfThread


class Host:
    """Answers liveness probes by kopf until stopped."""

    def __init__(self, connection: Connection, health: Health, *, clock: Clock, address: Address) -> None:
        """Answer at ``address`` (``/healthz``) by ``health``."""
        self._health = health
        self._address = address
        ended = "the liveness host ended and is started again"
        self._thread = KopfThread(connection, clock=clock, name="kopf", ended=ended)

    def start(self) -> None:
        """Start the thread. Raises OSError when the address is taken: kopf would only log that, and go on without."""
        check_free(self._address)
        self._thread.start(self._operator)

    async def stop(self) -> None:
        """Stop kopf and wait a moment for its thread; what is left of it dies with the process."""
        await self._thread.stop()

    def _operator(self, registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings) -> Any:
        @kopf.on.probe(registry=registry, id="alive")
        async def alive(**_: Any) -> str:
            faults = self._health.faults()
            if faults:
                # Only this kind of error answers the probe with 500; kopf would retry any other for a minute.
                raise kopf.PermanentError("; ".join(faults))
            return "ok"

        host = self._address.host or "0.0.0.0"  # noqa: S104 - probes come from the node
        endpoint = f"http://{host}:{self._address.port}/healthz"
        return kopf.operator(registry=registry, settings=settings, clusterwide=True, liveness_endpoint=endpoint)


def check_free(address: Address) -> None:
    """Raise OSError when somebody listens at ``address`` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
