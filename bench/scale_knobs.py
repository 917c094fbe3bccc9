"""What the flags that scale an operator change: workers, workers of one store, calls of the API server.

    python bench/scale_knobs.py [--resources 200] [--delay 0.1]

Dev cluster and operator are processes of their own. One store is an HTTP API that answers after ``--delay`` seconds,
and every resource reads a key of its own from it; the probe reads from the fake provider amid that. Each line is a run
of its own; the ratio is that to the default.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from first_sync_in_a_storm import GROUP, NAMESPACE, WRITERS, Cluster, amid, cluster, operator, prepare

SLOW = f"{GROUP}/namespaces/{NAMESPACE}/secretstores/slow"
# The default comes first: the others are compared with it.
RUNS = (
    (),
    ("--store-concurrency=1",),
    ("--store-concurrency=4",),
    ("--store-concurrency=64",),
    ("--concurrent=4",),
    ("--concurrent=16",),
    ("--concurrent=256",),
    ("--client-qps=50",),
    ("--client-qps=200",),
)


@asynccontextmanager
async def slow_api(delay: float) -> AsyncIterator[str]:
    """Serve values slowly; give the address."""

    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(delay)
        return web.json_response({"value": request.match_info["key"]})

    app = web.Application()
    app.router.add_get("/{key}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def slow_resources(made: Cluster, count: int) -> None:
    """Create resources on the slow store and wait until all are Ready."""
    numbers = iter(range(count))

    async def write() -> None:
        for number in numbers:
            await made.create(f"slow-{number}", number, store="slow")

    await asyncio.gather(*(write() for _ in range(WRITERS)))
    await made.until_ready(f"slow-{number}" for number in range(count))


async def measured(flags: tuple[str, ...], count: int, delay: float) -> tuple[float, list[float]]:
    """Return how long all took, and the times of the probes amid them."""
    with tempfile.TemporaryDirectory() as name:
        async with slow_api(delay) as url, cluster(Path(name)) as made:
            await prepare(made, 1)
            webhook = {"url": f"{url}/{{{{ .remoteRef.key }}}}", "result": {"jsonPath": "$.value"}}
            metadata = {"name": "slow", "namespace": NAMESPACE}
            body = {"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": metadata}
            await made.apply(SLOW, body | {"spec": {"provider": {"webhook": webhook}}})
            async with operator(Path(name), made, *flags):
                await made.time_to_ready("warm-up")
                began = time.perf_counter()
                found = await amid(made, asyncio.create_task(slow_resources(made, count)), prefix="probe")
                probes = [seconds for _, seconds in found]
                return time.perf_counter() - began, probes


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds the slow store takes for an answer")
    given = parser.parse_args()
    print(f"{given.resources} resources on a store that takes {given.delay:g} s, each with a key of its own")
    usual = 0.0
    for flags in RUNS:
        took, probes = await measured(flags, given.resources, given.delay)
        usual = usual or took
        name = " ".join(flags) or "defaults"
        print(
            f"{name:24} all Ready in {took:6.2f} s   x {took / usual:5.2f}   "
            f"a new one on another store {statistics.median(probes) * 1000:7.1f} ms, worst {max(probes) * 1000:7.1f} ms"
        )


if __name__ == "__main__":
    asyncio.run(main())
