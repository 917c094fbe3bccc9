"""A text in the user's editor, in a file that nobody else can read and that is gone afterwards, whatever happens.

The file is in memory (tmpfs) where there is such a folder. Editors known to leave copies elsewhere are told not to.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from secrets_operator.environment import EDITOR, KUBE_EDITOR, VISUAL, XDG_RUNTIME_DIR
from secrets_operator.errors import Terminal

_EDITORS = (KUBE_EDITOR, VISUAL, EDITOR)
_DEFAULT = "vi"
_WITHOUT_COPIES = ["-n", "-i", "NONE", "-c", "set noswapfile nobackup nowritebackup noundofile"]
_MORE_ARGUMENTS = {"vim": _WITHOUT_COPIES, "nvim": _WITHOUT_COPIES}
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class PrivateEditor:
    """One file that may be edited several times."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def edit(self, text: str) -> str:
        """Return the text as the editor left it; Terminal when the editor fails."""
        self._file.write_text(text, encoding="utf-8")
        command = shlex.split(next(filter(None, (variable.read(os.environ) for variable in _EDITORS)), _DEFAULT))
        arguments = _MORE_ARGUMENTS.get(Path(command[0]).name, [])
        try:
            with _interrupts_left_to_the_editor():
                status = subprocess.call([*command, *arguments, str(self._file)])  # noqa: S603 - the user chose it
        except OSError as error:
            raise Terminal(f"cannot run the editor {command[0]}: {error.strerror}") from error
        if status:
            raise Terminal(f"the editor {command[0]} ended with status {status}: nothing was changed")
        try:
            return self._file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            message = "what the editor wrote is not UTF-8"
        raise Terminal(message)


@contextmanager
def private_editor(name: str) -> Iterator[PrivateEditor]:
    """Make the file, mode 0600 in a folder of its own, and remove the folder with all that an editor left there."""
    folder = Path(tempfile.mkdtemp(prefix="seal-edit-", dir=_memory_folder()))
    previous = {number: signal.signal(number, _end) for number in _ENDING}
    try:
        file = folder / name
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield PrivateEditor(file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _memory_folder() -> str | None:
    """Return a folder in memory that may be written to, None when there is none."""
    for place in (XDG_RUNTIME_DIR.read(os.environ), "/dev/shm"):  # noqa: S108 - a folder of its own is made there
        if place and os.path.ismount(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    return None


@contextmanager
def _interrupts_left_to_the_editor() -> Iterator[None]:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by an exception, so that the file is removed."""
    raise SystemExit(128 + number)
