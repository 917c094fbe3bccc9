"""What replies and failures of the network mean; no class of the client's errors is forgotten."""

from __future__ import annotations

import json

import pytest
from secrets_operator_kubernetes.client import Reply
from secrets_operator_kubernetes.errors import NETWORK, RETRIED, error_for, meaning_of

from secrets_operator.errors import Refused, Retryable, Terminal
from secrets_operator.provider.http_failures import HttpFailure


def test_every_failure_of_the_network_has_a_sentence() -> None:
    assert NETWORK.keys() == set(HttpFailure)


def test_every_status_has_a_meaning_and_shows_nothing_of_the_body() -> None:
    for status in range(300, 600):
        error = error_for(Reply(status, b"t0ken-private"), doing="get secrets in shop", field="auth")
        assert "private" not in str(error)
        retried = meaning_of(status) in RETRIED
        assert isinstance(error, Retryable) is retried
        assert isinstance(error, Refused) is (status == 401)
        assert isinstance(error, Terminal) is not retried
        assert retried is (status in {408, 410, 429} or status >= 500)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"kind": "Status", "reason": "NotFound", "details": {"kind": "secrets", "name": "a"}}, True, id="it"
        ),
        pytest.param(
            {"kind": "Status", "reason": "NotFound", "details": {"kind": "secrets", "name": "b"}}, False, id="b"
        ),
        pytest.param(
            {"kind": "Status", "reason": "NotFound", "details": {"kind": "pods", "name": "a"}}, False, id="pod"
        ),
        pytest.param({"kind": "Status", "reason": "NotFound", "details": {}}, False, id="no such path"),
        pytest.param({"kind": "Status", "reason": "NotFound"}, False, id="no details"),
        pytest.param([], False, id="a list"),
        pytest.param("NotFound", False, id="a text"),
    ],
)
def test_a_404_counts_only_when_it_is_about_the_secret(body: object, expected: bool) -> None:
    assert Reply(404, json.dumps(body).encode()).is_status_about("secrets", "a") is expected
