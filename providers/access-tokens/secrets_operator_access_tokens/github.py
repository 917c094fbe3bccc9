"""The generator ``GithubAccessToken``: a token of an installation of a GitHub App.

The app proves itself by a token that it signs, and asks for one of the installation:
https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app and
https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app. Times, the default
address and the key ``token`` are those of External Secrets Operator (generators/v1/github/github.go).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.github import GithubAccessTokenSpec
from secrets_operator_access_tokens.json_web_tokens import fresh_seconds, signed
from secrets_operator_access_tokens.selectors import secret_key_problems, selector_of
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_API = "https://api.github.com"
_KEY = "auth.privateKey.secretRef"
# Clocks differ: GitHub refuses what was signed in its future. It accepts ten minutes at most.
_BEFORE, _AFTER = 10, 300


class GithubAccessTokenGenerator:
    """See the module's docstring."""

    name = "GithubAccessToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(GithubAccessTokenSpec, spec)
        return wrong or secret_key_problems(
            GithubAccessTokenSpec.model_validate(spec).auth.private_key.secret_ref, _KEY
        )

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 GitHub draws it
    ) -> Generated:
        """Ask for a token: ``token``."""
        settings = GithubAccessTokenSpec.model_validate(spec)
        key = await host.secret_value(selector_of(settings.auth.private_key.secret_ref), field=_KEY)
        proof = await host.run_blocking(partial(signed, claims(settings.app_id, now), key.reveal(), field=_KEY))
        async with web_of("GitHub", host, self._surroundings) as web:
            answer = await web.ask(token_call(settings, proof))
            token = web.text(answer, "token")
        return Generated({"token": SecretBytes(token.encode())}, fresh_seconds(_end(answer), now))


def claims(app_id: str, now: datetime) -> dict[str, Any]:
    """Return what the app says of itself."""
    moment = int(now.timestamp())
    return {"iss": app_id, "iat": moment - _BEFORE, "exp": moment + _AFTER}


def token_call(settings: GithubAccessTokenSpec, proof: str) -> Call:
    """Return the request for a token, made by the app that ``proof`` is about."""
    base = (settings.url or _API).rstrip("/")
    call = Call(
        "CreateInstallationAccessToken",
        "POST",
        f"{base}/app/installations/{quote(settings.install_id, safe='')}/access_tokens",
        headers={"Authorization": f"Bearer {proof}", "Accept": "application/vnd.github.v3+json"},
        url_field="url" if settings.url else "",
        fields={401: "auth.privateKey", 403: "permissions", 404: "installID", 422: "permissions"},
    )
    wanted: dict[str, Any] = {}
    if settings.permissions is not None:
        wanted["permissions"] = settings.permissions
    if settings.repositories:
        wanted["repositories"] = settings.repositories
    return call.with_json(wanted) if wanted else call


def _end(answer: Mapping[str, Any]) -> float | None:
    try:
        return datetime.fromisoformat(str(answer.get("expires_at"))).timestamp()
    except ValueError:
        return None


GENERATOR = GithubAccessTokenGenerator(Surroundings(os.environ))
