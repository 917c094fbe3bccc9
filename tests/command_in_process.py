"""The command ``secrets-operator`` run in the process of the tests: as a process would, without the cost of one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from secrets_operator.cli.main import cli


def run_here(
    arguments: list[str], *, stdin: bytes, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a folder, with these environment variables and no others; what it raises is raised."""
    done = _done(arguments, stdin, folder, environment)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout_bytes, done.stderr_bytes)


def printed_here(arguments: list[str], *, stdin: bytes, folder: Path, environment: Mapping[str, str]) -> str:
    """Run the command likewise; return what it printed on standard output and standard error, as a terminal has it."""
    return _done(arguments, stdin, folder, environment).output


def _done(arguments: list[str], stdin: bytes, folder: Path, environment: Mapping[str, str]) -> Result:
    variables: dict[str, str | None] = {**dict.fromkeys(os.environ), **environment}
    with contextlib.chdir(folder):
        done = CliRunner().invoke(cli, arguments, input=stdin, env=variables)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
