"""Failures of HTTP and of the transport, mapped once to the errors of :mod:`.errors`.

In: the request, and the answer or aiohttp's exception. Out: the error, built from codes and reasons, never from text. A
text of the server is quoted only where the request carried nothing confidential: a 422 quotes what was submitted.
The format is ``Status``, https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from secrets_operator.kube import errors
from secrets_operator.kube.errors import ApiError, Cause
from secrets_operator.kube.requests import Request

# What may go wrong on the way. ValueError is not among them: InvalidURL, which is one, is a ClientError as well.
TRANSPORT_FAILURES = (aiohttp.ClientError, OSError)

_MESSAGE_LIMIT = 400

_BY_CODE: Mapping[int, type[ApiError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.ResourceUnknown,
    # The client sends nothing slowly and asks for no upgrade, so these come from a proxy or a server in trouble.
    408: errors.ServerError,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    425: errors.ServerError,
    429: errors.TooManyRequests,
}


def from_answer(request: Request, code: int, body: bytes, retry_after: str = "") -> ApiError:
    """Return the error for an HTTP answer that is no success; ``retry_after`` is the header of that name."""
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        # A proxy's page, or the plain "404 page not found" of a group that is not served.
        status = {}
    return from_status(request, code, status if isinstance(status, dict) else {}, retry_after)


def from_status(request: Request, code: int, status: Mapping[str, Any], retry_after: str = "") -> ApiError:
    """Return the error for a ``Status``, of an answer or of an ERROR event in a watch."""
    if status.get("kind") != "Status":
        status = {}
    details = _mapping(status.get("details"))
    causes = _causes(request, details)
    reason = str(status.get("reason") or "")
    error = _type(code, reason, causes)(
        _message(request, code, status, causes), code=code, reason=reason, causes=causes
    )
    if isinstance(error, errors.RetryableApiError):
        error.after = _seconds(retry_after) or _seconds(str(details.get("retryAfterSeconds") or ""))
    return error


def from_transport(request: Request, failure: BaseException) -> ApiError:
    """Return the error for a failure below HTTP; only the class of ``failure`` shows, its text may hold anything."""
    name = type(failure).__name__
    if isinstance(failure, aiohttp.InvalidURL):
        return errors.BadRequest(f"cannot {request}: the address of the API server is not a URL", reason=name)
    if isinstance(failure, aiohttp.ClientResponseError):
        return errors.ServerError(f"cannot {request}: the answer is not HTTP", reason=name)
    if isinstance(failure, TimeoutError):
        return errors.Unreachable(f"cannot {request}: the API server did not answer in time", reason=name)
    return errors.Unreachable(f"cannot {request}: the API server cannot be reached ({name})", reason=name)


def shown(failure: BaseException) -> BaseException | None:
    """Return ``failure`` as the cause to chain, or None when its repr holds the request's headers, token included."""
    return None if isinstance(failure, aiohttp.ClientResponseError) else failure


def parsed(request: Request, body: bytes) -> dict[str, Any]:
    """Return the object that ``body`` is the JSON of; raises ServerError when it is not one."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Without the cause: it carries the body.
        raise not_kubernetes(request, 200) from None
    if isinstance(value, dict):
        return value
    raise not_kubernetes(request, 200)


def parsed_list(request: Request, body: bytes) -> dict[str, Any]:
    """Return the list that ``body`` is the JSON of, with ``items`` and ``metadata``; raises ServerError otherwise."""
    page = parsed(request, body)
    # An empty list of some kinds is sent as null.
    items = page["items"] = page.get("items") or []
    if isinstance(page.get("metadata"), dict) and isinstance(items, list) and all(map(is_object, items)):
        return page
    raise not_kubernetes(request, 200)


def is_object(value: object) -> bool:
    """Return whether ``value`` has what every object and every bookmark has, a ``metadata`` with a version."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(metadata, dict) and isinstance(metadata.get("resourceVersion"), str)


def not_kubernetes(request: Request, code: int) -> ApiError:
    """Return the error for an answer that no API server gives: no JSON, or JSON of another shape."""
    return errors.ServerError(f"cannot {request}: the answer is not one of a Kubernetes API server", code=code)


def _type(code: int, reason: str, causes: tuple[Cause, ...]) -> type[ApiError]:
    if code == 404 and reason == "NotFound":
        return errors.NotFound
    if code == 409 and reason == "AlreadyExists":
        return errors.AlreadyExists
    if code == 409 and any(cause.reason == "FieldManagerConflict" for cause in causes):
        return errors.ApplyConflict
    if code in _BY_CODE:
        return _BY_CODE[code]
    # A redirect is as little an answer of an API server as a 5xx of the load balancer before it.
    return errors.BadRequest if 400 <= code < 500 else errors.ServerError


def _causes(request: Request, details: Mapping[str, Any]) -> tuple[Cause, ...]:
    raw = details.get("causes")
    return tuple(_cause(request, item) for item in raw if isinstance(item, dict)) if isinstance(raw, list) else ()


def _cause(request: Request, item: Mapping[str, Any]) -> Cause:
    reason = str(item.get("reason") or "")
    # The message of a conflict names the other manager, which is what the user needs, and nothing that was submitted.
    quotable = request.quotable or reason == "FieldManagerConflict"
    return Cause(str(item.get("field") or ""), reason, _line(item.get("message")) if quotable else "")


def _message(request: Request, code: int, status: Mapping[str, Any], causes: tuple[Cause, ...]) -> str:
    head = f"cannot {request}: {status.get('reason') or 'HTTP'} ({code})"
    said = _line(status.get("message")) if request.quotable else "; ".join(str(cause) for cause in causes)
    return f"{head}: {said}"[:_MESSAGE_LIMIT] if said else head


def _line(text: object) -> str:
    return " ".join(text.split()) if isinstance(text, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(text: str) -> float | None:
    # Kubernetes sends whole seconds. A date, which HTTP allows as well, would need a clock that agrees with theirs.
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
