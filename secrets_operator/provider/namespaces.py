"""The rule of which namespace a store may read, whatever it names there: a Secret, a ConfigMap or a ServiceAccount.

A SecretStore reaches its own namespace only; a ClusterSecretStore reaches the namespace its selector names or, without
one, that of the resource using the store. The operator's host and the one of tests both keep it by asking here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec, NamespaceUnknown
from secrets_operator.provider.contract import StoreIdentity

CLUSTER_STORE = "ClusterSecretStore"


def reachable_namespace(asker: StoreIdentity, selector: Mapping[str, Any], *, field: str) -> str:
    """Return the namespace a selector of a store may read.

    Raises InvalidSpec when a SecretStore names a foreign namespace, NamespaceUnknown when it is the consumer's and
    nobody is asking.
    """
    wanted = selector.get("namespace") or ""
    if asker.kind == CLUSTER_STORE:
        if wanted or asker.namespace:
            return wanted or asker.namespace
        raise NamespaceUnknown("the namespace is that of the resource using the store", field=field)
    if wanted and wanted != asker.namespace:
        message = "a SecretStore reads its own namespace only: remove the namespace, or use a ClusterSecretStore"
        raise InvalidSpec(message, field=f"{field}.namespace")
    return asker.namespace
