"""The processes of the demo: the dev cluster, AWS and Vault stand-ins, and the operator itself, all over real HTTP."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class StandIns:
    """Where everything listens, and how to log in."""

    kubeconfig: Path
    aws: str
    vault: str
    vault_token: str


@dataclass(frozen=True)
class Operator:
    """The running operator: its HTTP address, that of its dashboard, and the file its log goes to."""

    url: str
    dashboard: str
    log: Path


async def start_stand_ins(stack: AsyncExitStack, folder: Path) -> StandIns:
    """Start the dev cluster, moto's AWS and the dev Vault; they are stopped when ``stack`` is left."""
    aws_port, vault_port = free_port(), free_port()
    token = secrets.token_hex(16)
    made = StandIns(
        kubeconfig=folder / "kubeconfig",
        aws=f"http://127.0.0.1:{aws_port}",
        vault=f"http://127.0.0.1:{vault_port}",
        vault_token=token,
    )
    commands = {
        "devcluster": ["devcluster", "--port", "0", "--kubeconfig", str(made.kubeconfig)],
        "aws": ["moto.server", "-H", "127.0.0.1", "-p", str(aws_port)],
        "devvault": ["devvault", "--port", str(vault_port), "--root-token", token],
    }
    for name, module in commands.items():
        await stack.enter_async_context(process([sys.executable, "-m", *module], folder / f"{name}.log"))
    await asyncio.gather(
        answers(f"{made.aws}/moto-api/data.json"),
        answers(f"{made.vault}/v1/sys/health"),
        _exists(made.kubeconfig),
    )
    return made


async def start_operator(stack: AsyncExitStack, stand_ins: StandIns, folder: Path) -> Operator:
    """Start ``secrets-operator run`` as a user would and wait until it is ready."""
    port, live, page = free_port(), free_port(), free_port()
    log = folder / "operator.log"
    command = [sys.executable, "-m", "secrets_operator", "run", "--kubeconfig", str(stand_ins.kubeconfig)]
    command += ["--namespace", "secrets-operator"]
    command += ["--listen-addr", f"127.0.0.1:{port}", "--live-addr", f"127.0.0.1:{live}"]
    command += ["--dashboard-addr", f"127.0.0.1:{page}"]
    env = {
        "AWS_SECRETSMANAGER_ENDPOINT": stand_ins.aws,
        "AWS_STS_ENDPOINT": stand_ins.aws,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    await stack.enter_async_context(process(command, log, env))
    await answers(f"http://127.0.0.1:{port}/readyz")
    return Operator(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{page}", log)


@asynccontextmanager
async def process(command: list[str], log: Path, env: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Run a command with its output in ``log``; stop it in the end. Raises RuntimeError when it does not stop well."""
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            *command, stdout=output, stderr=asyncio.subprocess.STDOUT, env={**os.environ, **(env or {})}
        )
    try:
        yield
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(running.wait(), _STOP_SECONDS)
        except TimeoutError:
            running.kill()
            await running.wait()


async def answers(url: str) -> None:
    """Wait until ``url`` answers with 200. Raises TimeoutError naming it."""
    async with aiohttp.ClientSession() as http:
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await _is_ok(http, url):
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            message = f"{url} did not answer within {_START_SECONDS:g} s"
            raise TimeoutError(message) from error


async def _is_ok(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _exists(path: Path) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while not path.exists():
            await asyncio.sleep(0.02)


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
