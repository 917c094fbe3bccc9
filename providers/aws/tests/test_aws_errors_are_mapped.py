"""Every error of the SDK and of the services in use has a meaning of our own, and no text of theirs comes through."""

from __future__ import annotations

import inspect
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from secrets_operator_aws.errors import SDK_ERRORS, TABLE, Meaning, answer_for, error_for, message_for

from secrets_operator.errors import Refused, Retryable
from secrets_operator.provider import Absent, Answer, Failed, Rejected

CLASSES = [
    member
    for _, member in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(member, Exception) and not issubclass(member, ClientError | Warning) and member is not BotoCoreError
]
SECRET_TEXT = "Credential=AKIAIOSFODNN7EXAMPLE/2026 x-amz-security-token:tok-3e1f RequestID: 7a1c-req"


def client_error(code: Any, status: int = 400, operation: str = "GetSecretValue") -> ClientError:
    response = {"Error": {"Code": code, "Message": SECRET_TEXT}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@pytest.mark.parametrize("error", [*CLASSES, ResponseParserError], ids=lambda error: error.__name__)
def test_every_class_of_the_sdk_has_a_row_and_is_caught(error: type[Exception]) -> None:
    assert any(ancestor.__name__ in TABLE for ancestor in error.__mro__)
    assert issubclass(error, SDK_ERRORS)


@pytest.mark.parametrize("service", ["secretsmanager", "sts", "resourcegroupstaggingapi"])
def test_every_error_code_of_a_service_has_a_row(service: str) -> None:
    shapes = botocore.session.get_session().get_service_model(service).error_shapes
    assert len(shapes) > 5
    assert {shape.error_code for shape in shapes} - set(TABLE) == set()


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        *(
            ("ssm", operation)
            for operation in (
                *("GetParameter", "GetParameters", "GetParametersByPath"),
                *("DescribeParameters", "ListTagsForResource", "PutParameter", "DeleteParameter"),
                *("AddTagsToResource", "RemoveTagsFromResource"),
            )
        ),
        *(
            ("acm", operation)
            for operation in (
                *("GetCertificate", "ExportCertificate", "ImportCertificate", "DeleteCertificate"),
                *("ListTagsForCertificate", "AddTagsToCertificate", "RemoveTagsFromCertificate"),
            )
        ),
    ],
)
def test_every_error_code_of_an_operation_in_use_has_a_row(service: str, operation: str) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    assert model.error_shapes
    assert {shape.error_code for shape in model.error_shapes} - set(TABLE) == set()


def test_no_row_is_listed_twice_under_different_meanings() -> None:
    source = inspect.getsource(inspect.getmodule(Meaning))  # type: ignore[arg-type]
    names = source[source.index("TABLE = ") : source.index("RETRIED = ")].split()
    listed = [name.strip('",') for name in names if name.strip('",') in TABLE]
    assert len(listed) == len(set(listed))


REJECTED, TURNED_DOWN = Rejected("", credentials=False), Rejected("", credentials=True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(client_error("ResourceNotFoundException"), Absent(), id="not found is absent"),
        pytest.param(client_error("ParameterNotFound"), Absent(), id="a parameter that is not found is absent"),
        pytest.param(client_error("ParameterVersionNotFound"), REJECTED, id="a version of it that is not is an error"),
        pytest.param(client_error("InvalidKeyId"), REJECTED, id="a KMS key that is gone is the user's to fix"),
        pytest.param(
            client_error("AccessDenied", 403, "AssumeRoleWithWebIdentity"),
            TURNED_DOWN,
            id="so does a denied token of a service account",
        ),
        pytest.param(client_error("ThrottlingException"), Failed(""), id="throttling is tried again"),
        pytest.param(client_error("Strange", 429), Failed(""), id="an unknown 429 is tried again"),
        pytest.param(client_error("InternalServiceError", 500), Failed(""), id="a fault of the service is tried again"),
        pytest.param(client_error("502", 502), Failed(""), id="a fault of a proxy is tried again"),
        pytest.param(client_error("AccessDeniedException"), REJECTED, id="a denied secret is the user's to fix"),
        pytest.param(
            client_error("AccessDenied", 403, "AssumeRole"), TURNED_DOWN, id="a denied role turns the credential down"
        ),
        pytest.param(client_error("ExpiredTokenException"), TURNED_DOWN, id="an expired token turns it down"),
        pytest.param(client_error("UnrecognizedClientException"), TURNED_DOWN, id="an unknown key turns it down"),
        pytest.param(client_error("InvalidSignatureException"), TURNED_DOWN, id="a wrong key turns it down"),
        pytest.param(client_error("DecryptionFailure"), REJECTED, id="a KMS failure is the user's to fix"),
        pytest.param(client_error("InvalidParameterException"), REJECTED, id="a malformed key is the user's to fix"),
        pytest.param(
            client_error("InvalidRequestException"), REJECTED, id="a secret scheduled for deletion is not absent"
        ),
        pytest.param(client_error("Unheard"), REJECTED, id="an unknown refusal is the user's to fix"),
        pytest.param(client_error("Unheard", 404), REJECTED, id="an unknown 404 is never absent"),
        pytest.param(
            botocore.exceptions.ReadTimeoutError(endpoint_url="http://x"), Failed(""), id="a timeout is tried again"
        ),
        pytest.param(
            botocore.exceptions.SSLError(endpoint_url="http://x", error="e"), Failed(""), id="so is a TLS failure"
        ),
        pytest.param(botocore.exceptions.NoCredentialsError(), TURNED_DOWN, id="no credentials at all"),
        pytest.param(
            botocore.exceptions.ParamValidationError(report="r"), REJECTED, id="what the SDK itself refuses to send"
        ),
    ],
)
def test_an_error_becomes_an_answer(error: Exception, expected: Answer) -> None:
    answer = answer_for(error)
    assert type(answer) is type(expected)
    assert getattr(answer, "credentials", None) == getattr(expected, "credentials", None)
    assert isinstance(error_for(error), Retryable if isinstance(answer, Failed) else Refused)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(client_error("InvalidSignatureException"), id="a quoted canonical request"),
        pytest.param(client_error(SECRET_TEXT), id="a text in the place of the code"),
        pytest.param(
            botocore.exceptions.EndpointConnectionError(endpoint_url="http://tok-3e1f.internal", error="7a1c-req"),
            id="a host name",
        ),
        pytest.param(botocore.exceptions.ParamValidationError(report=SECRET_TEXT), id="a quoted parameter"),
        pytest.param(ResponseParserError(SECRET_TEXT), id="a quoted response"),
    ],
)
def test_messages_carry_nothing_of_the_text_of_an_error(error: Exception) -> None:
    for part in ("AKIA", "tok-3e1f", "7a1c-req"):
        assert part not in message_for(error)
        assert part not in str(error_for(error))


def test_a_message_names_operation_and_code() -> None:
    assert message_for(client_error("AccessDeniedException")) == (
        "GetSecretValue: access is denied: allow the action for this secret in IAM (AccessDeniedException)"
    )
