"""Opens a session: certificates and credentials from the cluster, one pool of connections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from secrets_operator.provider import Host
from secrets_operator.resources.names import CLUSTER_SECRET_STORE
from secrets_operator.resources.providers.kubernetes import KubernetesProvider as Settings
from secrets_operator_kubernetes.access import access_of, tls_of
from secrets_operator_kubernetes.client import Client
from secrets_operator_kubernetes.push_settings import Places
from secrets_operator_kubernetes.session import KubernetesSession
from secrets_operator_kubernetes.tokens import Tokens


async def open_session(spec: Mapping[str, Any], host: Host) -> KubernetesSession:
    """Open a session on the store's server; raises Terminal or Retryable, and what the host raises."""
    settings = Settings.model_validate(spec)
    access = await access_of(settings, host)
    tls = await host.run_blocking(partial(tls_of, access))
    tokens = Tokens(access.read_token)
    # Now, and not at the first read: what is wrong with a credential belongs on the store's condition.
    await tokens.current()

    def called(call: str, ok: bool, throttled: bool) -> None:
        host.called("Kubernetes", call, ok=ok, throttled=throttled)

    namespace = settings.remote_namespace
    places = Places(namespace, others=host.store.kind == CLUSTER_SECRET_STORE.kind)
    return KubernetesSession(Client(access, tls, tokens, called), namespace, places)
