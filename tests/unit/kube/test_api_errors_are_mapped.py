"""Every way a request can fail has one error, chosen by codes and reasons, and none of them quotes a value."""

from __future__ import annotations

import inspect
import ssl
from typing import Any

import aiohttp
import orjson
import pytest

from secrets_operator import errors as tree
from secrets_operator.kube import errors, mapping, requests
from secrets_operator.kube.errors import ApiError, Cause
from secrets_operator.kube.requests import Target
from secrets_operator.kube.resources import CONFIG_MAPS, EXTERNAL_SECRETS, SECRETS

READ = requests.get(Target(SECRETS, "team", "db"))
WRITE_SECRET = requests.apply(Target(SECRETS, "team", "db"), {}, manager="op", force=False)
WRITE_STATUS = requests.apply(Target(EXTERNAL_SECRETS, "team", "db", "status"), {}, manager="op", force=True)


def status(code: int, reason: str = "", message: str = "", **details: Any) -> bytes:
    return orjson.dumps(
        {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details or None}
    )


@pytest.mark.parametrize(
    ("code", "body", "expected", "meaning"),
    [
        pytest.param(404, status(404, "NotFound"), errors.NotFound, tree.NotFound, id="object not found"),
        pytest.param(404, b"404 page not found\n", errors.ResourceUnknown, tree.Retryable, id="kind not served"),
        pytest.param(404, b"<html>", errors.ResourceUnknown, tree.Retryable, id="not found, says a proxy"),
        pytest.param(404, b'{"reason": "NotFound"}', errors.ResourceUnknown, tree.Retryable, id="not a Status"),
        pytest.param(409, status(409, "Conflict"), errors.Conflict, tree.Retryable, id="stale version"),
        pytest.param(409, status(409, "AlreadyExists"), errors.AlreadyExists, tree.Retryable, id="already exists"),
        pytest.param(
            409,
            status(409, "Conflict", causes=[{"reason": "FieldManagerConflict", "field": ".data.k"}]),
            errors.ApplyConflict,
            tree.Retryable,
            id="fields of another manager",
        ),
        pytest.param(410, status(410, "Expired"), errors.Gone, tree.Retryable, id="version expired"),
        pytest.param(422, status(422, "Invalid"), errors.Invalid, tree.Terminal, id="invalid object"),
        pytest.param(400, status(400, "BadRequest"), errors.BadRequest, tree.Terminal, id="bad request"),
        pytest.param(413, b"", errors.BadRequest, tree.Terminal, id="object too large"),
        pytest.param(415, status(415), errors.BadRequest, tree.Terminal, id="unsupported media type"),
        pytest.param(401, status(401, "Unauthorized"), errors.Unauthorized, tree.Retryable, id="unauthorized"),
        pytest.param(403, status(403, "Forbidden"), errors.Forbidden, tree.Retryable, id="forbidden"),
        pytest.param(408, b"", errors.ServerError, tree.Retryable, id="request timeout"),
        pytest.param(429, status(429, "TooManyRequests"), errors.TooManyRequests, tree.Retryable, id="throttled"),
        pytest.param(500, status(500, "InternalError"), errors.ServerError, tree.Retryable, id="internal error"),
        pytest.param(503, b"", errors.ServerError, tree.Retryable, id="unavailable"),
        pytest.param(504, status(504, "Timeout"), errors.ServerError, tree.Retryable, id="timeout"),
        pytest.param(302, b"", errors.ServerError, tree.Retryable, id="redirect to a login page"),
    ],
)
def test_an_answer_becomes_the_error_that_says_what_to_do(
    code: int, body: bytes, expected: type[ApiError], meaning: type[Exception]
) -> None:
    error = mapping.from_answer(READ, code, body)
    assert type(error) is expected
    assert isinstance(error, meaning)
    assert error.code == code


