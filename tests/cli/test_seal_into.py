"""``seal --into`` and ``--clusters`` bring files up to date; with ``--only-changed`` the same value stays as it is."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.cli.sealing.sealed_value_memory import SealedValueMemory
from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.recovery_keys import recovery_keys

Run = Callable[..., Any]
Write = Callable[..., str]
INTO = ("--into", "db.yaml", "--only-changed")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the commands a configuration folder of their own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home


@pytest.fixture
def sealed_once(run_seal: Run, repository: Any, certificate: str, secret_yaml: Write) -> Any:
    """Return a repository with what sealing into a new file wrote, and a comment by hand."""
    process = run_seal("--cert", certificate, *INTO, stdin=secret_yaml(a="one", b="CANARY", c="three"))
    assert (process.returncode, process.stdout) == (0, b"")
    text = (repository.root / "db.yaml").read_text()
    repository.commit(**{"db.yaml": text.replace("spec:", "# by hand\nspec:")})
    return repository


def test_the_same_input_twice_leaves_the_file_as_it_is(
    run_seal: Run, sealed_once: Any, certificate: str, secret_yaml: Write
) -> None:
    before = (sealed_once.root / "db.yaml").stat()
    process = run_seal("--cert", certificate, *INTO, stdin=secret_yaml(a="one", b="CANARY", c="three"))
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")
    assert sealed_once.git("status", "--porcelain") == ""
    assert (sealed_once.root / "db.yaml").stat().st_ino == before.st_ino


def test_what_set_and_edit_seal_is_remembered_too(
    run_seal: Run, sealed_once: Any, certificate: str, secret_yaml: Write, tmp_path: Path, monkeypatch: Any
) -> None:
    assert run_seal("set", "db.yaml", "a=-", "--cert", certificate, stdin="uno").returncode == 0
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/^c: .*/c: tres/' \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    assert run_seal("edit", "db.yaml", "--cert", certificate).returncode == 0
    sealed_once.commit()
    run_seal("--cert", certificate, *INTO, stdin=secret_yaml(a="uno", b="CANARY", c="tres"))
    assert sealed_once.git("status", "--porcelain") == ""


def test_one_changed_value_changes_one_item(
    run_seal: Run, sealed_once: Any, certificate: str, secret_yaml: Write, opened: Any
) -> None:
    process = run_seal("--cert", certificate, *INTO, stdin=secret_yaml(a="one", b="CANARY2", c="three"), QUIET="false")
    assert process.stderr.startswith(b"sealed team-a/db, scope strict, ")
    lines = [line for line in sealed_once.changed_lines() if "secrets-operator.dev" not in line]
    assert lines == ["-    b: SEALED", "+    b: SEALED"]
    assert opened((sealed_once.root / "db.yaml").read_bytes()) == {"a": b"one", "b": b"CANARY2", "c": b"three"}


def test_items_come_and_go_and_the_template_follows(
    run_seal: Run, sealed_once: Any, certificate: str, secret_yaml: Write, opened: Any
) -> None:
    text = secret_yaml(a="one", d="four", c="three").replace("  name: db", "  name: db\n  labels: {app: web}")
    assert run_seal("--cert", certificate, *INTO, stdin=text).returncode == 0
    lines = [line for line in sealed_once.changed_lines() if "secrets-operator.dev" not in line]
    assert lines == ["-    b: SEALED", "+    d: SEALED", "+      labels:", "+        app: web"]
    assert opened((sealed_once.root / "db.yaml").read_bytes()).keys() == {"a", "c", "d"}


def test_another_machine_seals_again_unless_it_has_the_private_key(
    run_seal: Run, sealed_once: Any, certificate: str, secret_yaml: Write, sealing_data: Path, home: Path
) -> None:
    for file in home.rglob("sealed-values*"):
        file.unlink()
    text = secret_yaml(a="one", b="CANARY", c="three")
    key = str(sealing_data / "tls.key")
    assert run_seal("--cert", certificate, *INTO, "--recovery-private-key", key, stdin=text).returncode == 0
    assert sealed_once.git("status", "--porcelain") == ""
    assert run_seal("--cert", certificate, *INTO, stdin=text).returncode == 0
    assert len([line for line in sealed_once.changed_lines() if line.startswith("+    ")]) >= 3


def test_the_memory_is_the_users_alone_and_holds_no_value(sealed_once: Any, home: Path) -> None:
    files = [path for path in home.rglob("sealed-values*") if path.is_file()]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in files} == {
        "sealed-values.key": 0o600,
        "sealed-values.sqlite3": 0o600,
    }
    assert all(b"CANARY" not in path.read_bytes() for path in files)


def test_the_memory_knows_a_value_by_its_ciphertext(tmp_path: Path) -> None:
    memory = SealedValueMemory(tmp_path / "new", create=True)
    memory.remember({"Ag1": SecretBytes(b"one")})
    again = SealedValueMemory(tmp_path / "new", create=False)
    assert again.same("Ag1", SecretBytes(b"one")) is True
    assert again.same("Ag1", SecretBytes(b"two")) is False
    assert again.same("Ag2", SecretBytes(b"one")) is None
    assert SealedValueMemory(tmp_path / "none", create=False).same("Ag1", SecretBytes(b"one")) is None


def test_a_broken_memory_is_named(tmp_path: Path) -> None:
    SealedValueMemory(tmp_path, create=True)
    (tmp_path / "sealed-values.sqlite3").write_bytes(b"x" * 4096)
    with pytest.raises(Terminal, match=r"sealed-values\.sqlite3: .*: remove it to start again"):
        SealedValueMemory(tmp_path, create=False).same("Ag1", SecretBytes(b"one"))


CLUSTERS = """\
# where we run
clusters:
  dev:
    certificate: certs/dev.pem # beside this file
    fingerprint: {dev}
    namespaces: {{team-a: team-a-dev}}
  prod:
    certificate: certs/prod.pem
    fingerprint: {prod}
    output: prod/{{name}}.json
