"""`python -m devvault` as a process."""

import asyncio
import re
import signal
import sys

import aiohttp
import pytest

pytestmark = pytest.mark.process


async def start(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "devvault", *arguments, stdout=pipe, stderr=pipe)


async def first_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_tells_where_it_listens_and_stops_with_status_zero(number: signal.Signals) -> None:
    process = await start()
    try:
        line = await first_line(process)
        told = re.fullmatch(r"devvault ready at (http://127\.0\.0\.1:\d+) root token (\S+)\n", line)
        assert told is not None
        url, token = told.groups()
        headers = {"X-Vault-Token": token}
        async with aiohttp.ClientSession() as session, session.get(f"{url}/v1/sys/mounts", headers=headers) as response:
            assert response.status == 200
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_given_token_is_not_repeated_and_a_taken_port_is_explained() -> None:
    first = await start("--root-token", "mine")
    try:
        line = await first_line(first)
        assert "mine" not in line
        second = await start("--port", line.strip().rpartition(":")[2])
        _, complaint = await asyncio.wait_for(second.communicate(), 20)
        assert (second.returncode, b"choose another --port" in complaint) == (1, True)
    finally:
        first.terminate()
        await first.communicate()


async def test_help_teaches() -> None:
    process = await start("--help")
    text, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    for taught in (b"--port", b"--root-token", b"example:", b"SIGTERM"):
        assert taught in text
