"""What the status of a reply means, for every service alike.

Messages are sentences of our own: what a service says is never quoted, since it may repeat what it was sent. Each
service says which of its fields is to blame for a status.
"""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.errors import OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider.guarded_http import Reply
from secrets_operator.provider.http_failures import HttpFailure

_SLOW_DOWN = frozenset({403, 429})
_RETRIED = frozenset({408, 425, 429})


def network_sentences(service: str) -> dict[HttpFailure, str]:
    """Return what each failure of the network means to a user of ``service``."""
    return {
        HttpFailure.TLS: f"no TLS connection to {service}: check the name in its certificate, and who signed it",
        HttpFailure.TIMED_OUT: f"{service} does not answer in time",
        HttpFailure.BROKEN_OFF: f"{service} broke off its answer",
        HttpFailure.NOT_HTTP: f"the answer of {service} is not HTTP",
        HttpFailure.UNREACHABLE: f"{service} cannot be reached",
    }


def error_for(reply: Reply, service: str, *, fields: Mapping[int, str]) -> OperatorError:
    """Return the error for a status other than success; ``fields`` has the field to blame for some of them."""
    status, field = reply.status, fields.get(reply.status, "")
    said = f"(status {status})"
    # https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 with Retry-After is one, too.
    if status in _SLOW_DOWN and (status == 429 or reply.wait is not None):
        return Retryable(f"{service} asks to slow down {said}", after=reply.wait)
    if status in _RETRIED or status >= 500:
        return Retryable(f"{service} does not answer the request {said}", after=reply.wait)
    if status == 401:
        return Refused(f"{service} does not accept the credential {said}", field=field)
    if status == 403:
        return Refused(f"{service} denies the request {said}", field=field)
    if status == 404:
        return Terminal(f"{service} has no such thing {said}", field=field)
    if 300 <= status < 400:
        return Terminal(f"{service} redirects to another place, which is not followed {said}", field=field)
    return Terminal(f"{service} does not accept the request {said}", field=field)


def unexpected(service: str) -> Retryable:
    """Return the error for an answer that is none of the service's, such as the page of a proxy."""
    return Retryable(f"the answer is not one of {service}'s")
