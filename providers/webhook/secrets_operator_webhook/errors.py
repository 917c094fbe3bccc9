"""The one place where what a webhook's server or the network says gets a meaning here.

In: a status, or a failure of the network. Out: the error that becomes an answer. Messages are our own stable sentences:
neither the URL nor the server's text is quoted, since both may hold a secret.
"""

from __future__ import annotations

from enum import Enum

from secrets_operator.errors import OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider.http_failures import HttpFailure


class Meaning(Enum):
    """What a failure means to us; the value is the sentence a user reads."""

    BUSY = "the server asks to slow down"
    UNAVAILABLE = "the server does not answer the request"
    NO_IDENTITY = "the server does not accept the store's credential"
    DENIED = "the server denies the request"
    REDIRECT = "the server redirects to another place: put that into url"
    REQUEST = "the server does not accept the request"


# https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
TABLE = {
    401: Meaning.NO_IDENTITY,
    403: Meaning.DENIED,
    407: Meaning.DENIED,
    408: Meaning.UNAVAILABLE,
    425: Meaning.UNAVAILABLE,
    429: Meaning.BUSY,
}
RETRIED = frozenset({Meaning.BUSY, Meaning.UNAVAILABLE})

NETWORK = {
    HttpFailure.TLS: "no TLS connection to the server: check caBundle or caProvider, and the name in its certificate",
    HttpFailure.TIMED_OUT: "the server does not answer in time",
    HttpFailure.BROKEN_OFF: "the server broke off its answer",
    HttpFailure.NOT_HTTP: "the answer is not HTTP: check url",
    HttpFailure.UNREACHABLE: "the server cannot be reached: check url",
}


def meaning_of(status: int) -> Meaning:
    """Return what a status other than success means; 404 is an answer of its own."""
    if status in TABLE:
        return TABLE[status]
    if status >= 500:
        return Meaning.UNAVAILABLE
    return Meaning.REDIRECT if 300 <= status < 400 and status != 304 else Meaning.REQUEST


def error_for(status: int, wait: float | None) -> OperatorError:
    """Return the error for a status other than success; ``wait`` is what the server asks for, in seconds."""
    meaning = meaning_of(status)
    message = f"{meaning.value} (status {status})"
    if meaning in RETRIED:
        return Retryable(message, after=wait)
    return Refused(message) if meaning is Meaning.NO_IDENTITY else Terminal(message)
