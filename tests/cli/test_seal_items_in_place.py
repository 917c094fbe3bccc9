"""``seal set``, ``unset`` and ``rename`` change one item of a committed file, and Git shows nothing else."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., str]
Open = Callable[..., dict[str, bytes]]


def test_a_value_is_replaced_on_its_line(
    run_seal: Run, repository: Any, sealed_yaml: Write, opened: Open, certificate: str, tmp_path: Path
) -> None:
    repository.commit(db=sealed_yaml(a="1", b="2", c="3", d="4", e="5"))
    process = run_seal("set", "db", "c=-", "--cert", certificate, stdin="new")
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")
    assert repository.changed_lines() == ["-    c: SEALED # c", "+    c: SEALED # c"]
    assert opened((tmp_path / "db").read_bytes()) == {"a": b"1", "b": b"2", "c": b"new", "d": b"4", "e": b"5"}


def test_a_new_item_from_a_file_is_one_line(
    run_seal: Run, repository: Any, sealed_yaml: Write, opened: Open, certificate: str, tmp_path: Path
) -> None:
    repository.commit(db=sealed_yaml())
    (tmp_path / "ca.crt").write_bytes(b"\x00\xff\n\n")
    assert run_seal("set", "db", "--from-file", "ca.crt", "--cert", certificate).returncode == 0
    assert repository.changed_lines() == ["+    ca.crt: SEALED"]
    assert opened((tmp_path / "db").read_bytes())["ca.crt"] == b"\x00\xff\n\n"


def test_recorded_facts_follow(
    run_seal: Run, repository: Any, sealed_yaml: Write, new_key: dict[str, str], tmp_path: Path
) -> None:
    repository.commit(db=sealed_yaml(facts=True))
    assert run_seal("set", "db", "password=-", "--cert", new_key["cert"], stdin="new").returncode == 0
    assert run_seal("rename", "db", "username", "user").returncode == 0
    removed, added = [line for line in repository.changed_lines() if "secrets-operator.dev" in line]
    assert (new_key["fingerprint"] in removed, new_key["fingerprint"] in added) == (False, True)
    record = json.loads(added.partition("sealed: '")[2].removesuffix("'"))
    assert [group["items"] for group in record["sealed"]] == [["password"], ["user"]]
    assert len(repository.changed_lines()) == 6


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        pytest.param(["unset", "db", "username"], ["-    username: SEALED # username"], id="an item goes"),
        pytest.param(
            ["rename", "db", "username", "user"],
            ["-    username: SEALED # username", "+    user: SEALED # username"],
            id="an item is renamed",
        ),
    ],
)
def test_no_certificate_is_needed(
    run_seal: Run, repository: Any, sealed_yaml: Write, arguments: list[str], lines: list[str]
) -> None:
    repository.commit(db=sealed_yaml())
    assert run_seal(*arguments).returncode == 0
    assert repository.changed_lines() == lines


def test_json_is_changed_in_place_too(
    run_seal: Run, repository: Any, secret_yaml: Write, certificate: str, opened: Open, tmp_path: Path
) -> None:
    sealed = run_seal("--cert", certificate, stdin=secret_yaml(a="one", b="two")).stdout
    repository.commit(**{"db.json": sealed})
    assert run_seal("set", "db.json", "b=-", "--cert", certificate, stdin="new").returncode == 0
    changed = [line for line in repository.changed_lines() if "secrets-operator.dev" not in line]
    assert changed == ['-      "b": "SEALED"', '+      "b": "SEALED"']
    assert opened((tmp_path / "db.json").read_bytes()) == {"a": b"one", "b": b"new"}


def test_the_scope_of_the_file_is_kept(
    run_seal: Run, sealing_data: Path, certificate: str, opened: Open, tmp_path: Path
) -> None:
    for scope in ("strict", "namespace-wide", "cluster-wide"):
        (tmp_path / "db.yaml").write_bytes((sealing_data / f"sealed-{scope}.yaml").read_bytes())
        assert run_seal("set", "db.yaml", "token=-", "--cert", certificate, stdin="new").returncode == 0
        assert opened((tmp_path / "db.yaml").read_bytes())["token"] == b"new"


def test_one_of_several_is_chosen(
    run_seal: Run, repository: Any, sealed_yaml: Write, refused: Callable[..., None], certificate: str
) -> None:
    repository.commit(db=sealed_yaml("one") + "---\n" + sealed_yaml("two"))
    process = run_seal("unset", "db", "password")
    refused(process, "db: several SealedSecrets in it: choose with --object among team-a/one, team-a/two")
    assert run_seal("unset", "db", "password", "--object", "team-a/two").returncode == 0
    assert repository.changed_lines() == ["-    password: SEALED # password"]
    assert "@@ -27" in repository.git("diff", "-U0")


def test_the_mode_of_the_file_stays(run_seal: Run, sealed_yaml: Write, tmp_path: Path) -> None:
    (tmp_path / "db").write_text(sealed_yaml())
    (tmp_path / "db").chmod(0o640)
    assert run_seal("unset", "db", "password").returncode == 0
    assert stat.S_IMODE((tmp_path / "db").stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["unset", "db", "token"],
            "db: document 1: there is no spec.encryptedData.token (there is: password, username)",
            id="an item that is not there",
        ),
        pytest.param(
            ["rename", "db", "password", "username"],
            "db: document 1: spec.encryptedData.username is there already: unset it first",
            id="a name that is taken",
        ),
        pytest.param(
            ["rename", "db", "password", "a b"],
            "db: document 1: spec.encryptedData: 'a b' is no valid key of a Secret",
            id="a name that no Secret can hold",
        ),
        pytest.param(
            ["set", "db", "password=CANARY", "--cert", "none"],
            "a value on the command line shows in the list of processes: password=- reads standard input",
            id="a value on the command line",
        ),
        pytest.param(["unset", "none", "a"], "none: No such file or directory", id="a file that is not there"),
        pytest.param(
            ["unset", "broken", "a"], "broken: document 1: not valid YAML (line 2, column 1)", id="broken YAML"
        ),
        pytest.param(["unset", "other", "a"], "other: there is no SealedSecret in it", id="another kind"),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(
    run_seal: Run,
    refused: Callable[..., None],
    repository: Any,
    sealed_yaml: Write,
    arguments: list[str],
    message: str,
) -> None:
    repository.commit(db=sealed_yaml(), broken="a: [CANARY\n", other="kind: ConfigMap\napiVersion: v1\n")
    process = run_seal(*arguments)
    refused(process, message)
    assert b"CANARY" not in process.stderr
    assert repository.git("status", "--porcelain") == ""


def test_a_line_break_at_the_end_is_told(run_seal: Run, sealed_yaml: Write, certificate: str, tmp_path: Path) -> None:
    (tmp_path / "db").write_text(sealed_yaml())
    process = run_seal("set", "db", "password=-", "--cert", certificate, stdin="CANARY\n")
    assert process.stderr == b"warning: the value of password ends with a line break (printf %s writes none)\n"
