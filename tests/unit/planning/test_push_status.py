"""The status of a PushSecret is written when it says something new."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.push_status import PushSuccess, push_status
from secrets_operator.planning.refresh import Synced, format_time
from tests.builders import NOW, at, condition

HEARTBEAT = timedelta(minutes=10)
RECORD: dict[str, Any] = {"SecretStore/vault": {"a": {"match": {"remoteRef": {"remoteKey": "a"}}}}}
SYNCED = Condition("Ready", status=True, reason="Synced", message="done")
ERRORED = Condition("Ready", status=False, reason="Errored", message="refused")
GOOD = {
    "conditions": [condition("Ready", "True", reason="Synced", message="done")],
    "refreshTime": format_time(NOW),
    "syncedResourceVersion": "1-a",
    "syncedPushSecrets": RECORD,
}
BAD = {**GOOD, "conditions": [condition("Ready", "False", reason="Errored", message="refused", since=at(60))]}


def status(previous: Any, said: Condition, record: Any, success: PushSuccess | None, seconds: float = 60) -> Any:
    return push_status(previous, said, record=record, success=success, heartbeat=HEARTBEAT, now=at(seconds))


def pushed(version: str = "1-a", *, seconds: float = 60, changed: bool = False) -> PushSuccess:
    return PushSuccess(Synced(version, at(seconds)), changed)


@pytest.mark.parametrize(
    ("previous", "said", "record", "success", "expected"),
    [
        pytest.param({}, SYNCED, RECORD, pushed(seconds=0), GOOD, id="the first push -> written"),
        pytest.param(GOOD, SYNCED, RECORD, pushed(), None, id="nothing new -> not written"),
        pytest.param(
            GOOD,
            SYNCED,
            RECORD,
            pushed(changed=True),
            GOOD | {"refreshTime": format_time(at(60))},
            id="something was pushed -> written",
        ),
        pytest.param(
            GOOD,
            SYNCED,
            RECORD,
            pushed("2-b"),
            GOOD | {"refreshTime": format_time(at(60)), "syncedResourceVersion": "2-b"},
            id="another version -> written",
        ),
        pytest.param(
            GOOD,
            SYNCED,
            {"SecretStore/vault": {}},
            pushed(),
            {name: value for name, value in GOOD.items() if name != "syncedPushSecrets"}
            | {"refreshTime": format_time(at(60))},
            id="nothing is there any more -> no record at all",
        ),
        pytest.param(GOOD, ERRORED, RECORD, None, BAD, id="a failure -> the last success stays"),
        pytest.param(BAD, ERRORED, RECORD, None, None, id="the same failure -> not written"),
        pytest.param(
            BAD,
            ERRORED,
            RECORD | {"SecretStore/other": RECORD["SecretStore/vault"]},
            None,
            BAD | {"syncedPushSecrets": RECORD | {"SecretStore/other": RECORD["SecretStore/vault"]}},
            id="the same failure, but more was pushed -> recorded",
        ),
    ],
)
def test_what_is_written(
    previous: Any, said: Condition, record: Any, success: PushSuccess | None, expected: Any
) -> None:
    found = status(previous, said, record, success)
    if expected is GOOD:
        expected = {**GOOD, "conditions": [condition("Ready", "True", reason="Synced", message="done", since=at(60))]}
    assert found == expected


def test_the_time_is_written_now_and_then() -> None:
    found = status(GOOD, SYNCED, RECORD, pushed(seconds=600), seconds=600)
    assert found == GOOD | {"refreshTime": format_time(at(600))}
