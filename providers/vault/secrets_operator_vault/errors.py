"""The one place where what Vault or the network says gets a meaning here.

In: a status, or an exception of ``requests``. Out: the answer of a fetch, or the error of opening and validating.
Messages are our own stable sentences. Vault's text is quoted only where a request was not accepted as written, and
never with tokens, identifiers or request ids in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from secrets_operator.errors import OperatorError, Refused, Retryable
from secrets_operator.provider import Failed, Rejected

if TYPE_CHECKING:
    from secrets_operator_vault.client import Reply


class Meaning(Enum):
    """What a failure means to us; the value is the sentence a user reads."""

    BUSY = "Vault asks to slow down"
    UNAVAILABLE = "Vault does not answer (sealed, standby or in trouble)"
    DENIED = "permission denied: allow it in a policy of the store's token"
    REQUEST = "Vault does not accept the request"
    NO_TOKEN = "Vault does not accept the store's token: it is missing, expired or revoked"
    NOT_VAULT = "the answer is not one of Vault's: check server and the proxies before it"
    NO_ENGINE = "there is no such path: check server, path and version of the store"


# https://developer.hashicorp.com/vault/api-docs#http-status-codes
# and, for 412, https://developer.hashicorp.com/vault/docs/enterprise/consistency
TABLE = {
    401: Meaning.DENIED,
    403: Meaning.DENIED,
    404: Meaning.NO_ENGINE,
    408: Meaning.UNAVAILABLE,
    412: Meaning.UNAVAILABLE,
    429: Meaning.BUSY,
    472: Meaning.UNAVAILABLE,
    473: Meaning.UNAVAILABLE,
}
RETRIED = frozenset({Meaning.BUSY, Meaning.UNAVAILABLE})

_TIMED_OUT = "Vault does not answer in time"
_NO_TLS = "no TLS connection to Vault: check caBundle or caProvider, and the name in the server's certificate"
_NOT_REACHED = "Vault cannot be reached: check server"
_IDENTIFIER = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # UUID: request, role and secret ids
    r"|\b(?:hv[a-z]|[sbr])\.[\w.-]{8,}"  # tokens
    r"|(?=\S*\d)[\w+/=.-]{24,}",  # anything long with digits in it
    re.IGNORECASE,
)
_LONGEST_QUOTE = 160


def meaning_of(status: int) -> Meaning:
    """Return what a status other than success means."""
    if status in TABLE:
        return TABLE[status]
    return Meaning.UNAVAILABLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Meaning.REQUEST


def answer_for(reply: Reply, *, secrets: Sequence[str] = ()) -> Failed | Rejected:
    """Return the answer of a fetch or a push that met a status other than success; ``secrets`` are never quoted."""
    meaning = meaning_of(reply.status)
    if meaning in RETRIED:
        return Failed(_sentence(reply, meaning), after=wait_of(reply))
    return Rejected(_sentence(reply, meaning, secrets))


def error_for(reply: Reply, *, field: str, secrets: Sequence[str] = ()) -> OperatorError:
    """Return what a login or a validation raises for a status other than success; ``secrets`` are never quoted."""
    meaning = meaning_of(reply.status)
    if meaning in RETRIED:
        return Retryable(_sentence(reply, meaning), after=wait_of(reply))
    return Refused(_sentence(reply, meaning, secrets), field=field)


def unreachable(error: requests.RequestException) -> Retryable:
    """Return the error for a request without an answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return Retryable(_NO_TLS)
    return Retryable(_TIMED_OUT if isinstance(error, requests.exceptions.Timeout) else _NOT_REACHED)


def too_large() -> Retryable:
    """Return the error for an answer that is larger than anything Vault has to say."""
    return Retryable(Meaning.NOT_VAULT.value)


def wait_of(reply: Reply) -> float | None:
    """Return the seconds the server asked to wait; a date in that header is left to backoff."""
    return float(reply.retry_after) if reply.retry_after.isdecimal() else None


def _sentence(reply: Reply, meaning: Meaning, secrets: Sequence[str] = ()) -> str:
    quoted = _quote(reply.body, secrets) if meaning is Meaning.REQUEST else ""
    return f"{meaning.value} (status {reply.status}{quoted})"


def _quote(body: bytes, secrets: Sequence[str]) -> str:
    """Return the first of Vault's error texts, scrubbed and short, or nothing."""
    try:
        text = str(json.loads(body)["errors"][0])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = " ".join(_IDENTIFIER.sub("***", text).split())
    return f": {text[:_LONGEST_QUOTE]}" if text.isprintable() else ""
