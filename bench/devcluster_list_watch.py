"""List and watch of many objects on a dev cluster in a process of its own, and how long others wait meanwhile.

    python bench/devcluster_list_watch.py [--objects 10000] [--watches 5]

Beside every step a probe reads one small object again and again; its slowest answer shows whether the server stalls.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import orjson
import yaml

SECRETS = "/api/v1/namespaces/default/secrets"
WRITERS = 20


def start(folder):
    """Start the server; return the process, its URL and its token."""
    kubeconfig = Path(folder) / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--http", "--port", "0", "--kubeconfig", str(kubeconfig)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    config = yaml.safe_load(kubeconfig.read_text())
    return process, config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]


async def create(session, numbers):
    """Create secrets until the numbers are used up."""
    for number in numbers:
        meta = {"name": f"s-{number:06}", "labels": {"app": "bench"}}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"key": "dmFsdWU="}}
        async with session.post(SECRETS, data=orjson.dumps(body), headers={"Content-Type": "application/json"}) as done:
            await done.read()
            assert done.status == 201, done.status


async def listed(session, *, as_table=False, **params):
    """Return how many objects a list has, and how many bytes."""
    headers = {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"} if as_table else {}
    async with session.get(SECRETS, params=params, headers=headers) as response:
        raw = await response.read()
    return raw.count(b'"uid"'), len(raw)


async def watched(session, count):
    """Return when a watch has delivered so many initial events."""
    options = {"watch": "true", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    seen = 0
    async with session.get(SECRETS, params={**options, "allowWatchBookmarks": "true"}) as response:
        async for chunk in response.content.iter_any():
            seen += chunk.count(b'{"type":"ADDED"')
            if b"initial-events-end" in chunk:
                break
    return seen >= count * 0.99


async def probe(session, slowest):
    """Read one object again and again and remember the slowest answer."""
    while True:
        before = time.perf_counter()
        async with session.get("/api/v1/namespaces/default") as response:
            await response.read()
        slowest[0] = max(slowest[0], time.perf_counter() - before)
        await asyncio.sleep(0.002)


async def step(url, token, name, work):
    """Run one step beside the probe, which has a process-wide slowest answer, and print both."""
    slowest = [0.0]
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as session:
        probing = asyncio.create_task(probe(session, slowest))
        await asyncio.sleep(0.05)
        slowest[0], started = 0.0, time.perf_counter()
        result = await work
        took = time.perf_counter() - started
        probing.cancel()
    print(f"{name:34} {took * 1000:8.0f} ms   slowest other answer {slowest[0] * 1000:6.1f} ms   {result}")


async def measure(url, token, arguments):
    """Run all steps."""
    count = arguments.objects
    # Response bodies are only counted: reading them must not slow the probe in this process more than necessary.
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(url, headers=headers, connector=connector, read_bufsize=1 << 20) as session:
        numbers = iter(range(count))
        started = time.perf_counter()
        await asyncio.gather(*(create(session, numbers) for _ in range(WRITERS)))
        print(f"{count} created in {time.perf_counter() - started:.1f} s")
        await step(url, token, "list, first serialisation", listed(session))
        await step(url, token, "list, again", listed(session))
        await step(url, token, "list by label", listed(session, labelSelector="app=bench"))
        await step(url, token, "list as a table", listed(session, as_table=True))
        await step(url, token, "one streaming list", watched(session, count))
        many = asyncio.gather(*(watched(session, count) for _ in range(arguments.watches)))
        await step(url, token, f"{arguments.watches} streaming lists at once", many)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--watches", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, url, token = start(folder)
        try:
            asyncio.run(measure(url, token, arguments))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
