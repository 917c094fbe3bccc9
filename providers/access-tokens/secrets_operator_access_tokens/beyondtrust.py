"""The generator ``BeyondtrustWorkloadCredentialsDynamicSecret``: temporary credentials, which end by themselves.

https://docs.beyondtrust.com/bt-docs/docs/secrets-api. Path, header, keys and checks are those of External Secrets
Operator (generators/v1/beyondtrustworkloadcredentials, providers/v1/beyondtrustworkloadcredentials).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.provider.trust import trust_problems, trusted_certificates
from secrets_operator.resources.generators.beyondtrust import (
    BeyondtrustProvider,
    BeyondtrustWorkloadCredentialsDynamicSecretSpec,
)
from secrets_operator_access_tokens.json_web_tokens import fresh_seconds
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.selectors import secret_key_problems, text_of
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_AT: Final = "provider"
_KEY: Final = "provider.auth.apikey.token"
_KEYS: Final = ("accessKeyId", "secretAccessKey", "leaseId", "expiration")
_VERSION: Final = {"bt-secrets-api-version": "2026-04-28"}
_UUID4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


class BeyondtrustGenerator:
    """See the module's docstring."""

    name = "BeyondtrustWorkloadCredentialsDynamicSecret"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(BeyondtrustWorkloadCredentialsDynamicSecretSpec, spec)
        return wrong or list(_problems(BeyondtrustWorkloadCredentialsDynamicSecretSpec.model_validate(spec).provider))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 BeyondTrust draws it
    ) -> Generated:
        """Ask for credentials: ``accessKeyId``, ``secretAccessKey``, ``leaseId``, ``expiration``, ``sessionToken``."""
        provider = BeyondtrustWorkloadCredentialsDynamicSecretSpec.model_validate(spec).provider
        token = await text_of(host, provider.auth.apikey.token, _KEY)
        trusted = await trusted_certificates(provider, host, at=_AT)
        async with web_of("BeyondTrust", host, self._surroundings, certificates=trusted) as web:
            answer = (await web.ask(generate_call(provider, token))).get("secret")
        if not isinstance(answer, dict) or not all(isinstance(answer.get(key), str) for key in _KEYS):
            raise unexpected("BeyondTrust")
        values = {key: SecretBytes(answer[key].encode()) for key in _KEYS}
        session = answer.get("sessionToken")
        if isinstance(session, str) and session:
            values["sessionToken"] = SecretBytes(session.encode())
        return Generated(values, fresh_seconds(_end(answer["expiration"]), now))

    async def cleanup(self, spec: Mapping[str, Any], state: Mapping[str, Any], host: Host) -> None:
        """Do nothing: the credentials end by themselves. States are those that External Secrets Operator left."""


def generate_call(provider: BeyondtrustProvider, token: str) -> Call:
    """Return the request for credentials by the definition at the end of the path."""
    folder, _, name = provider.folder_path.rpartition("/")
    base = f"{provider.server.api_url.rstrip('/')}/{provider.server.site_id}/secrets"
    query = f"?{urlencode({'folder': folder})}" if folder else ""
    return Call(
        "GenerateDynamicSecret",
        "POST",
        f"{base}/dynamic/{quote(name, safe='')}/generate{query}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", **_VERSION},
        url_field="provider.server.apiUrl",
        fields={401: "provider.auth", 403: "provider.auth", 404: "provider.folderPath"},
    )


def _end(text: str) -> float | None:
    try:
        ends = datetime.fromisoformat(text)
    except ValueError:
        return None
    return ends.timestamp() if ends.tzinfo is not None else None


def _problems(provider: BeyondtrustProvider) -> Iterator[Problem]:
    if not provider.server.api_url.startswith("https://"):
        yield Problem("provider.server.apiUrl", "must begin with https://")
    if not _UUID4.fullmatch(provider.server.site_id):
        yield Problem("provider.server.siteId", "must be a UUID (version 4)")
    if not provider.folder_path.rpartition("/")[2]:
        yield Problem("provider.folderPath", "must end with the name of a definition, such as production/aws-temp")
    yield from secret_key_problems(provider.auth.apikey.token, _KEY)
    yield from trust_problems(provider, "", at=_AT)


GENERATOR = BeyondtrustGenerator(Surroundings(os.environ))
