"""The Resource Groups Tagging API, by which pushed certificates are found: a client made when first needed."""

from __future__ import annotations

import asyncio
from functools import partial

from botocore.config import Config

from secrets_operator.provider import Host
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.connections import Connection
from secrets_operator_aws.endpoints import endpoint
from secrets_operator_aws.environment import TAGGING

COUNTED_AS = "AWS/ResourceGroupsTagging"


class Tagging:
    """Calls with the credentials of one store; its calls count as those of its store."""

    def __init__(self, connection: Connection, host: Host, config: Config) -> None:
        self._connect = partial(_client, connection, config)
        self._host = host
        self._calls: Calls | None = None
        self._connecting = asyncio.Lock()

    async def __call__(self) -> Calls:
        """Return the calls, connected at the first time."""
        async with self._connecting:
            if self._calls is None:
                self._calls = Calls(await self._host.run_blocking(self._connect), self._host, COUNTED_AS)
        return self._calls

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._calls is not None:
            await self._calls.close()


def _client(connection: Connection, config: Config) -> object:
    with connection.making:
        sdk = connection.login.session
        return sdk.client("resourcegroupstaggingapi", endpoint_url=endpoint(TAGGING), config=config)
