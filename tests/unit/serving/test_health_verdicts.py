"""When the process is alive and when it is ready."""

import asyncio

import pytest

from secrets_operator.serving.health import Health, WatchState
from tests.hand_clock import HandClock

NOW = HandClock().monotonic()


def watch(*, synced: bool = True, silent: float = 0.0, fault: str = "", name: str = "Secret") -> WatchState:
    return WatchState(name, synced, NOW - silent, fault)


@pytest.mark.parametrize(
    ("states", "faults", "unready"),
    [
        pytest.param([watch()], [], [], id="a watch that works -> alive and ready"),
        pytest.param([watch(silent=299)], [], [], id="silent for less than 5 minutes -> alive"),
        pytest.param(
            [watch(silent=301)],
            ["the watch of Secret has been silent for 301 s"],
            [],
            id="silent for longer without knowing why -> to be restarted",
        ),
        pytest.param([watch(silent=900, fault="Unreachable")], [], [], id="silent and knowing why -> alive and ready"),
        pytest.param(
            [watch(synced=False, silent=900)],
            [],
            ["Secret: not listed completely yet"],
            id="not listed yet -> alive, not ready",
        ),
        pytest.param(
            [watch(synced=False, fault="Forbidden")], [], ["Secret: Forbidden"], id="cannot be listed -> says why"
        ),
        pytest.param(
            [watch(), watch(synced=False, name="SecretStore")],
            [],
            ["SecretStore: not listed completely yet"],
            id="one of several is enough not to be ready",
        ),
        pytest.param([], [], [], id="nothing to watch -> alive and ready"),
    ],
)
def test_verdict(states: list[WatchState], faults: list[str], unready: list[str]) -> None:
    health = Health(HandClock().monotonic)
    health.watch(lambda: states)
    assert (health.faults(), health.unready()) == (faults, unready)


def test_before_the_watches_are_known_it_is_alive_but_not_ready() -> None:
    health = Health(HandClock().monotonic)
    assert (health.faults(), health.unready()) == ([], ["the API server has not been reached yet"])


async def test_a_loop_that_stops_turning_is_a_fault_until_it_turns_again() -> None:
    clock = HandClock()
    health = Health(clock.monotonic)
    clock.pass_by(31)
    assert health.faults() == ["the event loop has not turned for 31 s"]
    beating = asyncio.create_task(health.beat())
    await asyncio.sleep(0)
    assert health.faults() == []
    beating.cancel()


def test_what_else_is_missing_makes_it_unready_and_is_no_reason_to_restart_it() -> None:
    health = Health(HandClock().monotonic)
    health.watch(lambda: [watch(synced=False)])
    health.need(lambda: ["Lease: may not be written"])
    assert health.faults() == []
    assert health.unready() == ["Secret: not listed completely yet", "Lease: may not be written"]
