"""The generator ``Grafana``: a token of a service account, deleted when nothing uses it any more.

https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount. Keys and state are those of External Secrets
Operator (generators/v1/grafana/grafana.go), whose states can thus be cleaned up, too.
"""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.grafana import GrafanaSpec
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.selectors import secret_key_problems, text_of
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, Web, web_of

_ACCOUNT = "serviceAccount"
_FIELDS = {401: "auth", 403: "auth", 404: "url"}


class GrafanaGenerator:
    """See the module's docstring."""

    name = "Grafana"

    def __init__(self, surroundings: Surroundings) -> None:
        """Take limits and trust from ``surroundings``."""
        self._surroundings = surroundings

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        wrong = spec_problems(GrafanaSpec, spec)
        return wrong or list(_problems(GrafanaSpec.model_validate(spec)))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,  # noqa: ARG002 the token has no end
        entropy: Entropy,
    ) -> Generated:
        """Make a token of the account, which is made first where it is not there: ``login`` and ``token``."""
        settings = GrafanaSpec.model_validate(spec)
        proof = await _proof(settings, host)
        async with web_of("Grafana", host, self._surroundings) as web:
            number, login = await _account(web, settings, proof)
            name = str(uuid.UUID(bytes=entropy(16), version=4))
            call = Call(
                "CreateToken", "POST", f"{_base(settings)}/{number}/tokens", proof, url_field="url", fields=_FIELDS
            )
            made = await web.ask(call.with_json({"name": name}))
            token, token_id = web.text(made, "key"), made.get("id")
        if not isinstance(token_id, int):
            raise unexpected("Grafana")
        return Generated(
            {"login": SecretBytes(login.encode()), "token": SecretBytes(token.encode())},
            state={_ACCOUNT: {"id": number, "login": login, "tokenID": token_id}},
        )

    async def cleanup(self, spec: Mapping[str, Any], state: Mapping[str, Any], host: Host) -> None:
        """Delete the token of a state; one that is gone is gone."""
        settings = GrafanaSpec.model_validate(spec)
        account = state.get(_ACCOUNT)
        numbers = [account.get(name) for name in ("id", "tokenID")] if isinstance(account, Mapping) else []
        if not numbers or not all(isinstance(number, int) for number in numbers):
            raise InvalidSpec("names no token of Grafana", field="state.serviceAccount")
        call = Call(
            "DeleteToken",
            "DELETE",
            f"{_base(settings)}/{numbers[0]}/tokens/{numbers[1]}",
            await _proof(settings, host),
            url_field="url",
            fields=_FIELDS,
            accepted=frozenset({404}),
        )
        async with web_of("Grafana", host, self._surroundings) as web:
            await web.ask(call)


async def _account(web: Web, settings: GrafanaSpec, proof: Mapping[str, str]) -> tuple[int, str]:
    """Return number and login of the account, which is made where there is none of that name."""
    wanted = settings.service_account
    query = urlencode({"query": wanted.name})
    listed = await web.ask(
        Call(
            "SearchServiceAccounts", "GET", f"{_base(settings)}/search?{query}", proof, url_field="url", fields=_FIELDS
        )
    )
    found = listed.get("serviceAccounts")
    if not isinstance(found, list):
        raise unexpected("Grafana")
    named: list[Mapping[str, Any]] = [one for one in found if isinstance(one, dict) and one.get("name") == wanted.name]
    if not named:
        create = Call("CreateServiceAccount", "POST", _base(settings), proof, url_field="url", fields=_FIELDS)
        named = [await web.ask(create.with_json({"name": wanted.name, "role": wanted.role}))]
    number = named[0].get("id")
    if not isinstance(number, int):
        raise unexpected("Grafana")
    return number, web.text(named[0], "login")


async def _proof(settings: GrafanaSpec, host: Host) -> dict[str, str]:
    """Return the header that says who asks."""
    auth = settings.auth
    if auth.token is not None:
        return {"Authorization": f"Bearer {await text_of(host, auth.token, 'auth.token')}"}
    assert auth.basic is not None, "a spec without problems has a login"
    password = await host.secret_value(auth.basic.password.model_dump(exclude_none=True), field="auth.basic.password")
    login = auth.basic.username.encode() + b":" + password.reveal()
    return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}


def _base(settings: GrafanaSpec) -> str:
    return f"{settings.url.rstrip('/')}/api/serviceaccounts"


def _problems(settings: GrafanaSpec) -> Iterator[Problem]:
    auth = settings.auth
    if auth.token is not None:
        yield from secret_key_problems(auth.token, "auth.token")
    elif auth.basic is not None:
        yield from secret_key_problems(auth.basic.password, "auth.basic.password")
    else:
        yield Problem("auth", "set token or basic")


GENERATOR = GrafanaGenerator(Surroundings(os.environ))
