"""The generator ``VaultDynamicSecret``: what Vault answers to one request, such as the credentials of a database.

As in ``provider``, nothing here imports the SDK: that happens in a thread, when something is first made.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.resources.generators.vault import VaultDynamicSecretSpec
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.spec import generator_problems


class VaultDynamicSecretGenerator:
    """See the module's docstring."""

    name = "VaultDynamicSecret"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the operator's own identity from ``surroundings``: a ClusterGenerator may use it."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        return list(generator_problems(spec))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,  # noqa: ARG002 Vault says how long things last
        entropy: Entropy,  # noqa: ARG002 Vault draws it
    ) -> Generated:
        """Log in and ask."""
        module = await host.run_blocking(_import_the_sdk)
        settings = VaultDynamicSecretSpec.model_validate(dict(spec))
        made: Generated = await module.dynamic_secret(settings, host, self._surroundings)
        return made


def _import_the_sdk() -> ModuleType:
    from secrets_operator_vault import dynamic_secrets

    return dynamic_secrets


GENERATOR = VaultDynamicSecretGenerator(Surroundings(os.environ))
