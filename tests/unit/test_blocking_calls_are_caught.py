"""The guard of the tests itself: a blocking call of ours on the event loop raises, off the loop it does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from blockbuster import BlockingError

from secrets_operator.cli.atomic_output import open_output


def write(path: Path) -> None:
    """Write a file with code of ours, which blocks."""
    with open_output(str(path)) as output:
        output.write(b"text")


async def test_on_the_loop_it_raises(tmp_path: Path) -> None:
    with pytest.raises(BlockingError):
        write(tmp_path / "file")


async def test_in_a_thread_it_works(tmp_path: Path) -> None:
    await asyncio.to_thread(write, tmp_path / "file")
    assert (await asyncio.to_thread((tmp_path / "file").read_bytes)) == b"text"
