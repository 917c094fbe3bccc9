"""The generator ``ACRAccessToken``: a login for a registry of Azure.

A token of Microsoft Entra is traded for a refresh token of the registry, and that for an access token where a scope is
wanted: https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md. User and keys are those of External Secrets Operator
(generators/v1/acr/acr.go).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.acr import ACRAccessTokenSpec
from secrets_operator_access_tokens.azure_identities import CLOUDS, entra_token, is_of_the_operator
from secrets_operator_access_tokens.json_web_tokens import end_of, fresh_seconds
from secrets_operator_access_tokens.selectors import secret_key_problems
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_USER = b"00000000-0000-0000-0000-000000000000"
_PRINCIPAL = "auth.servicePrincipal.secretRef"


class ACRAccessTokenGenerator:
    """See the module's docstring."""

    name = "ACRAccessToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits, trust and the identity of the operator's pod from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(ACRAccessTokenSpec, spec)
        return wrong or list(_problems(ACRAccessTokenSpec.model_validate(spec)))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 Azure draws it
    ) -> Generated:
        """Ask for a login: ``username`` and ``password``."""
        settings, surroundings = ACRAccessTokenSpec.model_validate(spec), self._surroundings
        cloud = surroundings.azure or CLOUDS[settings.environment_type]
        if is_of_the_operator(settings) and host.store.kind == self.name:
            _require_a_registry_of_azure(settings, cloud.registries)
        async with web_of("Azure", host, surroundings) as web:
            identity = await entra_token(settings, cloud, host, web, surroundings.environ)
            scheme = surroundings.registry_scheme
            token = web.text(await web.ask(exchange_call(settings, identity, scheme)), "refresh_token")
            if settings.scope:
                token = web.text(await web.ask(scope_call(settings, token, scheme)), "access_token")
        values = {"username": SecretBytes(_USER), "password": SecretBytes(token.encode())}
        return Generated(values, fresh_seconds(end_of(token), now))


def exchange_call(settings: ACRAccessTokenSpec, identity: str, scheme: str = "https") -> Call:
    """Return the request for a refresh token of the registry."""
    form = {
        "grant_type": "access_token",
        "service": settings.registry,
        "tenant": settings.tenant_id,
        "access_token": identity,
    }
    return Call(
        "ExchangeToken",
        "POST",
        f"{scheme}://{settings.registry}/oauth2/exchange",
        url_field="registry",
        fields=dict.fromkeys((401, 403), "auth") | {404: "registry"},
    ).with_form(form)


def scope_call(settings: ACRAccessTokenSpec, refresh: str, scheme: str = "https") -> Call:
    """Return the request for an access token of one scope."""
    form = {
        "grant_type": "refresh_token",
        "service": settings.registry,
        "scope": settings.scope,
        "refresh_token": refresh,
    }
    return Call(
        "GetScopedToken",
        "POST",
        f"{scheme}://{settings.registry}/oauth2/token",
        url_field="registry",
        fields=dict.fromkeys((400, 401, 403), "scope"),
    ).with_form(form)


def _require_a_registry_of_azure(settings: ACRAccessTokenSpec, ending: str) -> None:
    """Raise InvalidSpec for a registry of somebody else: who runs it would get the operator's own token."""
    if not settings.registry.endswith(ending) or "/" in settings.registry:
        raise InvalidSpec(
            f"must end with {ending}: only a ClusterGenerator shows the operator's own identity to another server",
            field="registry",
        )


def _problems(settings: ACRAccessTokenSpec) -> Iterator[Problem]:
    auth, cloud = settings.auth, settings.environment_type
    if cloud not in CLOUDS:
        yield Problem("environmentType", f"{cloud} is a cloud without known addresses; it works nowhere")
    if any(character in settings.registry for character in "/?#@\\") or not settings.registry.isprintable():
        yield Problem("registry", "must be a host such as shop.azurecr.io")
    if auth.service_principal is not None:
        reference = auth.service_principal.secret_ref
        yield from secret_key_problems(reference.client_id, f"{_PRINCIPAL}.clientId")
        yield from secret_key_problems(reference.client_secret, f"{_PRINCIPAL}.clientSecret")
        if not settings.tenant_id:
            yield Problem("tenantId", "is required with servicePrincipal")
    elif auth.managed_identity is None and auth.workload_identity is None:
        yield Problem("auth", "set servicePrincipal, managedIdentity or workloadIdentity")


GENERATOR = ACRAccessTokenGenerator(Surroundings(os.environ))
