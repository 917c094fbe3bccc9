"""What replies and failures of the network mean."""

from __future__ import annotations

import json
from typing import Any

import hvac.exceptions
import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from secrets_operator_vault.answers import metadata_answer, value_answer
from secrets_operator_vault.client import Reply
from secrets_operator_vault.errors import Meaning, answer_for, error_for, meaning_of, unreachable
from secrets_operator_vault.logins import aws_errors

from secrets_operator.errors import Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Failed, Found, Rejected


def reply(status: int, body: Any = None, retry_after: str = "") -> Reply:
    return Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode(), retry_after)


@pytest.mark.parametrize(
    ("version", "status", "body", "kind"),
    [
        pytest.param("v2", 404, {"errors": []}, Absent, id="v2: never written"),
        pytest.param("v2", 404, {"data": {"data": None, "metadata": {}}}, Absent, id="v2: deleted or destroyed"),
        pytest.param("v2", 200, {"data": {"data": None}}, Absent, id="v2: null data"),
        pytest.param("v2", 200, {"data": None}, Absent, id="v2: nothing"),
        pytest.param("v2", 200, {"data": {"data": {"a": "b"}}}, Found, id="v2: a map"),
        pytest.param("v2", 200, {"data": {"data": {}}}, Found, id="v2: an empty map"),
        pytest.param("v2", 200, {"data": {"a": "b"}}, Rejected, id="v2: the map of an engine of version 1"),
        pytest.param("v2", 200, {"data": {"data": "text"}}, Rejected, id="v2: text in place of a map"),
        pytest.param("v1", 404, {"errors": []}, Absent, id="v1: never written"),
        pytest.param("v1", 200, {"data": {"a": "b"}}, Found, id="v1: a map"),
        pytest.param("v1", 200, {"data": None}, Absent, id="v1: nothing"),
        pytest.param("v2", 404, {"errors": ["no handler for route"]}, Rejected, id="no such mount is not a deletion"),
        pytest.param("v1", 404, {"data": None, "warnings": ["x"]}, Rejected, id="the wrong version is not a deletion"),
        pytest.param("v2", 404, b"<html>not found</html>", Rejected, id="a page of a proxy is not a deletion"),
        pytest.param("v2", 404, [], Rejected, id="a list is not a deletion"),
        pytest.param("v2", 200, b"<html>welcome</html>", Failed, id="a page of a proxy is no answer"),
        pytest.param("v2", 200, {"wrap_info": {}}, Failed, id="an answer without data is none"),
        pytest.param("v2", 200, b'{"data": {"data": {"a": "\\ud800"}}}', Rejected, id="half a character is refused"),
    ],
)
def test_what_a_reply_says_of_a_value(version: str, status: int, body: Any, kind: type) -> None:
    assert isinstance(value_answer(reply(status, body), version), kind)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(
            200,
            {"data": {"custom_metadata": {"b": "x", "current_version": "mine"}, "current_version": 3, "versions": {}}},
            Found(SecretBytes(b'{"b":"x","current_version":"mine"}')),
            id="custom metadata wins, versions are left out",
        ),
        pytest.param(
            200,
            {
                "data": {
                    "created_time": "t",
                    "current_version": 3,
                    "delete_version_after": "0s",
                    "custom_metadata": None,
                }
            },
            Found(SecretBytes(b'{"created_time":"t","current_version":"3","delete_version_after":"0s"}')),
            id="system metadata is text",
        ),
        pytest.param(404, {"errors": []}, Rejected("the secret has no metadata"), id="no metadata is not a deletion"),
    ],
)
def test_what_a_reply_says_of_metadata(status: int, body: Any, expected: Any) -> None:
    assert metadata_answer(reply(status, body)) == expected


@pytest.mark.parametrize("status", [408, 412, 429, 472, 473, 500, 501, 502, 503, 504, 599])
def test_trouble_is_tried_again(status: int) -> None:
    assert isinstance(answer_for(reply(status)), Failed)
    assert isinstance(error_for(reply(status), field="auth"), Retryable)


@pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 405, 413, 422])
def test_a_refusal_is_for_the_user(status: int) -> None:
    assert isinstance(answer_for(reply(status)), Rejected)
    assert isinstance(error_for(reply(status), field="auth"), Refused)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)])
