"""The provider ``kubernetes``: checks a store and opens its session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from secrets_operator.provider import Capabilities, Host, Problem
from secrets_operator_kubernetes import spec as checks
from secrets_operator_kubernetes.opening import open_session
from secrets_operator_kubernetes.session import KubernetesSession


class KubernetesProvider:
    """Stores with ``spec.provider.kubernetes``. The operator's own identity is never used for one."""

    name = "kubernetes"
    capabilities = Capabilities.READ_WRITE

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:
        """Check the fields."""
        return list(checks.problems(spec, store_kind=store_kind))

    async def open(self, spec: Mapping[str, Any], host: Host) -> KubernetesSession:
        """Read certificates and credentials; nothing is sent yet."""
        return await open_session(spec, host)


PROVIDER = KubernetesProvider()
