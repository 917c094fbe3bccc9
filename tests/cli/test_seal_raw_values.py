"""``seal --raw`` encrypts one value, bytes as they come."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.keyring import Keyring

Run = Callable[..., Any]
VALUE = b"\xff\x00hunter2\n"


def opened(output: bytes, keyring: Keyring, label: bytes) -> bytes:
    assert b"\n" not in output
    return keyring.open(decode_base64(output.decode()), label=label).value.reveal()


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        pytest.param(["-n", "team-a", "--name", "db"], b"team-a/db", id="strict needs namespace and name"),
        pytest.param(["-n", "team-a", "--scope", "namespace-wide"], b"team-a", id="namespace-wide needs the namespace"),
        pytest.param(["--scope", "cluster-wide"], b"", id="cluster-wide needs neither"),
        pytest.param(["--raw=true", "-n=a", "--name=b", "--scope="], b"a/b", id="Go's spelling of flags, empty scope"),
    ],
)
def test_standard_input_is_encrypted_for_a_scope(
    run_seal: Run, certificate: str, keyring: Keyring, arguments: list[str], label: bytes
) -> None:
    process = run_seal("--raw", "--cert", certificate, *arguments, stdin=VALUE)
    assert (process.returncode, process.stderr) == (0, b"")
    assert opened(process.stdout, keyring, label) == VALUE


@pytest.mark.parametrize("prefix", ["", "key="])
def test_a_file_is_encrypted_and_its_key_and_the_secret_file_are_ignored(
    run_seal: Run, certificate: str, keyring: Keyring, tmp_path: Path, prefix: str
) -> None:
    (tmp_path / "value").write_bytes(VALUE)
    (tmp_path / "ignored").write_bytes(b"x")
    process = run_seal(
        "--raw", "--cert", certificate, "--scope", "cluster-wide", "--from-file", f"{prefix}value", "-f", "ignored"
    )
    assert opened(process.stdout, keyring, b"") == VALUE


def test_all_of_it_may_come_from_the_environment(
    run_seal: Run, certificate: str, keyring: Keyring, tmp_path: Path
) -> None:
    (tmp_path / "value").write_bytes(VALUE)
    process = run_seal(CERT=certificate, RAW="T", NAMESPACE="team-a", NAME="db", FROM_FILE="value")
    assert opened(process.stdout, keyring, b"team-a/db") == VALUE


def test_the_command_line_can_switch_off_what_the_environment_switches_on(run_seal: Run, certificate: str) -> None:
    process = run_seal("--raw=false", CERT=certificate, RAW="1")
    assert process.stderr.startswith(b"error: no secrets found")


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        pytest.param([], {}, "must provide the --namespace flag with --raw and --scope strict", id="no namespace"),
        pytest.param(["-n", "a"], {}, "must provide the --name flag with --raw and --scope strict", id="no name"),
        pytest.param(
            ["--scope", "namespace-wide", "--name", "x"],
            {},
            "must provide the --namespace flag with --raw and --scope namespace-wide",
            id="namespace-wide without namespace",
        ),
        pytest.param(
            ["--scope", "cluster-wide", "--from-file", "a", "--from-file", "b"],
            {},
            "must provide only one --from-file",
            id="two files",
        ),
        pytest.param(
            ["--scope", "cluster-wide", "--from-file", "a"],
            {"FROM_FILE": "b"},
            "must provide only one --from-file",
            id="a file on the command line and one in the environment add up",
        ),
        pytest.param(
            ["--scope", "cluster-wide", "--from-file", "none"],
            {},
            'cannot read "none": No such file',
            id="no such file",
        ),
    ],
)
def test_what_is_missing_is_named(
    run_seal: Run,
    refused: Callable[..., None],
    certificate: str,
    arguments: list[str],
    environment: dict[str, str],
    message: str,
) -> None:
    refused(run_seal("--raw", "--cert", certificate, *arguments, stdin=os.urandom(3), **environment), message)