@pytest.mark.parametrize(
    ("header", "details", "after"),
    [
        pytest.param("7", {}, 7.0, id="seconds in the header"),
        pytest.param("", {"retryAfterSeconds": 3}, 3.0, id="seconds in the details"),
        pytest.param("7", {"retryAfterSeconds": 3}, 7.0, id="the header wins"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", {}, None, id="a date is not used"),
        pytest.param("-1", {}, None, id="a negative number is not used"),
        pytest.param("9" * 400, {}, None, id="a number beyond all numbers is not used"),
        pytest.param("", {}, None, id="nothing said"),
    ],
)
def test_the_wait_the_server_asks_for_is_carried(header: str, details: dict[str, Any], after: float | None) -> None:
    error = mapping.from_answer(READ, 429, status(429, **details), header)
    assert isinstance(error, tree.Retryable)
    assert error.after == after


def test_a_refused_secret_names_field_and_reason_but_quotes_nothing() -> None:
    body = status(
        422,
        "Invalid",
        'Secret "db" is invalid: data[k]: Invalid value: "hunter2"',
        causes=[{"reason": "FieldValueInvalid", "message": 'Invalid value: "hunter2"', "field": "data[k]"}],
    )
    error = mapping.from_answer(WRITE_SECRET, 422, body)
    assert error.causes == (Cause("data[k]", "FieldValueInvalid"),)
    assert str(error) == "cannot apply Secret team/db: Invalid (422): data[k]: FieldValueInvalid"
    assert "hunter2" not in repr(vars(error))


def test_a_refused_write_of_an_unknown_kind_is_as_silent_as_that_of_a_secret() -> None:
    """A template may put values anywhere, so a kind quotes nothing unless it is known to be harmless."""
    request = requests.create(Target(CONFIG_MAPS, "team"), {}, manager="op")
    error = mapping.from_answer(request, 400, status(400, "BadRequest", "json parse error: hunter2"))
    assert str(error) == "cannot create ConfigMap team: BadRequest (400)"


def test_a_conflict_on_a_secret_names_the_other_manager() -> None:
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "helm"', "field": ".data.k"}]
    error = mapping.from_answer(WRITE_SECRET, 409, status(409, "Conflict", "Apply failed", causes=causes))
    assert str(error) == 'cannot apply Secret team/db: Conflict (409): .data.k: conflict with "helm"'


def test_a_refused_status_quotes_what_the_server_says_in_one_line() -> None:
    error = mapping.from_answer(WRITE_STATUS, 422, status(422, "Invalid", "status.x:\n  must be a string"))
    assert str(error) == "cannot apply ExternalSecret team/db/status: Invalid (422): status.x: must be a string"


def test_a_refused_deletion_quotes_what_the_server_says() -> None:
    request = requests.delete(Target(SECRETS, "team", "db"))
    error = mapping.from_answer(request, 403, status(403, "Forbidden", "keep it, says the policy"))
    assert str(error) == "cannot delete Secret team/db: Forbidden (403): keep it, says the policy"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"kind": "Status", "details": [], "message": 3, "reason": 4}', id="wrong types"),
        pytest.param(b'{"kind": "Status", "details": {"causes": [1, {"field": 2}]}}', id="wrong causes"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_an_answer_of_any_shape_becomes_an_error(body: bytes) -> None:
    assert type(mapping.from_answer(WRITE_STATUS, 500, body)) is errors.ServerError


def client_exceptions() -> list[type[BaseException]]:
    """All that aiohttp's client can raise, found by walking the package, so that a new one is found as well."""
    found = {value for _, value in inspect.getmembers(aiohttp.client_exceptions, inspect.isclass)}
    found |= {value for _, value in inspect.getmembers(aiohttp, inspect.isclass)}
    # Not of the HTTP client: parsing of file names, the internals of streams and of web sockets.
    elsewhere = {
        aiohttp.BadContentDispositionHeader,
        aiohttp.BadContentDispositionParam,
        aiohttp.EofStream,
        aiohttp.WebSocketError,
        aiohttp.WSMessageTypeError,
    }
    raised = {value for value in found if issubclass(value, Exception)} - elsewhere
    return sorted(raised, key=lambda value: value.__name__)


@pytest.mark.parametrize(
    "exception",
    [
        *[pytest.param(value, id=f"aiohttp {value.__name__}") for value in client_exceptions()],
        *[
            pytest.param(value, id=f"builtin {value.__name__}")
            for value in (TimeoutError, ConnectionResetError, OSError, ssl.SSLError)
        ],
    ],
)
def test_every_exception_of_the_transport_is_caught_and_mapped(exception: type[BaseException]) -> None:
    assert issubclass(exception, mapping.TRANSPORT_FAILURES)
    failure = exception.__new__(exception)
    error = mapping.from_transport(READ, failure)
    assert isinstance(error, tree.Retryable) or issubclass(exception, aiohttp.InvalidURL)
    assert error.code == 0
    assert error.reason == exception.__name__


def test_aiohttp_still_has_exceptions_to_map() -> None:
    assert len(client_exceptions()) >= 25
    assert aiohttp.ServerDisconnectedError in client_exceptions()


def test_an_exception_that_holds_the_request_headers_is_not_chained() -> None:
    failure = aiohttp.ClientResponseError.__new__(aiohttp.ClientResponseError)
    assert mapping.shown(failure) is None
    assert mapping.shown(TimeoutError()) is not None
