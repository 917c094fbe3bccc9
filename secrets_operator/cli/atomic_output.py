"""Where a command writes: standard output, or a file that is replaced as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from secrets_operator.errors import Terminal


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """Open standard output (empty path) or a file; the file changes only when the block ends well."""
    if not path:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            # A device or a pipe is written to, it cannot be replaced.
            with target.open("wb") as device:
                yield device
        else:
            # A link stays a link: what it points to is replaced.
            with _replacement(target.resolve()) as file:
                yield file
    except OSError as error:
        raise Terminal(f'cannot write "{path}": {error.strerror}') from error


@contextmanager
def _replacement(target: Path) -> Iterator[BinaryIO]:
    """Write beside the target and rename over it; nothing is left behind on failure."""
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            # A new file gets its mode from the umask, a replaced one keeps its own.
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
