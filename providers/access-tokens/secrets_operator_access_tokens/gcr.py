"""The generator ``GCRAccessToken``: an access token of Google Cloud, which its registries take for a password.

https://cloud.google.com/artifact-registry/docs/docker/authentication#token. User, keys and the order of the logins are
those of External Secrets Operator (generators/v1/gcr/gcr.go, providers/v1/gcp/secretmanager/auth.go).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.gcr import GcpWorkloadIdentityFederation, GCRAccessTokenSpec, GCRAuth
from secrets_operator_access_tokens import google_workloads
from secrets_operator_access_tokens.google_workloads import GoogleToken
from secrets_operator_access_tokens.json_web_tokens import fresh_seconds
from secrets_operator_access_tokens.selectors import secret_key_problems
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Web, web_of

_KEY = "auth.secretRef.secretAccessKeySecretRef"
_FEDERATION = "auth.workloadIdentityFederation"


class GCRAccessTokenGenerator:
    """See the module's docstring."""

    name = "GCRAccessToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits, trust and addresses from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(GCRAccessTokenSpec, spec)
        return wrong or list(_problems(GCRAccessTokenSpec.model_validate(spec).auth))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 Google draws it
    ) -> Generated:
        """Ask for a token: ``username``, ``password`` and ``expiry``."""
        settings = GCRAccessTokenSpec.model_validate(spec)
        auth = settings.auth
        nothing = auth.secret_ref is None and auth.workload_identity is None
        if nothing and auth.workload_identity_federation is None and host.store.kind == self.name:
            # Whoever may create one reads what it makes: a token with all the rights of the operator in Google Cloud.
            raise InvalidSpec(
                "is required: only a ClusterGenerator hands out tokens of the operator itself", field="auth"
            )
        async with web_of("Google Cloud", host, self._surroundings) as web:
            token = await self._token(auth, host, web, now)
        values = {"username": b"oauth2accesstoken", "password": token.text.encode(), "expiry": str(token.ends).encode()}
        return Generated({name: SecretBytes(value) for name, value in values.items()}, fresh_seconds(token.ends, now))

    async def _token(self, auth: GCRAuth, host: Host, web: Web, now: datetime) -> GoogleToken:
        if auth.secret_ref is None and auth.workload_identity is not None:
            places = self._surroundings
            return await google_workloads.token(auth.workload_identity, host, web, places, now=now)
        # The SDK is slow to import, and only these logins need it.
        logins = await host.run_blocking(_import_the_sdk)
        if auth.secret_ref is not None:
            selector = auth.secret_ref.secret_access_key_secret_ref
            assert selector is not None, "a spec without problems names the key"
            key = await host.secret_value(selector.model_dump(exclude_none=True), field=_KEY)
            made: GoogleToken = await logins.by_key(key, host, web, field=_KEY)
        elif auth.workload_identity_federation is not None:
            made = await logins.by_federation(auth.workload_identity_federation, host, web)
        else:
            made = await logins.of_the_operator(host, web)
        return made


def _import_the_sdk() -> ModuleType:
    from secrets_operator_access_tokens import google_logins

    return google_logins


def _problems(auth: GCRAuth) -> Iterator[Problem]:
    if auth.secret_ref is not None:
        selector = auth.secret_ref.secret_access_key_secret_ref
        if selector is None:
            yield Problem(_KEY, "is required: the Secret key that holds the service account key")
        else:
            yield from secret_key_problems(selector, _KEY)
    elif auth.workload_identity is None and auth.workload_identity_federation is not None:
        yield from _federation_problems(auth.workload_identity_federation)


def _federation_problems(federation: GcpWorkloadIdentityFederation) -> Iterator[Problem]:
    ways = (federation.cred_config, federation.service_account_ref, federation.aws_security_credentials)
    if sum(way is not None for way in ways) != 1:
        yield Problem(_FEDERATION, "set exactly one of credConfig, serviceAccountRef or awsSecurityCredentials")
    elif federation.cred_config is None and not federation.audience:
        yield Problem(f"{_FEDERATION}.audience", "is required: the resource name of the pool and its provider")


GENERATOR = GCRAccessTokenGenerator(Surroundings(os.environ))
