"""A file that only its owner can read, there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from secrets_operator.errors import Terminal


def write_private(target: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file with mode 0600; Terminal when it is there and not to be replaced, or cannot be written.

    What is there stays whole until it is replaced. No links are made: a stick for backups may know none.
    """
    path = target.with_name(f".{target.name}.{secrets.token_hex(4)}") if overwrite else target
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Terminal(f"{target}: it is there already: --overwrite replaces it") from None
    except OSError as error:
        raise Terminal(f"{target}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.replace(target)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise Terminal(f"{target}: {error.strerror}") from error
