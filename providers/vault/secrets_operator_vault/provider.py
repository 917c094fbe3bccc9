"""The provider ``vault``: checks a store and opens its session.

Nothing here imports the SDK: that is slow and so happens in a thread, when a store is first opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from secrets_operator.provider import Capabilities, Host, Problem
from secrets_operator_vault import spec as checks
from secrets_operator_vault.logins.ticket import Surroundings

if TYPE_CHECKING:
    from secrets_operator_vault.session import VaultSession


class VaultProvider:
    """Stores with ``spec.provider.vault``."""

    name = "vault"
    capabilities = Capabilities.READ_WRITE

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the operator's own identity from ``surroundings``; see the README for when it is used."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:
        """Check the fields."""
        return list(checks.problems(spec, store_kind=store_kind))

    async def open(self, spec: Mapping[str, Any], host: Host) -> VaultSession:
        """Read certificates and credentials, and log in."""
        module = await host.run_blocking(_import_the_sdk)
        session: VaultSession = await module.open_session(spec, host, self._surroundings)
        return session


def _import_the_sdk() -> ModuleType:
    from secrets_operator_vault import opening

    return opening


PROVIDER = VaultProvider(Surroundings(os.environ))
