"""The next status of a resource, or none when the one it has says it all; conditions do not flap."""

from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.planning.conditions import MESSAGE_LIMIT, Condition, find, one_line
from secrets_operator.planning.refresh import Synced, format_time
from secrets_operator.planning.status import Success, external_secret_status, sealed_secret_status, store_status
from tests.builders import NOW, at, condition

READY = Condition("Ready", True, "SecretSynced", "secret synced")
FAILED = Condition("Ready", False, "SecretSyncedError", "denied")
TEN_MINUTES = timedelta(minutes=10)
T = format_time


def synced_status(*, refreshed: float, version: str = "1-a") -> dict[str, Any]:
    return {
        "conditions": [condition("Ready", "True", reason="SecretSynced", message="secret synced", since=at(-9000))],
        "refreshTime": T(at(refreshed)),
        "syncedResourceVersion": version,
        "binding": {"name": "app"},
    }


def success(*, wrote: bool = False, version: str = "1-a") -> Success:
    return Success(Synced(version, NOW), "app", wrote)


@pytest.mark.parametrize(
    ("previous", "result", "expected"),
    [
        pytest.param(synced_status(refreshed=-60), success(), None, id="nothing new, young -> nothing written"),
        pytest.param(synced_status(refreshed=-600), success(), T(NOW), id="nothing new, 10 minutes old -> heartbeat"),
        pytest.param(synced_status(refreshed=-60), success(wrote=True), T(NOW), id="the Secret changed -> written"),
        pytest.param(synced_status(refreshed=-60), success(version="2-b"), T(NOW), id="a new version -> written"),
        pytest.param({}, success(), T(NOW), id="the first success -> written"),
        pytest.param(synced_status(refreshed=+3600), success(), T(NOW), id="a time in the future -> put right"),
        pytest.param(
            {**synced_status(refreshed=-60), "conditions": []}, success(), T(NOW), id="the condition lost -> written"
        ),
    ],
)
def test_refresh_time_after_a_success(previous: dict[str, Any], result: Success, expected: str | None) -> None:
    status = external_secret_status(previous, READY, success=result, heartbeat=TEN_MINUTES, now=NOW)
    assert (status and status["refreshTime"]) == expected


def test_a_success_is_recorded_whole() -> None:
    assert external_secret_status({}, READY, success=success(), heartbeat=TEN_MINUTES, now=NOW) == {
        "conditions": [condition("Ready", "True", reason="SecretSynced", message="secret synced", since=NOW)],
        "refreshTime": T(NOW),
        "syncedResourceVersion": "1-a",
        "binding": {"name": "app"},
    }


def test_a_failure_keeps_what_the_last_success_recorded() -> None:
    previous = synced_status(refreshed=-60)
    status = external_secret_status(previous, FAILED, success=None, heartbeat=TEN_MINUTES, now=NOW)
    assert status == {
        **previous,
        "conditions": [condition("Ready", "False", reason="SecretSyncedError", message="denied", since=NOW)],
    }


def test_the_same_failure_again_writes_nothing() -> None:
    previous = external_secret_status({}, FAILED, success=None, heartbeat=TEN_MINUTES, now=at(-9000))
    assert previous is not None
    assert external_secret_status(previous, FAILED, success=None, heartbeat=TEN_MINUTES, now=NOW) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("True", at(-9000), id="the same status keeps its time, whatever the message"),
        pytest.param("False", NOW, id="a flip takes the time of the flip"),
    ],
)
def test_last_transition_time(status: str, expected: Any) -> None:
    previous = [condition("Ready", status, message="another", since=at(-9000))]
    assert READY.as_status(previous, NOW)["lastTransitionTime"] == T(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\n  b\tc ", "a b c", id="white space is folded"),
        pytest.param("x" * MESSAGE_LIMIT, "x" * MESSAGE_LIMIT, id="the limit fits"),
        pytest.param("x" * 2000, "x" * (MESSAGE_LIMIT - 1) + "…", id="longer is cut"),
    ],
)
def test_messages_are_one_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_find_takes_the_type() -> None:
    ready = condition("Ready", "True")
    assert (find([condition("Other", "True"), ready], "Ready"), find([], "Ready")) == (ready, None)


VALID = Condition("Ready", True, "Valid", "store validated")
VALID_STATUS = {
    "conditions": [condition("Ready", "True", reason="Valid", message="store validated", since=NOW)],
    "capabilities": "ReadOnly",
}


@pytest.mark.parametrize(
    ("previous", "capabilities", "expected"),
    [
        pytest.param({}, "ReadOnly", VALID_STATUS, id="the first validation -> written"),
        pytest.param(VALID_STATUS, "ReadOnly", None, id="valid again -> nothing written"),
        pytest.param(
            VALID_STATUS, "ReadWrite", {**VALID_STATUS, "capabilities": "ReadWrite"}, id="another capability -> written"
        ),
        pytest.param({}, "", {"conditions": VALID_STATUS["conditions"]}, id="no capability known -> none written"),
    ],
)
def test_store_status(previous: dict[str, Any], capabilities: str, expected: dict[str, Any] | None) -> None:
    assert store_status(previous, VALID, capabilities=capabilities, now=NOW) == expected


SYNCED = Condition("Synced", True, "Unsealed", "")


def unsealed_status(*, generation: int = 1, since: Any = NOW, updated: Any = NOW) -> dict[str, Any]:
    made = condition("Synced", "True", reason="Unsealed", since=since)
    return {"observedGeneration": generation, "conditions": [{**made, "lastUpdateTime": T(updated)}]}


@pytest.mark.parametrize(
    ("previous", "generation", "expected"),
    [
        pytest.param({}, 1, unsealed_status(), id="the first -> written"),
        pytest.param(unsealed_status(), 1, None, id="the same -> nothing written"),
        pytest.param(
            unsealed_status(since=at(-9000), updated=at(-9000)),
            2,
            unsealed_status(generation=2, since=at(-9000)),
            id="a new generation -> written, the transition stays",
        ),
    ],
)
def test_sealed_secret_status(previous: dict[str, Any], generation: int, expected: dict[str, Any] | None) -> None:
    assert sealed_secret_status(previous, SYNCED, generation=generation, now=NOW) == expected
