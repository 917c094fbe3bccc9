"""What a store says about trying again, and what it may not say."""

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import RetrySettings
from secrets_operator.planning.retry_settings import retry_settings
from secrets_operator.planning.secret_store import store_problems
from tests.builders import store


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, None, id="no block"),
        pytest.param({"retrySettings": None}, None, id="a block that is null"),
        pytest.param({"retrySettings": {}}, RetrySettings(), id="an empty block is a block"),
        pytest.param({"retrySettings": {"maxRetries": 0}}, RetrySettings(0), id="0 is a number"),
        pytest.param(
            {"retrySettings": {"maxRetries": 5, "retryInterval": "1m0.5s"}}, RetrySettings(5, 60.5), id="both fields"
        ),
        pytest.param({"retrySettings": {"retryInterval": "0"}}, RetrySettings(None, 0.0), id="no wait"),
    ],
)
def test_retry_settings(spec: dict[str, Any], expected: RetrySettings | None) -> None:
    assert retry_settings(store(spec=spec)) == expected
    assert store_problems(store(spec=spec)) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"retryInterval": "5"}, "spec.retrySettings.retryInterval: must be a Go duration", id="no unit"),
        pytest.param({"retryInterval": 5}, "spec.retrySettings.retryInterval: must be a string", id="a number"),
        pytest.param({"retryInterval": "-1s"}, "spec.retrySettings.retryInterval: must not be negative", id="negative"),
        pytest.param({"maxRetries": -1}, "spec.retrySettings.maxRetries: must not be negative", id="a negative number"),
        pytest.param({"maxRetries": "3"}, "spec.retrySettings.maxRetries: must be a whole number", id="a text"),
        pytest.param([], "spec.retrySettings: must be an object", id="a list"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(settings: Any, message: str) -> None:
    written = store(spec={"retrySettings": settings})
    with pytest.raises(InvalidSpec) as raised:
        retry_settings(written)
    assert str(raised.value).startswith(message)
    assert str(raised.value) in store_problems(written)
