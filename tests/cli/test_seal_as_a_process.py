"""What only a process shows: exit statuses, pipes, devices, and the names it is called by."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.resources.labels import FACTS_ANNOTATION

pytestmark = pytest.mark.process
Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(["--name", "renamed"], 0, b"", id="0 when it is done"),
        pytest.param(["--raw"], 1, b"error: must provide the --name flag", id="1 for an error"),
        pytest.param(["--scope", "wide"], 2, b"Usage: ", id="2 for wrong usage"),
        pytest.param(["unset", "none.yaml", "a"], 1, b"error: ", id="1 for an error of a verb"),
    ],
)
def test_exit_statuses(
    seal_process: Run, certificate: str, secret_yaml: Write, arguments: list[str], status: int, said: bytes
) -> None:
    done = seal_process(*arguments, stdin=secret_yaml(), CERT=certificate, NAMESPACE="team-a")
    assert (done.returncode, bool(done.stdout)) == (status, status == 0)
    assert done.stderr.startswith(said)


def test_a_device_is_written_to(seal_process: Run, certificate: str, secret_yaml: Write) -> None:
    process = seal_process("--cert", certificate, "-w", "/dev/stdout", stdin=secret_yaml())
    assert process.stdout.startswith(b"{\n")


def test_a_reader_that_goes_away_ends_it_without_a_traceback(certificate: str, secret_yaml: Write) -> None:
    command = [sys.executable, "-m", "secrets_operator", "seal", "--quiet", "--cert", certificate]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(secret_yaml().encode(), timeout=60)
    assert (process.returncode, said) == (1, b"")


def test_a_link_called_kubeseal_is_silent_and_records_nothing(
    certificate: str, sealing_data: Path, tmp_path: Path
) -> None:
    plugin = Path(sys.executable).with_name("kubectl-seal")
    link = tmp_path / "kubeseal"
    link.symlink_to(plugin)
    arguments = ["--cert", certificate, "-f", str(sealing_data / "secret-strict.yaml")]
    as_kubeseal, as_plugin = (
        subprocess.run([str(command), *arguments], capture_output=True, text=True, timeout=60, check=True)
        for command in (link, plugin)
    )
    assert as_kubeseal.stderr == ""
    assert FACTS_ANNOTATION not in as_kubeseal.stdout
    assert as_plugin.stderr.startswith("sealed ns-1/whole-strict, scope strict, ")
    assert FACTS_ANNOTATION in as_plugin.stdout
