"""Calls that AWS answers with "slow down" are told apart from other errors, for the metrics."""

import pytest
from botocore.exceptions import ClientError
from secrets_operator_aws.errors import is_throttle

from secrets_operator.errors import Retryable


def client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetSecretValue"
    )


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        pytest.param(client_error("ThrottlingException", 400), True, id="a throttle by its code"),
        pytest.param(client_error("Strange", 429), True, id="one by its status"),
        pytest.param(client_error("InternalServiceError", 500), False, id="trouble of the service"),
        pytest.param(client_error("AccessDeniedException", 400), False, id="a denial"),
        pytest.param(Retryable("no token"), False, id="trouble with the cluster"),
    ],
)
def test_a_throttle_is(error: Exception, throttled: bool) -> None:
    assert is_throttle(error) is throttled