"""


@pytest.fixture
def clusters(repository: Any, sealing_data: Path, new_key: dict[str, str], keyring: Keyring) -> Any:
    (old,) = keyring.keys
    repository.commit(
        **{
            "clusters.yaml": CLUSTERS.format(dev=old.fingerprint, prod=new_key["fingerprint"]),
            "certs__dev.pem": (sealing_data / "tls.crt").read_bytes(),
            "certs__prod.pem": Path(new_key["cert"]).read_bytes(),
        }
    )
    return repository


def test_every_cluster_gets_its_own(
    run_seal: Run, clusters: Any, secret_yaml: Write, opened: Any, new_key: dict[str, str]
) -> None:
    arguments = ("--clusters", "clusters.yaml", "--only-changed")
    assert run_seal(*arguments, stdin=secret_yaml(a="one")).returncode == 0
    assert opened((clusters.root / "dev" / "team-a-dev" / "db.yaml").read_bytes()) == {"a": b"one"}
    prod = Keyring(recovery_keys(Path(new_key["key"]).read_bytes()))
    assert opened((clusters.root / "prod" / "db.json").read_bytes(), prod) == {"a": b"one"}
    assert (clusters.root / "prod" / "db.json").read_bytes().startswith(b"{\n")
    clusters.commit()
    assert run_seal(*arguments, stdin=secret_yaml(a="one")).returncode == 0
    assert clusters.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("certs/prod.pem", "certs/dev.pem", "has the fingerprint SHA256:", id="another certificate"),
        pytest.param("    fingerprint", "    #", "its fingerprint is not pinned", id="no pin"),
        pytest.param("certs/prod", "certs/none", "certs/none.pem: No such file or directory", id="no certificate"),
        pytest.param("output:", "outptu:", "clusters.prod.outptu: there is no such field", id="a misspelt field"),
        pytest.param("{name}.json", "{nmae}.json", "only {cluster}, {namespace} and {name}", id="a misspelt stand-in"),
        pytest.param("clusters:", "clusters: [", "clusters.yaml: document 1: not valid YAML", id="broken YAML"),
    ],
)
def test_a_mistake_in_the_file_writes_nothing(  # noqa: PLR0917 - fixtures and columns of the table
    run_seal: Run, refused: Any, clusters: Any, secret_yaml: Write, old: str, new: str, message: str
) -> None:
    file = clusters.root / "clusters.yaml"
    file.write_text(file.read_text().replace(old, new))
    process = run_seal("--clusters", "clusters.yaml", stdin=secret_yaml())
    refused(process, "")
    assert message in process.stderr.decode()
    assert not (clusters.root / "dev").exists()


def test_only_changed_alone_is_refused(run_seal: Run, refused: Any, certificate: str) -> None:
    refused(run_seal("--cert", certificate, "--only-changed"), "--only-changed needs --into FILE or --clusters FILE")


def test_refresh_pins_what_is_new_and_asks_about_what_changed(
    run_seal: Run, clusters: Any, sealing_data: Path, keyring: Keyring
) -> None:
    (old,) = keyring.keys
    file = clusters.root / "clusters.yaml"
    source = (sealing_data / "tls.crt").as_uri()
    text = file.read_text().replace("  prod:", f"    source: {source}\n  prod:\n    source: {source}")
    file.write_text(text.replace(f"    fingerprint: {old.fingerprint}\n", ""))
    (clusters.root / "certs" / "dev.pem").unlink()
    clusters.commit()
    process = run_seal("clusters", "refresh", "clusters.yaml")
    assert process.returncode == 1
    assert process.stdout.decode().startswith(f"dev: pinned: {old.fingerprint}, valid until ")
    assert process.stderr.decode().startswith(f"error: cluster prod: it has {old.fingerprint}")
    assert clusters.changed_lines()[-1:] == [f'+    fingerprint: "{old.fingerprint}"']
    assert run_seal("clusters", "refresh", "clusters.yaml", "--accept", "prod").returncode == 0
    assert file.read_text().count(old.fingerprint) == 2
    assert run_seal("clusters", "refresh", "clusters.yaml").stdout.count(b"as pinned") == 2
