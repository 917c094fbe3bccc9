"""A table of invocations of kubeseal: our ``kubeseal`` and, where it is on PATH, the real one do the same."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from secrets_operator.cli.sealing.command import KUBESEAL, seal
from secrets_operator.sealing.documents import read_documents
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.recovery_keys import recovery_keys
from secrets_operator.sealing.unseal import unseal

pytestmark = pytest.mark.process

DATA = Path(__file__).parents[1] / "data"
TABLE: dict[str, Any] = yaml.safe_load((DATA / "kubeseal" / "invocations.yaml").read_text())
OUTCOMES = {"stdout", "stdout_file", "contains", "starts", "writes", "opens", "stderr", "any_output"}
KNOWN = {"does", "args", "env", "stdin", "status", "begins", "mended"} | OUTCOMES

SEALED = re.compile(r"\b[A-Za-z0-9+/]{300,}={0,2}")
Ran = tuple[int, str, str]
Tool = Callable[[dict[str, Any], Path], Ran]
REAL = shutil.which("kubeseal")


def rows(*, mended: bool) -> list[Any]:
    found = [row for row in TABLE["invocations"] if mended or "mended" not in row]
    return [pytest.param(row, id=row["does"]) for row in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of the table."""
    for name, parts in TABLE["copies"].items():
        (tmp_path / name).write_bytes(b"".join((DATA / "sealed-secrets" / part).read_bytes() for part in parts))
    for name, text in TABLE["files"].items():
        (tmp_path / name).write_text(text)
    return tmp_path


def ours(row: dict[str, Any], folder: Path) -> Ran:
    """Run one row in this process, as the link called kubeseal does; other tests start processes."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(
            seal, row.get("args", []), prog_name=KUBESEAL, input=standard_input(row, folder), env=variables(row)
        )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def theirs(row: dict[str, Any], folder: Path) -> Ran:
    """Run one row by the real kubeseal."""
    environment = {name: value for name, value in (os.environ | variables(row)).items() if value is not None}
    process = subprocess.run(
        ["kubeseal", *arguments(row)],
        input=standard_input(row, folder),
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode()


def arguments(row: dict[str, Any]) -> list[str]:
    found: list[str] = row.get("args", [])
    return found


def standard_input(row: dict[str, Any], folder: Path) -> bytes:
    return (folder / row["stdin"]).read_bytes() if "stdin" in row else b""


def variables(row: dict[str, Any]) -> dict[str, str | None]:
    """Return the row's own variables, and None for those of whoever runs the tests."""
    strange = [name for name in os.environ if name.startswith(("SEALED_SECRETS_", "KUBE"))]
    own = {f"SEALED_SECRETS_{name}": value for name, value in row.get("env", {}).items()}
    return {**dict.fromkeys([*strange, "HOME"]), **own}


def without_values(text: str) -> str:
    return SEALED.sub("<sealed>", text)


def check(row: dict[str, Any], ran: Ran, folder: Path) -> None:
    """Compare what came out with what the row says."""
    status, stdout, stderr = ran
    assert (status, stderr) == (row.get("status", 0), stderr)
    if not row.get("any_output"):
        assert stderr.startswith(row["stderr"]) if "stderr" in row else stderr == ""
        check_standard_output(row, stdout, folder)
    for name, text in row.get("writes", {}).items():
        assert without_values((folder / name).read_text()) == text
    if "opens" in row:
        assert opened(folder / row["opens"]["file"], folder) == row["opens"]["data"]
    if "begins" in row:
        assert (folder / row["begins"]["file"]).read_text().startswith(row["begins"]["text"])


def check_standard_output(row: dict[str, Any], stdout: str, folder: Path) -> None:
    if "contains" in row:
        assert row["contains"] in stdout
    elif "starts" in row:
        assert stdout.startswith(row["starts"])
    elif "stdout_file" in row:
        assert stdout == (folder / row["stdout_file"]).read_text()
    else:
        assert without_values(stdout) == row.get("stdout", "")


def opened(file: Path, folder: Path) -> dict[str, str]:
    (document,) = read_documents(file.read_bytes())
    return {item: value.reveal().decode() for item, value in unseal(document.body, keyring_in(folder)).data.items()}


def keyring_in(folder: Path) -> Keyring:
    return Keyring(recovery_keys((folder / "tls.key").read_bytes()))


@pytest.mark.parametrize("row", rows(mended=True))
def test_our_kubeseal_does_what_the_table_says(row: dict[str, Any], folder: Path) -> None:
    check(row, ours(row, folder), folder)


@pytest.mark.skipif(REAL is None, reason="no kubeseal on PATH")
@pytest.mark.parametrize("row", rows(mended=False))
def test_the_real_kubeseal_does_what_the_table_says(row: dict[str, Any], folder: Path) -> None:
    check(row, theirs(row, folder), folder)


@pytest.mark.skipif(REAL is None, reason="no kubeseal on PATH")
@pytest.mark.parametrize("sealer", [ours, theirs], ids=["ours", "theirs"])
@pytest.mark.parametrize("opener", [ours, theirs], ids=["by us", "by them"])
def test_what_one_seals_the_other_opens(sealer: Tool, opener: Tool, folder: Path) -> None:
    sealed = sealer({"args": ["--cert", "tls.crt", "-f", "db.yaml"]}, folder)[1]
    (folder / "one.json").write_text(sealed)
    recovery = ["--recovery-unseal", "--recovery-private-key", "tls.key", "-f", "one.json"]
    secret = yaml.safe_load(opener({"args": recovery}, folder)[1])
    assert secret["data"] == {"password": "aHVudGVyMg==", "user": "YWRtaW4="}


@pytest.mark.parametrize("row", rows(mended=True))
def test_rows_expect_something_and_nothing_unknown(row: dict[str, Any]) -> None:
    assert set(row) <= KNOWN
    assert set(row) & OUTCOMES
