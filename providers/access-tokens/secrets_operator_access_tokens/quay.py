"""The generator ``QuayAccessToken``: a login of a robot account, for a service account that it trusts.

https://docs.projectquay.io/manage_quay.html (exchanging an OAuth2 robot account token). Path, keys and the default host
are those of External Secrets Operator (generators/v1/quay/quay.go).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.quay import QuayAccessTokenSpec
from secrets_operator_access_tokens.json_web_tokens import end_of, fresh_seconds, printed
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.selectors import account_token
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

_HOST = "quay.io"
_ACCOUNT = "serviceAccountRef"


class QuayAccessTokenGenerator:
    """See the module's docstring."""

    name = "QuayAccessToken"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(QuayAccessTokenSpec, spec)
        if not wrong and "://" in registry_of(QuayAccessTokenSpec.model_validate(spec)):
            wrong.append(Problem("url", "must be a host such as quay.example.com; it is asked by HTTPS"))
        return wrong

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 Quay draws it
    ) -> Generated:
        """Ask for a login: ``registry``, ``auth`` and ``expiry``."""
        settings = QuayAccessTokenSpec.model_validate(spec)
        identity = await account_token(host, settings.service_account_ref, _ACCOUNT)
        async with web_of("Quay", host, self._surroundings) as web:
            answer = await web.ask(token_call(settings, identity.reveal().decode(), self._surroundings.registry_scheme))
            token = web.text(answer, "token")
        ends = end_of(token)
        if ends is None:
            raise unexpected("Quay")
        values = {
            "registry": SecretBytes(registry_of(settings).encode()),
            "auth": SecretBytes(base64.b64encode(f"{settings.robot_account}:{token}".encode())),
            "expiry": SecretBytes(printed(ends)),
        }
        return Generated(values, fresh_seconds(ends, now))


def registry_of(settings: QuayAccessTokenSpec) -> str:
    """Return the host of the registry."""
    return (settings.url or _HOST).removeprefix("https://").rstrip("/")


def token_call(settings: QuayAccessTokenSpec, identity: str, scheme: str = "https") -> Call:
    """Return the request for a token by the robot account, whose password is the token of the service account."""
    login = base64.b64encode(f"{settings.robot_account}:{identity}".encode()).decode()
    return Call(
        "ExchangeRobotToken",
        "GET",
        f"{scheme}://{registry_of(settings)}/oauth2/federation/robot/token",
        headers={"Authorization": f"Basic {login}"},
        url_field="url" if settings.url else "",
        fields={401: _ACCOUNT, 403: _ACCOUNT, 404: "robotAccount"},
    )


GENERATOR = QuayAccessTokenGenerator(Surroundings(os.environ))
