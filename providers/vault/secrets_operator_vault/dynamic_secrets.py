"""One request to Vault by a login of its own, and the part of the answer that becomes keys.

What Vault gives a lease belongs to the token that asked for it: revoking the token ends the database user, too. So a
token whose answer has a lease, or is a token itself, is left to its own end.
https://developer.hashicorp.com/vault/docs/concepts/lease#lease-ids-and-revocation
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from secrets_operator.errors import OperatorError, Refused, Retryable, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import DEFAULT_FRESH_SECONDS, Generated, Host, Rejected, RetrySettings
from secrets_operator.resources.durations import parse_duration
from secrets_operator.resources.generators.vault import VaultDynamicSecretSpec
from secrets_operator_vault import documents
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.client import ApiRequest, Reply
from secrets_operator_vault.errors import Meaning, error_for
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.opening import open_server
from secrets_operator_vault.paths import segments
from secrets_operator_vault.repeating import Call

_SECTIONS: Final = {"Data": "data", "Auth": "auth"}
# Parts of an answer that are there or not; null stands for not.
_OPTIONAL: Final = frozenset({"auth", "wrap_info"})
_NOTHING: Final = "Vault answers nothing of that kind: check path, method and resultType, or set allowEmptyResponse"


async def dynamic_secret(settings: VaultDynamicSecretSpec, host: Host, surroundings: Surroundings) -> Generated:
    """Log in, ask, and return the answer as keys; raises Terminal or Retryable, and what the host raises."""
    opened = await open_server(settings.provider, host, surroundings, _retry(settings))
    leave = False
    try:
        body = await _answer(opened.asking, settings)
        values = _values(body, settings)
        leave = any(body.get(member) for member in ("lease_id", "auth", "wrap_info"))
    finally:
        # What cannot be used ends with its token.
        await (opened.leave() if leave else opened.close())
    return Generated(values, _fresh_seconds(body))


async def _answer(asking: Asking, settings: VaultDynamicSecretSpec) -> Mapping[str, Any]:
    """Return the document that Vault answers, an empty one for none."""
    reply = await asking.send(*_request(settings))
    if reply.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}:
        raise await _error(asking, reply, settings)
    if not reply.body and reply.status != HTTPStatus.NOT_FOUND:
        return {}
    try:
        body = documents.parse(reply.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Retryable(Meaning.NOT_VAULT.value)
    if reply.status == HTTPStatus.NOT_FOUND:
        if body.get("errors") != []:
            raise error_for(reply, field="path")
        return {}
    return body


def _request(settings: VaultDynamicSecretSpec) -> tuple[Call, ApiRequest]:
    path = "/".join(segments(settings.path))
    if settings.method in {"", "GET"}:
        return Call.READ, ApiRequest("get", path, settings.get_parameters)
    if settings.method == "LIST":
        return Call.LIST, ApiRequest("get", path, {"list": "true"})
    if settings.method == "DELETE":
        return Call.DELETE, ApiRequest("delete", path)
    return Call.WRITE, ApiRequest("put", path, body=settings.parameters)


async def _error(asking: Asking, reply: Reply, settings: VaultDynamicSecretSpec) -> OperatorError:
    denial = await asking.judged(reply)
    if denial is None:
        return error_for(reply, field="path", secrets=tuple(documents.texts(settings.parameters)))
    if isinstance(denial, Rejected) and denial.credentials:
        return Refused(denial.message, field="provider.auth")
    return Terminal("permission denied: allow path and method in a policy of the login", field="path")


def _values(body: Mapping[str, Any], settings: VaultDynamicSecretSpec) -> dict[str, SecretBytes]:
    section: Any = {name: part for name, part in body.items() if part is not None or name not in _OPTIONAL}
    if settings.result_type in _SECTIONS:
        section = body.get(_SECTIONS[settings.result_type])
    if not section:
        if settings.allow_empty_response:
            return {}
        raise Terminal(_NOTHING)
    try:
        payload = documents.render(section)
    except ValueError:
        raise Terminal("the answer cannot be written as JSON") from None
    return {name: SecretBytes(value) for name, value in documents.extract(payload).items()}


def _fresh_seconds(body: Mapping[str, Any]) -> float:
    """Return for how long what was made may be written; a lease may be shorter than usual."""
    auth = body.get("auth")
    lasts = [body.get("lease_duration"), auth.get("lease_duration") if isinstance(auth, dict) else None]
    seconds = [float(one.text) for one in lasts if isinstance(one, documents.Number)]
    return min([DEFAULT_FRESH_SECONDS, *(one for one in seconds if one > 0)])


def _retry(settings: VaultDynamicSecretSpec) -> RetrySettings | None:
    written = settings.retry_settings
    if written is None:
        return None
    interval = parse_duration(written.retry_interval) / 1e9 if written.retry_interval is not None else None
    return RetrySettings(written.max_retries, interval)
