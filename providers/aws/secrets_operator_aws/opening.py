"""Opens a session: keys from the cluster, then the SDK's client, which is slow to build and so is built in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.config import Config

from secrets_operator.provider import Host
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.credentials import CONFIG, ONE_ATTEMPT, StaticKeys, endpoint, hops, login, static_keys
from secrets_operator_aws.errors import SDK_ERRORS, error_for
from secrets_operator_aws.secrets_manager import SecretsManagerSession


async def open_session(spec: Mapping[str, Any], host: Host) -> SecretsManagerSession:
    """Open a session on the store's region; raises Terminal or Retryable, and what the host raises."""
    keys = await static_keys(spec, host)
    config = CONFIG if host.retry is None else ONE_ATTEMPT
    try:
        client, credentials = await host.run_blocking(partial(_connect, spec, keys, config))
    except SDK_ERRORS as error:
        # Not chained: AWS quotes signed headers in some errors, session tokens included, and a traceback shows them.
        raise error_for(error) from None
    return SecretsManagerSession(Calls(client, host), credentials, prefix=spec.get("prefix") or "")


def _connect(spec: Mapping[str, Any], keys: StaticKeys | None, config: Config) -> tuple[Any, Any]:
    sdk = login(spec["region"], keys, hops(spec))
    client = sdk.client("secretsmanager", endpoint_url=endpoint("SECRETSMANAGER"), config=config)
    return client, sdk.get_credentials()
