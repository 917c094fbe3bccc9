"""Server-side applies per second against a dev cluster in a process of its own.

    python bench/devcluster_apply.py [--clients 20] [--seconds 5] [--http]

Each client applies small Secrets, a new value every time, over one kept-alive connection.
"""

import argparse
import asyncio
import base64
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import orjson
import yaml

PATH = "/api/v1/namespaces/default/secrets/bench-{client}?fieldManager=bench&force=true"
HEADERS = {"Content-Type": "application/apply-patch+yaml"}


def start(folder, http):
    """Start the server; return the process, its URL, its token and the TLS context for it."""
    kubeconfig = Path(folder) / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(kubeconfig)]
    process = subprocess.Popen([*command, *(["--http"] if http else [])], stdout=subprocess.PIPE)
    process.stdout.readline()
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
    tls = None
    if not http:
        tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    return process, cluster["server"], token, tls


async def client(session, base, number, deadline, latencies):
    """Apply until the deadline."""
    url, count = base + PATH.format(client=number), 0
    while time.perf_counter() < deadline:
        count += 1
        value = base64.b64encode(f"value {count}".encode()).decode()
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"bench-{number}"}, "data": {"key": value}}
        before = time.perf_counter()
        async with session.patch(url, data=orjson.dumps(body), headers=HEADERS) as response:
            await response.read()
            assert response.status in {200, 201}, response.status
        latencies.append(time.perf_counter() - before)


async def measure(base, token, tls, arguments):
    """Run all clients and print the figures."""
    connector = aiohttp.TCPConnector(limit=0, ssl=tls or True)
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"}) as session:
        await asyncio.gather(
            *(client(session, base, n, time.perf_counter() + 0.5, []) for n in range(arguments.clients))
        )
        latencies, started = [], time.perf_counter()
        deadline = started + arguments.seconds
        await asyncio.gather(*(client(session, base, n, deadline, latencies) for n in range(arguments.clients)))
        took = time.perf_counter() - started
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{len(latencies) / took:.0f} applies/s, {arguments.clients} clients, p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--http", action="store_true", help="plain HTTP instead of HTTPS")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, base, token, tls = start(folder, arguments.http)
        try:
            asyncio.run(measure(base, token, tls, arguments))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
