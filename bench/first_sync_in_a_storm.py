"""How long a new ExternalSecret waits for its Secret: idle, amid 1,000 new ones, and amid 1,000 rewritten ones.

    python bench/first_sync_in_a_storm.py [--resources 1000] [--keys 50]

Dev cluster and operator are processes of their own; the store is the fake provider's. A time is that from the POST
to the watch event that says Ready. The ratio to the idle time is what can be compared between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import re
import signal
import socket
import ssl
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yaml

ROOT = Path(__file__).parents[1]
NAMESPACE = "storm"
GROUP = "/apis/external-secrets.io/v1"
RESOURCES = f"{GROUP}/namespaces/{NAMESPACE}/externalsecrets"
STORE = f"{GROUP}/namespaces/{NAMESPACE}/secretstores/store"
WRITERS = 20
PROBES = 10
SECONDS = 120
REQUESTS = re.compile(
    r'^secrets_operator_kubernetes_requests_total\{code="(\d+)",kind="(\w+)",verb="(\w+)"\} ([\d.e+]+)'
)
ASKED = re.compile(r'^secrets_operator_provider_references_total\{provider="fake"\} ([\d.e+]+)', re.MULTILINE)
WRITES = ("create", "apply", "patch", "update", "delete")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(probe: Callable[[], Awaitable[bool]], *, every: float = 0.02) -> None:
    """Wait until a probe says yes; raise TimeoutError when it does not."""
    async with asyncio.timeout(SECONDS):
        while not await probe():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(every)


async def answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def process(*arguments: str, log: Path) -> AsyncIterator[None]:
    """Run a Python module as a process; stop it in the end."""
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(sys.executable, "-m", *arguments, stdout=output, stderr=output)
    try:
        yield
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
        await running.wait()


@dataclass
class Cluster:
    """The cluster as a GitOps tool writes to it, and the moments at which resources turned Ready."""

    http: aiohttp.ClientSession
    ready: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    complete: float = 0.0
    """When all resources of a storm were created."""

    async def apply(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/apply-patch+yaml"}
        query = {"fieldManager": "bench", "force": "true"}
        async with self.http.patch(path, params=query, headers=headers, data=orjson.dumps(body)) as answer:
            assert answer.status in (200, 201), await answer.text()

    async def create(self, name: str, key: int, *, store: str = "store") -> float:
        """Create an ExternalSecret and return when."""
        body = {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": name},
            "spec": {
                "refreshInterval": "1h",
                "secretStoreRef": {"name": store, "kind": "SecretStore"},
                "data": [{"secretKey": "value", "remoteRef": {"key": f"key-{key}"}}],
            },
        }
        began = time.perf_counter()
        async with self.http.post(RESOURCES, json=body) as answer:
            assert answer.status == 201, await answer.text()
        return began

    async def watch(self) -> None:
        """Note when each resource is Ready for the first time."""
        async with self.http.get(RESOURCES, params={"watch": "true"}, timeout=aiohttp.ClientTimeout(None)) as answer:
            async for line in answer.content:
                subject = orjson.loads(line)["object"]
                conditions = subject.get("status", {}).get("conditions", ())
                if any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
                    self.ready.setdefault(subject["metadata"]["name"], time.perf_counter())
                    self.changed.set()

    async def until_ready(self, names: Iterable[str]) -> None:
        async with asyncio.timeout(SECONDS):
            while not all(name in self.ready for name in names):
                self.changed.clear()
                await self.changed.wait()

    async def time_to_ready(self, name: str) -> float:
        began = await self.create(name, 0)
        await self.until_ready([name])
        return self.ready[name] - began


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Start the dev cluster and connect to it."""
    kubeconfig = folder / "kubeconfig"
    async with process("devcluster", "--port", "0", "--kubeconfig", str(kubeconfig), log=folder / "devcluster.log"):
        await until(lambda: asyncio.to_thread(kubeconfig.exists))
        config = yaml.safe_load(kubeconfig.read_text())
        access, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
        tls = ssl.create_default_context(cadata=base64.b64decode(access["certificate-authority-data"]).decode())
        connector = aiohttp.TCPConnector(limit=0, ssl=tls)
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(access["server"], connector=connector, headers=headers) as http:
            yield Cluster(http)


async def prepare(made: Cluster, keys: int, value: str = "value") -> None:
    """Apply the CRDs, the namespace and the store."""
    for file in sorted((ROOT / "crds").glob("*.yaml")):
        body = yaml.safe_load(file.read_text())
        await made.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{body['metadata']['name']}", body)
    for name in (NAMESPACE, "secrets-operator"):
        await made.apply(
            f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        )
    await until(lambda: answers(made.http, RESOURCES))
    await store(made, keys, value)