def test_the_server_may_ask_to_wait(header: str, seconds: float | None) -> None:
    assert answer_for(reply(429, {}, header)) == Failed("Vault asks to slow down (status 429)", after=seconds)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("invalid secret id", "invalid secret id", id="a plain text is quoted"),
        pytest.param("bad token hvs.CAESIJ12345abc here", "bad token *** here", id="a token is masked"),
        pytest.param("bad token s.12345678 here", "bad token *** here", id="an old token is masked"),
        pytest.param("id 6f1c2c0e-8f5a-4a1d-9c57-0f8b2f3c4d5e!", "id ***!", id="an identifier is masked"),
        pytest.param("sum 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "sum ***", id="something long with digits is masked"),
        pytest.param("my-role was refused", "*** was refused", id="a known secret is masked"),
        pytest.param("two\n\tlines", "two lines", id="it becomes one line"),
        pytest.param("word " * 100, ("word " * 100)[:160], id="it is cut"),
    ],
)
def test_a_quoted_text_is_scrubbed(text: str, quoted: str) -> None:
    error = error_for(reply(400, {"errors": [text]}), field="auth.appRole", secrets=("my-role", ""))
    assert error.message == f"Vault does not accept the request (status 400: {quoted})"


@pytest.mark.parametrize("body", [b"", b"<html>", {"errors": []}, {"errors": "x"}, {"errors": ["\x1b[2J"]}, []])
def test_nothing_odd_is_quoted(body: Any) -> None:
    assert "(status 400" in error_for(reply(400, body), field="auth").message
    assert "\x1b" not in error_for(reply(400, body), field="auth").message


def exceptions_below(parent: type[BaseException]) -> list[type[BaseException]]:
    return [parent, *(one for child in parent.__subclasses__() for one in exceptions_below(child))]


@pytest.mark.parametrize("kind", exceptions_below(requests.RequestException), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_library_is_tried_again_with_a_sentence_of_ours(kind: Any) -> None:
    error = kind.__new__(kind)
    OSError.__init__(error, "https://vault/v1/hidden")
    mapped = unreachable(error)
    assert isinstance(mapped, Retryable)
    assert "hidden" not in mapped.message


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (requests.exceptions.SSLError("x"), "caBundle"),
        (requests.exceptions.ReadTimeout("x"), "in time"),
        (requests.exceptions.ConnectTimeout("x"), "in time"),
        (requests.exceptions.ConnectionError("x"), "cannot be reached"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_sentence_says_what_to_look_at(error: requests.RequestException, hint: str) -> None:
    assert hint in unreachable(error).message


# hvac's errors are never raised here: an answer of any status comes back as it is. Its classes tell which kinds of
# answers there are, so each must have a meaning.
HVAC = {
    "InvalidRequest": Meaning.REQUEST,
    "Unauthorized": Meaning.DENIED,
    "Forbidden": Meaning.DENIED,
    "InvalidPath": Meaning.NO_ENGINE,
    "UnsupportedOperation": Meaning.REQUEST,
    "PreconditionFailed": Meaning.UNAVAILABLE,
    "RateLimitExceeded": Meaning.BUSY,
    "InternalServerError": Meaning.UNAVAILABLE,
    "VaultNotInitialized": Meaning.UNAVAILABLE,
    "BadGateway": Meaning.UNAVAILABLE,
    "VaultDown": Meaning.UNAVAILABLE,
    "UnexpectedError": None,
    "ParamValidationError": None,
}


def test_every_error_class_of_hvac_is_known() -> None:
    assert {kind.__name__ for kind in exceptions_below(hvac.exceptions.VaultError)[1:]} == HVAC.keys()


def test_every_status_that_hvac_has_an_error_for_has_its_meaning() -> None:
    kinds = {status: type(hvac.exceptions.VaultError.from_status(status)).__name__ for status in range(400, 600)}
    wrong = {status: kind for status, kind in kinds.items() if HVAC[kind] not in (None, meaning_of(status))}
    assert wrong == {}


def made(kind: type[Exception]) -> Exception:
    error = kind.__new__(kind)
    Exception.__init__(error, "hush")
    return error


@pytest.mark.parametrize(
    "kind", [*exceptions_below(BotoCoreError), ResponseParserError], ids=lambda kind: kind.__name__
)
def test_every_error_of_the_aws_sdk_is_an_outage_or_for_the_user(kind: Any) -> None:
    mapped = aws_errors.failure(made(kind))
    assert isinstance(mapped, Retryable if issubclass(kind, aws_errors.OUTAGES) else Refused)
    assert "hush" not in str(mapped)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        pytest.param("AccessDenied", 403, Refused, id="a role that may not be assumed"),
        pytest.param("ExpiredTokenException", 400, Refused, id="a token that has expired"),
        pytest.param("Throttling", 400, Retryable, id="a throttle"),
        pytest.param("InternalFailure", 500, Retryable, id="an outage"),
        pytest.param("ServiceUnavailable", 503, Retryable, id="an outage of the service"),
        pytest.param("hush: key", 400, Refused, id="an odd code is not shown"),
    ],
)
def test_what_aws_answers_has_a_meaning(code: str, status: int, kind: type) -> None:
    answer: Any = {
        "Error": {"Code": code, "Message": "hush"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "hush"},
    }
    mapped = aws_errors.failure(ClientError(answer, "AssumeRole"))
    assert isinstance(mapped, kind)
    assert "hush" not in str(mapped)
