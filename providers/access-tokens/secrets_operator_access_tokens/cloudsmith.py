"""The generator ``CloudsmithAccessToken``: a login of a service of Cloudsmith, for a service account that it trusts.

https://docs.cloudsmith.com/authentication/openid-connect. Path, body, keys and the default address are those of
External Secrets Operator (generators/v1/cloudsmith/cloudsmith.go).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.cloudsmith import CloudsmithAccessTokenSpec
from secrets_operator_access_tokens.json_web_tokens import end_of, fresh_seconds, printed
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.selectors import account_token
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_API = "https://api.cloudsmith.io"
_ACCOUNT = "serviceAccountRef"


class CloudsmithAccessTokenGenerator:
    """See the module's docstring."""

    name = "CloudsmithAccessToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        return spec_problems(CloudsmithAccessTokenSpec, spec)

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 Cloudsmith draws it
    ) -> Generated:
        """Ask for a login: ``auth`` and ``expiry``."""
        settings = CloudsmithAccessTokenSpec.model_validate(spec)
        identity = await account_token(host, settings.service_account_ref, _ACCOUNT)
        async with web_of("Cloudsmith", host, self._surroundings) as web:
            token = web.text(await web.ask(token_call(settings, identity.reveal().decode())), "token")
        ends = end_of(token)
        if ends is None:
            raise unexpected("Cloudsmith")
        auth = base64.b64encode(f"token:{token}".encode())
        return Generated({"auth": SecretBytes(auth), "expiry": SecretBytes(printed(ends))}, fresh_seconds(ends, now))


def token_call(settings: CloudsmithAccessTokenSpec, identity: str) -> Call:
    """Return the request for a token of the service, shown the token of the service account."""
    base = (settings.api_url or _API).rstrip("/")
    return Call(
        "ExchangeOidcToken",
        "POST",
        f"{base}/openid/{quote(settings.org_slug, safe='')}/",
        url_field="apiUrl" if settings.api_url else "",
        fields={401: _ACCOUNT, 403: _ACCOUNT, 404: "orgSlug"},
    ).with_json({"oidc_token": identity, "service_slug": settings.service_slug})


GENERATOR = CloudsmithAccessTokenGenerator(Surroundings(os.environ))