async def store(made: Cluster, keys: int, value: str) -> None:
    """Apply the store; another value gives every resource something to write."""
    entries = [{"key": f"key-{number}", "value": f"{value}-{number}"} for number in range(keys)]
    spec = {"provider": {"fake": {"data": entries}}}
    metadata = {"name": "store", "namespace": NAMESPACE}
    body = {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": metadata, "spec": spec}
    await made.apply(STORE, body)


@asynccontextmanager
async def operator(folder: Path, made: Cluster, *flags: str) -> AsyncIterator[str]:
    """Start the operator; give the address of its metrics once it is ready."""
    port, live = free_port(), free_port()
    arguments = ["--kubeconfig", str(folder / "kubeconfig"), "--namespace", "secrets-operator", "--key-size", "2048"]
    arguments += ["--listen-addr", f"127.0.0.1:{port}", "--live-addr", f"127.0.0.1:{live}", "--log-level", "warning"]
    arguments += flags
    async with process("secrets_operator", "run", *arguments, log=folder / "operator.log"):
        async with aiohttp.ClientSession() as http:
            await until(lambda: answers(http, f"http://127.0.0.1:{port}/readyz"))
        watching = asyncio.create_task(made.watch())
        try:
            yield f"http://127.0.0.1:{port}/metrics"
        finally:
            watching.cancel()
            print((folder / "operator.log").read_text()[-2000:], end="")


async def requests(metrics: str) -> Counter[str]:
    """Return the operator's requests to the API server so far, by verb and kind."""
    async with aiohttp.ClientSession() as http, http.get(metrics) as answer:
        lines = (await answer.text()).splitlines()
    found: Counter[str] = Counter()
    for code, kind, verb, count in (match.groups() for match in map(REQUESTS.match, lines) if match):
        found[f"{verb} {kind}" + ("" if code.startswith("2") else f" {code}")] += int(float(count))
    return found


async def asked(metrics: str) -> int:
    """Return how many references went to the provider so far."""
    async with aiohttp.ClientSession() as http, http.get(metrics) as answer:
        found = ASKED.search(await answer.text())
    return int(float(found[1])) if found else 0


async def amid(made: Cluster, begun: asyncio.Task[Any], *, prefix: str) -> list[tuple[float, float]]:
    """Create one probe after the other until a storm is over; return when each was, and its time to Ready."""
    times: list[tuple[float, float]] = []
    while not begun.done():
        await asyncio.sleep(0.1)
        created = time.perf_counter()
        times.append((created, await made.time_to_ready(f"{prefix}-{len(times)}")))
    await begun
    return times


async def storm_of_new(made: Cluster, count: int, keys: int) -> None:
    numbers = iter(range(count))

    async def write() -> None:
        for number in numbers:
            await made.create(f"storm-{number}", number % keys)

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    made.complete = time.perf_counter()
    await made.until_ready(f"storm-{number}" for number in range(count))


async def storm_of_changes(made: Cluster, metrics: str, count: int, keys: int) -> None:
    """Change all values in the store and wait until every Secret was written again."""

    async def rewritten() -> int:
        # Those of the probes, which are new, do not count: each of them is first looked for in vain.
        spent = await requests(metrics)
        return spent["apply Secret"] - spent["get Secret 404"]

    before = await rewritten()
    await store(made, keys, "changed")

    async def all_are_written() -> bool:
        return await rewritten() - before >= count

    await until(all_are_written, every=0.25)


def show(what: str, times: list[float], idle: float) -> None:
    if not times:
        print(f"{what:34} no probe")
        return
    median, worst = statistics.median(times) * 1000, max(times) * 1000
    ratio = f"x {median / idle / 1000:6.1f}" if idle else ""
    print(f"{what:34} {len(times):4} probes   median {median:8.1f} ms   worst {worst:8.1f} ms   {ratio}")


async def measured_storm(made: Cluster, metrics: str, storm: Any, *, name: str, idle: float, count: int) -> None:
    """Run a storm with probes in it; print their times and what the operator asked of the API server."""
    read_before, before, began = await asked(metrics), await requests(metrics), time.perf_counter()
    task = asyncio.create_task(storm)
    times = await amid(made, task, prefix=name.replace(" ", "-"))
    took, spent = time.perf_counter() - began, await requests(metrics) - before
    early = [seconds for created, seconds in times if created < made.complete]
    if early:
        show(f"while {count} {name} are created", early, idle)
    show(f"amid {count} {name}", [seconds for created, seconds in times if created >= made.complete], idle)
    writes = sum(number for what, number in spent.items() if what.startswith(WRITES))
    synced = count + len(times)
    print(f"    {took:.1f} s in all; API writes a resource: {writes / synced:.2f}")
    print(f"    remote reads until all were Ready: {await asked(metrics) - read_before}")
    print("    " + ", ".join(f"{what} {number}" for what, number in sorted(spent.items())))


async def measure(folder: Path, count: int, keys: int) -> None:
    async with cluster(folder) as made:
        await prepare(made, keys)
        async with operator(folder, made) as metrics:
            await made.time_to_ready("warm-up")
            times = [await made.time_to_ready(f"idle-{number}") for number in range(PROBES)]
            idle = statistics.median(times)
            show("idle", times, 0)
            new = storm_of_new(made, count, keys)
            await measured_storm(made, metrics, new, name="new", idle=idle, count=count)
            changes = storm_of_changes(made, metrics, count, keys)
            await measured_storm(made, metrics, changes, name="rewritten", idle=idle, count=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=1000)
    parser.add_argument("--keys", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), given.resources, given.keys))


if __name__ == "__main__":
    main()
