"""CPU of the reflector: an initial list and a stream of events, beside a bare orjson parse of the same bytes.

    .venv/bin/python bench/reflector.py [--objects 10000] [--events 20000] [--asyncio]

The server is a process of its own that sends prepared bytes. CPU time of this process is what counts; the ratio to the
bare parse is what can be compared between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import random
import time
from multiprocessing.connection import Connection as Pipe

import orjson
import structlog
import uvloop

from secrets_operator.clock import SystemClock
from secrets_operator.flow import Object
from secrets_operator.kube import tls
from secrets_operator.kube.client import Client
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.credentials import FixedToken
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.watching.reflector import PAGE_SIZE, Reflector, Selection

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def external_secret(index: int, version: int) -> Object:
    """An ExternalSecret of about 2.2 KB, most of it managedFields, as those of a cluster are."""
    name = f"external-secret-{index:05d}"
    data = [
        {"secretKey": f"key-{n}", "remoteRef": {"key": f"team/{name}/credentials", "property": f"property-{n}"}}
        for n in range(5)
    ]
    fields: Object = {"f:spec": {f"f:field-{n}": {".": {}, "f:remoteRef": {}, "f:secretKey": {}} for n in range(8)}}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {
            "name": name,
            "namespace": f"team-{index % 50}",
            "uid": f"00000000-0000-0000-0000-{index:012d}",
            "resourceVersion": str(version),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [
                {"manager": manager, "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}
                for manager in ("argocd-controller", "secrets-operator")
            ],
        },
        "spec": {
            "secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"},
            "refreshInterval": "1h",
            "data": data,
        },
        "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced"}]},
    }


def pages(objects: int) -> list[bytes]:
    made = []
    for start in range(0, objects, PAGE_SIZE):
        metadata = {"resourceVersion": str(objects)}
        if start + PAGE_SIZE < objects:
            metadata["continue"] = str(start // PAGE_SIZE + 1)
        items = [external_secret(index, index + 1) for index in range(start, min(start + PAGE_SIZE, objects))]
        made.append(orjson.dumps({"kind": "ExternalSecretList", "metadata": metadata, "items": items}))
    return made


def stream(objects: int, events: int) -> list[bytes]:
    chance = random.Random(1)
    lines = []
    for number in range(events):
        subject = external_secret(chance.randrange(objects), objects + 1 + number)
        lines.append(orjson.dumps({"type": "MODIFIED", "object": subject}) + b"\n")
    return lines


def serve(pipe: Pipe, objects: int, events: int) -> None:
    listed, lines = pages(objects), stream(objects, events)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if b"watch=true" in head:
                writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
                # The parent says when: the list and the events are measured one after the other.
                await asyncio.to_thread(pipe.recv)
                for line in lines:
                    writer.write(b"%x\r\n%b\r\n" % (len(line), line))
                    await writer.drain()
                await asyncio.sleep(3600)
            _, _, rest = head.partition(b"continue=")
            body = listed[int(rest[: rest.index(b" ")]) if rest else 0]
            writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def project(subject: Object) -> tuple[str, int, str]:
    metadata = subject["metadata"]
    return metadata["uid"], metadata["generation"], subject["spec"]["refreshInterval"]


async def measure(port: int, pipe: Pipe, objects: int, events: int) -> tuple[float, float]:
    done, told = asyncio.Event(), 0

    def on_change(_change: object) -> None:
        nonlocal told
        told += 1
        if told == objects + events:
            done.set()

    clock = SystemClock()
    connection = Connection(f"http://127.0.0.1:{port}", FixedToken(), tls.context(tls.Trust()))
    async with Client(connection, clock=clock) as client:
        reflector = Reflector(
            client,
            Selection(EXTERNAL_SECRETS),
            project=project,
            on_change=on_change,
            clock=clock,
            chance=random.random,
        )
        began = time.process_time()
        running = asyncio.create_task(reflector.run())
        await reflector.synced.wait()
        listed = time.process_time() - began
        assert len(reflector) == objects
        await asyncio.sleep(0.2)
        began = time.process_time()
        pipe.send("go")
        await asyncio.wait_for(done.wait(), 120)
        streamed = time.process_time() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return listed, streamed


def bare_parse(parts: list[bytes]) -> float:
    began = time.process_time()
    for part in parts:
        orjson.loads(part)
    return time.process_time() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--objects", type=int, default=10_000)
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--asyncio", action="store_true", help="the loop of the standard library, not uvloop")
    given = options.parse_args()
    gc.set_threshold(100_000, 50, 50)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, given.objects, given.events), daemon=True)
    server.start()
    port = ours.recv()
    lines = stream(given.objects, given.events)
    size = len(lines[0])
    bare_list, bare_events = bare_parse(pages(given.objects)), bare_parse(lines)
    run = asyncio.run if given.asyncio else uvloop.run
    listed, streamed = run(measure(port, ours, given.objects, given.events))
    server.terminate()
    print(f"{given.objects} objects and {given.events} events of about {size} bytes; CPU time of this process")
    for what, count, took, bare in (
        ("list", given.objects, listed, bare_list),
        ("events", given.events, streamed, bare_events),
    ):
        per, alone = took / count * 1e6, bare / count * 1e6
        print(f"{what:7} {took:6.2f} s  {per:6.1f} us each  bare parse {alone:5.1f} us  ratio {per / alone:4.1f}")


if __name__ == "__main__":
    main()
