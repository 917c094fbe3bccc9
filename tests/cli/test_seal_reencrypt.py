"""``seal reencrypt`` puts folders under the newest key and leaves everything else as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.recovery_keys import recovery_keys
from secrets_operator.sealing.seal import seal_value

Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture(scope="session")
def old_key(sealing_data: Path) -> str:
    return str(sealing_data / "tls.key")


@pytest.fixture
def folder(repository: Any, sealed_yaml: Write) -> Any:
    """Return a repository with three SealedSecrets, an unrelated file and one that only looks like YAML."""
    two = sealed_yaml("one") + "---\n# nothing here\n---\n" + sealed_yaml("two", facts=True)
    repository.commit(
        **{"app__two.yaml": two, "app__deep__db.yml": sealed_yaml(), "other.yaml": "a: [", "notes.txt": "SealedSecret"}
    )
    return repository


def test_only_ciphertext_changes_and_the_new_key_opens_it(
    run_seal: Run, folder: Any, old_key: str, new_key: dict[str, str], opened: Any, tmp_path: Path
) -> None:
    process = run_seal("reencrypt", "--recovery-private-key", old_key, "--cert", new_key["cert"], "--no-facts", ".")
    assert process.returncode == 0
    assert b"6 items in 2 files: 6 re-encrypted, 0 under the newest key already, 0 unknown, 0 failed" in process.stderr
    assert b"app/two.yaml: document 3: spec.encryptedData.password: re-encrypted\n" in process.stdout
    changed = [line for line in folder.changed_lines() if "secrets-operator.dev" not in line]
    assert sorted(set(changed)) == [
        "+    password: SEALED # password",
        "+    username: SEALED # username",
        "-    password: SEALED # password",
        "-    username: SEALED # username",
    ]
    assert len(changed) == 12
    keys = Keyring(recovery_keys(Path(new_key["key"]).read_bytes()))
    for position in (0, 1):
        values = opened((tmp_path / "app" / "two.yaml").read_bytes(), keys, position)
        assert values == {"password": b"hunter2", "username": b"admin"}


def test_a_second_run_changes_nothing_because_the_first_recorded_the_key(
    run_seal: Run, folder: Any, old_key: str, new_key: dict[str, str]
) -> None:
    arguments = ("reencrypt", "--recovery-private-key", old_key, "--cert", new_key["cert"], ".")
    assert run_seal(*arguments).returncode == 0
    folder.commit()
    process = run_seal(*arguments)
    assert (process.returncode, process.stdout) == (0, b"")
    assert folder.git("status", "--porcelain") == ""
    assert run_seal("reencrypt", "--check", "--cert", new_key["cert"], ".").returncode == 0


@pytest.mark.parametrize("with_key", [True, False], ids=["with the private key", "by the record alone"])
def test_check_fails_and_writes_nothing(
    run_seal: Run, folder: Any, old_key: str, new_key: dict[str, str], with_key: bool
) -> None:
    keys = ["--recovery-private-key", old_key] if with_key else []
    process = run_seal("reencrypt", "--check", "--cert", new_key["cert"], *keys, ".")
    assert process.returncode == 1
    assert b"app/two.yaml: document 3: spec.encryptedData.password: outdated: it is under SHA256:" in process.stdout
    state = b"outdated" if with_key else b"unknown: nothing records its key"
    assert b"app/deep/db.yml: document 1: spec.encryptedData.password: " + state in process.stdout
    assert folder.git("status", "--porcelain") == ""


def test_a_record_that_the_key_contradicts_counts_for_nothing(
    run_seal: Run, repository: Any, sealed_yaml: Write, old_key: str, new_key: dict[str, str]
) -> None:
    text = sealed_yaml(facts=True)
    record = text.partition('"certificate":"')[2].partition('"')[0]
    repository.commit(db=text.replace(record, new_key["fingerprint"]))
    process = run_seal("reencrypt", "--check", "--cert", new_key["cert"], "--recovery-private-key", old_key, "db")
    assert process.returncode == 1
    assert b"2 outdated" in process.stderr


def test_one_broken_value_holds_up_no_other(
    run_seal: Run, repository: Any, sealed_yaml: Write, old_key: str, new_key: dict[str, str]
) -> None:
    text = sealed_yaml()
    start = text.index("password: ") + len("password: ")
    moved = sealed_yaml().replace('name: "db"', "name: moved")
    repository.commit(
        **{"a.yaml": text[:start] + "*CANARY" + text[start + 7 :], "b.yaml": moved, "c.yaml": sealed_yaml()}
    )
    broken = text[:start] + "_CANARY" + text[start + 7 :]
    repository.commit(**{"a.yaml": broken})
    process = run_seal("reencrypt", "--recovery-private-key", old_key, "--cert", new_key["cert"], "--no-facts", ".")
    assert process.returncode == 1
    assert (
        b"a.yaml: document 1: spec.encryptedData.password: failed: illegal base64 data at input byte 0"
        in process.stderr
    )
    assert b"b.yaml: document 1: spec.encryptedData.password: " in process.stderr
    assert b"c.yaml: document 1: spec.encryptedData.password: re-encrypted" in process.stdout
    assert b"CANARY" not in process.stdout + process.stderr
    assert repository.git("diff", "--name-only").split() == ["a.yaml", "c.yaml"]


def test_an_unreadable_file_is_named_and_the_rest_is_done(
    run_seal: Run, repository: Any, sealed_yaml: Write, old_key: str, new_key: dict[str, str]
) -> None:
    repository.commit(**{"a.yaml": "kind: SealedSecret\nspec: [\n", "b.yaml": sealed_yaml()})
    process = run_seal("reencrypt", "--recovery-private-key", old_key, "--cert", new_key["cert"], ".")
    assert process.returncode == 1
    assert b"error: a.yaml: document 1: not valid YAML (line 3, column 1)\n" in process.stderr
    assert repository.git("diff", "--name-only").split() == ["b.yaml"]


def test_the_old_form_becomes_the_new_one(
    run_seal: Run, repository: Any, keyring: Keyring, old_key: str, new_key: dict[str, str], opened: Any
) -> None:
    inside = '{"apiVersion":"v1","kind":"Secret","metadata":{"labels":{"app":"web"}},"data":{"a":"b25l"},"type":"x/y"}'
    label = b"team-a/db"
    whole = seal_value(
        keyring.keys[0].private_key.public_key(), SecretBytes(inside.encode()), label=label, random=os.urandom
    )
    repository.commit(
        **{
            "db.yaml": "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata:\n  name: db # ours\n"
            f"  namespace: team-a\nspec:\n  data: {whole}\n  encryptedData: {{}}\n"
            "  template: {metadata: {labels: {never: counted}, annotations: {"
            'sealedsecrets.bitnami.com/skip-set-owner-references: "true"}}}\n'
        }
    )
    keys = ("--recovery-private-key", old_key, "--cert", new_key["cert"])
    for given in (keys, ("--cert", new_key["cert"])):
        done = run_seal("reencrypt", "--check", *given, ".")
        assert done.returncode == 1
        assert b"db.yaml: document 1: spec.data: outdated: spec.data holds a whole Secret in one value" in done.stdout
    done = run_seal("reencrypt", *keys, ".")
    assert (done.returncode, done.stdout) == (0, b"db.yaml: document 1: spec.data: converted to spec.encryptedData\n")
    text = (repository.root / "db.yaml").read_bytes()
    assert opened(text, Keyring(recovery_keys(Path(new_key["key"]).read_bytes()))) == {"a": b"one"}
    assert b"name: db # ours\n" in text
    assert b"  data:" not in text
    kept = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    metadata = {"labels": {"app": "web"}, "annotations": kept}
    assert yaml.safe_load(text)["spec"]["template"] == {"type": "x/y", "metadata": metadata}
    assert run_seal("reencrypt", "--check", *keys, ".").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--cert", "CERT", "."], "nothing to open the old values with", id="no key to open with"),
        pytest.param(
            ["--check", "--recovery-private-key", "KEY", "."], "no certificate to compare with", id="no certificate"
        ),
        pytest.param(
            ["--recovery-private-key", "CERT", "."], "CERT: there is no private key in it", id="a file without a key"
        ),
    ],
)
def test_what_is_missing_is_said(
    run_seal: Run, refused: Callable[..., None], new_key: dict[str, str], arguments: list[str], message: str
) -> None:
    given = [{"CERT": new_key["cert"], "KEY": new_key["key"]}.get(argument, argument) for argument in arguments]
    refused(run_seal("reencrypt", *given), message.replace("CERT", new_key["cert"]))
