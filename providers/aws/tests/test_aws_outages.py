"""When Secrets Manager does not answer, or says no: an answer that keeps the Secret, and a message that is stable."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from secrets_operator.provider import Failed, Reference, Rejected, RetrySettings


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        pytest.param(
            500,
            "InternalServiceError",
            Failed("GetSecretValue: AWS cannot be reached or does not answer (InternalServiceError)"),
            id="a fault of the service",
        ),
        pytest.param(
            400,
            "ThrottlingException",
            Failed("GetSecretValue: AWS asks to slow down (ThrottlingException)", after=5.0),
            id="throttling",
        ),
        pytest.param(
            400,
            "AccessDeniedException",
            Rejected(
                "GetSecretValue: access is denied: allow the action for this secret in IAM (AccessDeniedException)"
            ),
            id="a denied secret",
        ),
        pytest.param(
            400,
            "ExpiredTokenException",
            Rejected(
                "GetSecretValue: the credentials are not accepted: check the store's credentials and their expiry"
                " (ExpiredTokenException)",
                credentials=True,
            ),
            id="an expired token",
        ),
        pytest.param(
            400,
            "DecryptionFailure",
            Rejected(
                "GetSecretValue: the secret cannot be decrypted: allow the use of its KMS key (DecryptionFailure)"
            ),
            id="a KMS failure",
        ),
    ],
)
async def test_an_error_of_the_service_is_an_answer(
    gateway: Any, open_session: Any, status: int, code: str, expected: Any
) -> None:
    gateway.fail("GetSecretValue", status, code, "RequestID: 7a1c-req Credential=AKIAIOSFODNN7EXAMPLE")
    session = await open_session()
    assert list(await session.fetch([Reference("a")])) == [expected]


@pytest.mark.parametrize(
    ("named", "after"),
    [
        pytest.param("17", 17.0, id="the seconds that AWS names"),
        pytest.param("86400", 60.0, id="but a minute at most"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", 5.0, id="a date is no number of seconds"),
        pytest.param("", 5.0, id="some seconds where it names none"),
    ],
)
async def test_the_wait_after_a_throttle_is(gateway: Any, open_session: Any, named: str, after: float) -> None:
    gateway.fail("GetSecretValue", 429, "Throttling")
    gateway.retry_after = named
    (answer,) = await (await open_session(RetrySettings(1, 0.1))).fetch([Reference("a")])
    assert answer == Failed("GetSecretValue: AWS asks to slow down (Throttling)", after)


async def test_a_refused_connection_is_a_failure(
    gateway: Any, open_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_SECRETSMANAGER_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
        session = await open_session()
        answers = await session.fetch([Reference("a"), Reference("b"), Reference("c", "stage")])
    message = "AWS cannot be reached or does not answer (EndpointConnectionError)"
    assert list(answers) == [Failed(message)] * 3


async def test_an_answer_that_is_not_of_aws_is_a_failure(gateway: Any, open_session: Any) -> None:
    gateway.fail("GetSecretValue", 502, "<html>", "bad gateway")
    session = await open_session()
    (answer,) = await session.fetch([Reference("a")])
    assert isinstance(answer, Failed)
    assert "html" not in answer.message
