"""``seal reencrypt`` on a repository of hundreds of files, and the progress bar that a person sees meanwhile."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.recovery_keys import recovery_keys

Run = Callable[..., Any]
Write = Callable[..., str]
FILES = 300


def fill(folder: Path, sealed_yaml: Write, files: int) -> None:
    for number in range(files):
        path = folder / f"team-{number % 7}" / f"s{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(sealed_yaml(f"s{number}", password=f"value {number}"))


def test_hundreds_of_files_are_done_in_one_run_and_the_next_changes_none(
    run_seal: Run, sealed_yaml: Write, sealing_data: Path, new_key: dict[str, str], opened: Any, tmp_path: Path
) -> None:
    fill(tmp_path, sealed_yaml, FILES)
    command = ("reencrypt", "--recovery-private-key", str(sealing_data / "tls.key"), "--cert", new_key["cert"], ".")
    done = run_seal(*command)
    assert (done.returncode, done.stdout.count(b": re-encrypted\n")) == (0, FILES)
    assert f"{FILES} items in {FILES} files: {FILES} re-encrypted, 0 under".encode() in done.stderr
    keys = Keyring(recovery_keys(Path(new_key["key"]).read_bytes()))
    texts = {path.stem: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    values = {name: opened(text, keys)["password"] for name, text in texts.items()}
    assert values == {f"s{number}": f"value {number}".encode() for number in range(FILES)}
    assert all(text.startswith(b"# kept by the team\n") for text in texts.values())
    done = run_seal(*command)
    assert (done.returncode, done.stdout) == (0, b"")
    assert {path.stem: path.read_bytes() for path in tmp_path.rglob("*.yaml")} == texts


@pytest.mark.process
@pytest.mark.parametrize("terminal", [True, False], ids=["a bar on a terminal", "none in a pipe"])
def test_progress_shows_on_a_terminal_alone(
    sealed_yaml: Write, sealing_data: Path, new_key: dict[str, str], tmp_path: Path, terminal: bool
) -> None:
    fill(tmp_path, sealed_yaml, 5)
    options = ["--recovery-private-key", str(sealing_data / "tls.key"), "--cert", new_key["cert"]]
    command = [sys.executable, "-m", "secrets_operator", "seal", "reencrypt", *options, "."]
    reader, writer = os.openpty() if terminal else os.pipe()
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=writer, env=environment) as process:
        os.close(writer)
        said = b"".join(iter(lambda: read(reader), b""))
        assert process.stdout is not None
        printed = process.stdout.read()
    os.close(reader)
    assert (process.returncode, printed.count(b": re-encrypted\n")) == (0, 5)
    assert b"5 items in 5 files: 5 re-encrypted" in said
    assert (b"re-encrypting" in said, b"5/5" in said, b"\x1b[" in said) == (terminal, terminal, terminal)


def read(descriptor: int) -> bytes:
    """Return what comes, nothing at the end: a terminal whose other side is closed is an error to its reader."""
    with contextlib.suppress(OSError):
        return os.read(descriptor, 65536)
    return b""
