"""Sends the exchanges recorded from a real Vault to the stand-in and compares status and body.

Recorded bodies hold `*` for any value and `*time` for an RFC 3339 time; `${name}` in a request is a value that an
earlier answer of the scenario gave.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import aiohttp
import pytest

from devvault import DevVault

SCENARIOS = json.loads((Path(__file__).parent / "recordings" / "exchanges.json").read_text())
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def pick(body: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        body = body[name]
    return body


def mismatches(recorded: Any, answered: Any, where: str = "body") -> Iterator[str]:
    """Yield one line for each place where an answer is not what was recorded."""
    if recorded == "*":
        return
    if recorded == "*time":
        if not (isinstance(answered, str) and RFC_3339.fullmatch(answered)):
            yield f"{where}: {answered!r} is not a time"
    elif isinstance(recorded, dict) and isinstance(answered, dict):
        yield from (f"{where}.{name}: missing" for name in recorded.keys() - answered.keys())
        yield from (f"{where}.{name}: unexpected" for name in answered.keys() - recorded.keys())
        for name in recorded.keys() & answered.keys():
            yield from mismatches(recorded[name], answered[name], f"{where}.{name}")
    elif isinstance(recorded, list) and isinstance(answered, list) and len(recorded) == len(answered):
        for index, (one, other) in enumerate(zip(recorded, answered, strict=True)):
            yield from mismatches(one, other, f"{where}[{index}]")
    elif recorded != answered or type(recorded) is not type(answered):
        yield f"{where}: {answered!r} instead of {recorded!r}"


async def exchange(session: aiohttp.ClientSession, vault: DevVault, step: Any, captured: dict[str, str]) -> list[str]:
    """Send one recorded request; remember what it captures and return the mismatches."""
    asked = json.loads(Template(json.dumps(step["request"])).substitute(captured))
    headers = {"X-Vault-Token": vault.root_token, **asked.get("headers", {})}
    options = {"json": asked.get("json"), "params": asked.get("params"), "headers": headers}
    async with session.request(asked["method"], vault.url + asked["path"], **options) as response:
        raw = await response.text()
    body = json.loads(raw) if raw else ""
    captured.update({name: pick(body, path) for name, path in step.get("capture", {}).items()})
    if "only" in step:
        body = {path: pick(body, path) for path in step["only"]}
    wanted = step["response"]
    wrong_status = [] if response.status == wanted["status"] else [f"status {response.status}, not {wanted['status']}"]
    return wrong_status + list(mismatches(wanted["body"], body))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one['name']} is answered as recorded")
async def test_scenario(scenario: Any, vault: DevVault, clock: Any) -> None:
    captured: dict[str, str] = {}
    found = {}
    async with aiohttp.ClientSession() as session:
        for number, step in enumerate(scenario["steps"], 1):
            if "sleep" in step:
                clock.advance(step["sleep"])
                continue
            if wrong := await exchange(session, vault, step, captured):
                found[f"#{number} {step['request']['method']} {step['request']['path']}"] = wrong
    assert not found


def test_no_recorded_exchange_was_lost() -> None:
    assert sum("request" in step for scenario in SCENARIOS for step in scenario["steps"]) == 93


@pytest.mark.parametrize(
    ("recorded", "answered"),
    [
        pytest.param({"a": 1}, {}, id="a missing field is noticed"),
        pytest.param({}, {"a": 1}, id="an unexpected field is noticed"),
        pytest.param({"a": "*time"}, {"a": "yesterday"}, id="a time that is none is noticed"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, id="a shorter list is noticed"),
        pytest.param({"a": 0}, {"a": False}, id="another type is noticed"),
        pytest.param({"a": None}, {"a": ""}, id="null is not the empty text"),
    ],
)
def test_the_comparison_notices(recorded: Any, answered: Any) -> None:
    assert list(mismatches(recorded, answered))
