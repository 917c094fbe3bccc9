"""The generators ``ECRAuthorizationToken`` and ``STSSessionToken``: temporary credentials of AWS.

As in ``provider``, nothing here imports the SDK: that happens in a thread, when something is first made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.resources.generators.aws import ECRAuthorizationTokenSpec, STSSessionTokenSpec
from secrets_operator.resources.resource import without_nulls
from secrets_operator_aws.spec import generator_problems


class EcrAuthorizationTokenGenerator:
    """A login for the registries of an account, or for ECR Public."""

    name = "ECRAuthorizationToken"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        return list(generator_problems(spec, ECRAuthorizationTokenSpec))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 AWS draws it
    ) -> Generated:
        """Ask the registry: ``username``, ``password``, ``expires_at``, and ``proxy_endpoint`` of private ones."""
        module = await host.run_blocking(_import_the_sdk)
        settings = ECRAuthorizationTokenSpec.model_validate(without_nulls(spec))
        made: Generated = await module.registry_login(settings, host, now)
        return made


class StsSessionTokenGenerator:
    """Temporary keys of the user that logs in."""

    name = "STSSessionToken"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields; a service account is a role, to which STS gives no session tokens."""
        found = list(generator_problems(spec, STSSessionTokenSpec))
        auth = spec.get("auth") or {}
        if not found and auth.get("jwt") is not None and auth.get("secretRef") is None:
            found.append(Problem("auth.jwt", "AWS gives session tokens to users only: set auth.secretRef instead"))
        return found

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 AWS draws it
    ) -> Generated:
        """Ask STS: ``access_key_id``, ``secret_access_key``, ``session_token`` and ``expiration``."""
        settings = STSSessionTokenSpec.model_validate(without_nulls(spec))
        if host.store.kind == self.name and (settings.auth is None or settings.auth.secret_ref is None):
            # Whoever may create one reads what it makes: keys with all the rights of the operator in AWS.
            raise InvalidSpec(
                "is required: only a ClusterGenerator hands out keys of the operator itself", field="auth.secretRef"
            )
        module = await host.run_blocking(_import_the_sdk)
        made: Generated = await module.session_token(settings, host, now)
        return made


def _import_the_sdk() -> ModuleType:
    from secrets_operator_aws import temporary_credentials

    return temporary_credentials


ECR_AUTHORIZATION_TOKEN = EcrAuthorizationTokenGenerator()
STS_SESSION_TOKEN = StsSessionTokenGenerator()
