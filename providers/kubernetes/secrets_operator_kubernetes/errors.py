"""The one place where what an API server or the network says gets a meaning here.

In: a status, or a failure of the network. Out: the answer of a fetch, or the error of a validation. Messages are our
own stable sentences: the server's text is never quoted, since a stranger may write it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from secrets_operator.errors import OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider.http_failures import HttpFailure

if TYPE_CHECKING:
    from secrets_operator_kubernetes.client import Reply


class Meaning(Enum):
    """What a failure means to us; the value is the sentence a user reads."""

    BUSY = "the API server asks to slow down"
    UNAVAILABLE = "the API server does not answer (starting, overloaded or in trouble)"
    EXPIRED = "the list changed while it was read"
    NO_IDENTITY = "the API server does not accept the store's credential: it is missing, expired or revoked"
    DENIED = "permission denied: allow it in a Role of the store's identity"
    NOT_KUBERNETES = "the answer is not one of an API server: check server and the proxies before it"
    REQUEST = "the API server does not accept the request"


# https://kubernetes.io/docs/reference/using-api/api-concepts/ and the codes of its Status objects
TABLE = {
    401: Meaning.NO_IDENTITY,
    403: Meaning.DENIED,
    404: Meaning.NOT_KUBERNETES,
    408: Meaning.UNAVAILABLE,
    410: Meaning.EXPIRED,
    429: Meaning.BUSY,
}
RETRIED = frozenset({Meaning.BUSY, Meaning.UNAVAILABLE, Meaning.EXPIRED})

NETWORK = {
    HttpFailure.TLS: "no TLS connection to the API server: check server.caBundle or server.caProvider, the client "
    "certificate, and the name in the server's certificate",
    HttpFailure.TIMED_OUT: "the API server does not answer in time",
    HttpFailure.BROKEN_OFF: "the API server broke off its answer",
    HttpFailure.NOT_HTTP: "the answer is not HTTP: check server.url",
    HttpFailure.UNREACHABLE: "the API server cannot be reached: check server.url",
}
TRUNCATED = "the API server's answer is not whole"


def meaning_of(status: int) -> Meaning:
    """Return what a status other than success means."""
    if status in TABLE:
        return TABLE[status]
    if status >= 500:
        return Meaning.UNAVAILABLE
    return Meaning.REQUEST if status >= 400 else Meaning.NOT_KUBERNETES


def error_for(reply: Reply, *, doing: str, field: str = "") -> OperatorError:
    """Return the error for a status other than success; ``doing`` says what was tried (``get secrets in shop``)."""
    meaning = meaning_of(reply.status)
    detail = f"{doing}, status {reply.status}"
    if meaning in RETRIED:
        return Retryable(f"{meaning.value} ({detail})", field=field, after=reply.wait)
    if meaning is Meaning.NO_IDENTITY:
        return Refused(meaning.value, field=field)
    return Terminal(f"{meaning.value} ({detail})", field=field)
