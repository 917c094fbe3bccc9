"""What does opening SealedSecrets cost beside bare RSA, and what does a restart with thousands of them?

    python bench/sealed_secrets.py [--bits 4096] [--objects 400] [--restart 1000]

First: objects of one and of twelve values are opened as the operator does, in turn with a bare loop over all cores that
does the same private-key operations and nothing else. Then: an operator opens thousands on a dev cluster and is
started again; what it decrypts and what it asks of the API server is counted, and a new object's time to Synced taken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import ssl
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import uvloop
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from first_sync_in_a_storm import ROOT, answers, free_port, process

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.key_generation import generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest, parse_key_secret
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import seal_value

NAMESPACE, OPERATOR_NAMESPACE = "sealed", "secrets-operator"
RESOURCES = f"/apis/bitnami.com/v1alpha1/namespaces/{NAMESPACE}/sealedsecrets"
LABEL = label(Scope.NAMESPACE_WIDE, namespace=NAMESPACE, name="")
ROUNDS = 9
WRITERS, AT_ONCE = 20, 64
WRITES = ("create", "patch", "update", "delete", "deletecollection")
LONGEST_WAIT = 900.0


def sealed_secret(name: str, key: SealingKey, *, values: int = 1) -> Object:
    """Return a SealedSecret; namespace-wide, so that it can be made in bulk."""
    public_key = key.private_key.public_key()
    plaintext = SecretBytes(b"correct horse battery staple")
    text = [seal_value(public_key, plaintext, label=LABEL, random=os.urandom) for _ in range(values)]
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "annotations": {"sealedsecrets.bitnami.com/namespace-wide": "true"},
        },
        "spec": {"encryptedData": {f"key-{number}": value for number, value in enumerate(text)}},
    }


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of processor time in all threads, which a busy machine changes less."""

    wall: float
    processor: float


@contextmanager
def timed(into: list[Took]) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    into.append(Took(time.perf_counter() - wall, time.process_time() - processor))


def bare(wrapped: list[bytes], key: SealingKey, threads: int) -> Took:
    """Return what the private-key operations take by themselves, over all cores."""
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=LABEL)
    took: list[Took] = []

    def work(part: list[bytes]) -> None:
        for one in part:
            key.private_key.decrypt(one, oaep)

    with ThreadPoolExecutor(threads) as pool, timed(took):
        list(pool.map(work, [wrapped[start::threads] for start in range(threads)]))
    return took[0]


async def opened(objects: list[Object], unsealer: Unsealer) -> Took:
    """Return what it takes to open all objects in the operator's own way."""
    waiting = iter(objects)
    took: list[Took] = []

    async def work() -> None:
        for one in waiting:
            await unsealer.unseal(one, remembered={})

    with timed(took):
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return took[0]


async def throughput(key: SealingKey, objects: int, values: int) -> None:
    """Print what opening costs beside the bare loop; both in turn, so that a busy machine slows both."""
    made = [sealed_secret(f"s-{number}", key, values=values) for number in range(objects)]
    size = key.modulus_bytes
    wrapped = [decode_base64(t)[2 : 2 + size] for one in made for t in one["spec"]["encryptedData"].values()]
    decrypting, rendering = Blocking(), Blocking(1)
    unsealer = Unsealer(
        lambda: Keyring([key]),
        decrypting=decrypting,
        templates=TemplateRendering(Referents(None), rendering, SystemClock()),  # type: ignore[arg-type]
    )
    wall, processor, rates = [], [], []
    for _ in range(ROUNDS):
        before = await asyncio.to_thread(bare, wrapped, key, decrypting.threads)
        ours = await opened(made, unsealer)
        after = await asyncio.to_thread(bare, wrapped, key, decrypting.threads)
        wall.append((before.wall + after.wall) / 2 / ours.wall)
        processor.append((before.processor + after.processor) / 2 / ours.processor)
        rates.append(len(wrapped) / ours.wall)
    for pool in (decrypting, rendering):
        pool.close()
    print(
        f"{objects} objects of {values:2} values, RSA-{key.private_key.key_size}, {decrypting.threads} threads: "
        f"{statistics.median(rates):6.0f} values/s, {statistics.median(wall):4.0%} of the bare loop by the clock, "
        f"{statistics.median(processor):4.0%} by processor time "
        f"(rounds by the clock: {', '.join(f'{ratio:.0%}' for ratio in wall)})"
    )


async def until(probe: Callable[[], Awaitable[bool]], *, every: float = 0.05) -> None:
    async with asyncio.timeout(LONGEST_WAIT):
        while not await probe():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(every)


