"""Opens a session: identity from the cluster, then the SDK's client, which is slow to build: that takes a thread.

Sessions of equal identity have one client and one login.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from botocore.config import Config

from secrets_operator.flow import Query
from secrets_operator.provider import FindAnswer, Host
from secrets_operator.resources.providers.aws import AwsProvider
from secrets_operator.resources.resource import without_nulls
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.connections import Connection, Connections, Lease
from secrets_operator_aws.endpoints import ONE_ATTEMPT, endpoint
from secrets_operator_aws.errors import SDK_ERRORS, error_for
from secrets_operator_aws.identity import Identity, identity
from secrets_operator_aws.login import login
from secrets_operator_aws.pushing import pushing_with
from secrets_operator_aws.roles import Hop, hops
from secrets_operator_aws.services import SERVICES, Service
from secrets_operator_aws.session import AwsSession
from secrets_operator_aws.sharing import identity_of
from secrets_operator_aws.tagging import Tagging


async def open_session(spec: Mapping[str, Any], host: Host, connections: Connections) -> AwsSession:
    """Open a session on the store's region; raises Terminal or Retryable, and what the host raises."""
    return await open_with(AwsProvider.model_validate(without_nulls(spec)), host, ONE_ATTEMPT, connections)


async def open_with(settings: AwsProvider, host: Host, config: Config, connections: Connections) -> AwsSession:
    """Open a session whose client has the timeouts of ``config``, which must be those of all ``connections``.

    Raises as :func:`open_session`.
    """
    service = SERVICES[settings.service]
    chain, source = hops(settings, host), await identity(settings.auth, host)
    try:
        connect = partial(_connect, service, settings.region, source, chain, config=config, connections=connections)
        connection = await host.run_blocking(connect)
    except SDK_ERRORS as error:
        # Not chained: AWS quotes signed headers in some errors, session tokens included, and a traceback shows them.
        raise error_for(error) from None
    calls = Calls(connection.client, host, service.counted_as)
    reader = service.reader(calls)

    async def find(query: Query) -> FindAnswer:
        return await service.find(query, calls, reader)

    prefix = settings.prefix if service.takes_prefix else ""
    session = AwsSession(calls, Lease(connection, connections), reader, find, prefix=prefix)
    tagging = Tagging(connection, host, config)
    session.write_with(pushing_with(service.pusher(calls, settings, tagging), settings.prefix), tagging.close)
    if connection.identity is not None:
        session.share_as(connection.identity, (service.sdk, settings.region), connection.login.account)
    return session


def _connect(
    service: Service,
    region: str,
    source: Identity,
    chain: Sequence[Hop],
    *,
    config: Config,
    connections: Connections,
) -> Connection:
    made = login(region, source, chain)
    known = None if made.start is None else identity_of(made.start, (service.sdk, region), chain)

    def connect() -> Connection:
        client = made.session.client(service.sdk, endpoint_url=endpoint(service.variable), config=config)
        return Connection(client, made, known)

    return connections.take(known, connect)