async def metric(url: str, name: str) -> float:
    """Return the sum of a metric over what its name and labels, a regular expression, match."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        text = await answer.text()
    return sum(float(value) for value in re.findall(rf"^{name} ([\d.e+]+)$", text, re.MULTILINE))


async def synced(url: str) -> int:
    return int(await metric(url, r'secrets_operator_resources\{kind="SealedSecret",ready="True"\}'))


@asynccontextmanager
async def operator(folder: Path, bits: int) -> AsyncIterator[str]:
    """Start an operator; give the address of its metrics once it is ready."""
    port, live = free_port(), free_port()
    arguments = ["--kubeconfig", str(folder / "kubeconfig"), "--namespace", OPERATOR_NAMESPACE, "--key-size", str(bits)]
    arguments += ["--listen-addr", f"127.0.0.1:{port}", "--live-addr", f"127.0.0.1:{live}", "--log-level", "warning"]
    async with process("secrets_operator", "run", *arguments, log=folder / "operator.log"):
        async with aiohttp.ClientSession() as http:
            await until(lambda: answers(http, f"http://127.0.0.1:{port}/readyz"))
        yield f"http://127.0.0.1:{port}/metrics"
        print((folder / "operator.log").read_text()[-2000:], end="")


async def apply(http: aiohttp.ClientSession, path: str, body: Any) -> None:
    headers = {"Content-Type": "application/apply-patch+yaml"}
    query = {"fieldManager": "bench", "force": "true"}
    async with http.patch(path, params=query, headers=headers, data=orjson.dumps(body)) as answer:
        assert answer.status in (200, 201), await answer.text()


async def create(http: aiohttp.ClientSession, path: str, body: Any) -> None:
    async with http.post(path, json=body) as answer:
        assert answer.status == 201, await answer.text()


async def prepare(http: aiohttp.ClientSession, key_secret: Object) -> None:
    for file in sorted((ROOT / "crds").glob("*.yaml")):
        body = yaml.safe_load(file.read_text())
        await apply(http, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{body['metadata']['name']}", body)
    for name in (NAMESPACE, OPERATOR_NAMESPACE):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await apply(http, f"/api/v1/namespaces/{name}", body)
    await create(http, f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/secrets", key_secret)
    await until(lambda: answers(http, RESOURCES))


async def fill(http: aiohttp.ClientSession, key: SealingKey, count: int) -> None:
    numbers = iter(range(count))

    async def write() -> None:
        for number in numbers:
            await create(http, RESOURCES, sealed_secret(f"s-{number:05}", key))

    await asyncio.gather(*(write() for _ in range(WRITERS)))


async def time_to_synced(http: aiohttp.ClientSession, key: SealingKey, name: str) -> float:
    """Return the seconds from the POST of a new SealedSecret to the watch event that says it is Synced."""
    body = sealed_secret(name, key)
    query = {"watch": "true", "fieldSelector": f"metadata.name={name}"}
    async with http.get(RESOURCES, params=query, timeout=aiohttp.ClientTimeout(60)) as watch:
        began = time.perf_counter()
        await create(http, RESOURCES, body)
        async for line in watch.content:
            conditions = orjson.loads(line)["object"].get("status", {}).get("conditions", ())
            if any(one["status"] == "True" for one in conditions):
                return time.perf_counter() - began
    raise RuntimeError("the watch ended")


async def restart(folder: Path, key: SealingKey, key_secret: Object, count: int) -> None:
    """Print what a restart with ``count`` objects decrypts and writes, and how long a new object waits."""
    bits = key.private_key.key_size
    async with Cluster() as cluster:
        await cluster.write_kubeconfig(folder / "kubeconfig")
        headers = {"Authorization": f"Bearer {cluster.token}"}
        tls = ssl.create_default_context(cadata=cluster.ca_pem)
        connector = aiohttp.TCPConnector(limit=0, ssl=tls)
        async with aiohttp.ClientSession(cluster.url, connector=connector, headers=headers) as http:
            await prepare(http, key_secret)
            async with operator(folder, bits) as metrics:
                began = time.perf_counter()
                await fill(http, key, count)
                await until(lambda: _reached(metrics, count), every=0.5)
                operations = await metric(metrics, "secrets_operator_sealing_private_key_operations_total")
                print(
                    f"{count} new objects of one value, RSA-{bits}: {time.perf_counter() - began:.1f} s in all, ",
                    end="",
                )
                print(f"{operations:.0f} private-key operations")
            cluster.requests.clear()
            began = time.perf_counter()
            async with operator(folder, bits) as metrics:
                ready = time.perf_counter() - began
                first = await time_to_synced(http, key, "new-at-once")
                await until(lambda: _settled(metrics, count + 1), every=0.2)
                operations = await metric(metrics, "secrets_operator_sealing_private_key_operations_total")
                asked = Counter(f"{one.verb} {one.resource}" for one in cluster.requests if one.verb in WRITES)
                print(f"started again: ready after {ready:.1f} s, a new object Synced after {first * 1000:.0f} ms")
                print(f"    all looked at: {operations:.0f} private-key operations, writes: {dict(asked)}")
                print("    (one operation and those writes are of the new object and of the bench itself)")
                times = [await time_to_synced(http, key, f"new-{number}") for number in range(10)]
                print(
                    f"    ten more: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms"
                )


async def _reached(metrics: str, count: int) -> bool:
    return await synced(metrics) >= count


async def _settled(metrics: str, count: int) -> bool:
    done = await metric(metrics, r'secrets_operator_reconciles_total\{kind="SealedSecret".*\}')
    waiting = await metric(metrics, r"secrets_operator_queue_depth\{.*\}")
    return done >= count and waiting == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, default=4096)
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--restart", type=int, default=1000)
    given = parser.parse_args()
    now = datetime.now(UTC)  # noqa: TID251 - a bench has no other clock
    pair = generate_key(bits=given.bits, ttl=timedelta(days=1), now=now, common_name="", random=os.urandom)
    key_secret = key_secret_manifest(pair, namespace=OPERATOR_NAMESPACE, prefix="sealed-secrets-key")
    key = parse_key_secret(key_secret)
    # On the loop that the operator runs on.
    uvloop.run(throughput(key, given.objects, 1))
    uvloop.run(throughput(key, given.objects // 12, 12))
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(restart(Path(folder), key, key_secret, given.restart))


if __name__ == "__main__":
    main()
