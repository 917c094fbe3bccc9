"""``secrets-operator keys`` as users call it, on a cluster, with an operator where it matters. No key is ever shown."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from pyrage import x25519

from secrets_operator.cli.main import cli
from tests.cluster.service_accounts import allow
from tests.cluster_world import Object, OperatorProcess, World, condition, wait_for
from tests.sealing_data import more_values

pytestmark = [pytest.mark.cluster, pytest.mark.process]

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
Keys = Callable[..., Result]


@pytest.fixture
def home(world: World) -> Iterator[str]:
    """A fresh namespace for sealing keys."""
    name = world.create_namespace()
    yield name
    world.delete_namespace(name)


@pytest.fixture
def shown() -> list[str]:
    """Everything that the commands of a test have printed."""
    return []


@pytest.fixture
def keys(kubeconfig: Path, home: str, world: World, shown: list[str]) -> Iterator[Keys]:
    """Run ``keys``; at the end of the test nothing of any private key may have been printed."""

    def run(*arguments: str) -> Result:
        where = ["--kubeconfig", str(kubeconfig), "--controller-namespace", home]
        done = CliRunner().invoke(cli, ["keys", *arguments, *where])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        shown.append(done.output)
        return done

    yield run
    text = "".join(shown)
    assert "PRIVATE" not in text
    assert "AGE-SECRET" not in text
    for secret in secrets_of(world, home).values():
        private = secret["data"]["tls.key"]
        pem = base64.b64decode(private).decode()
        assert not [line for line in [private, *pem.splitlines()[1:-1]] if line in text]


def secrets_of(world: World, home: str) -> dict[str, Object]:
    path = f"/api/v1/namespaces/{home}/secrets"
    found = world.call("GET", path, query={"labelSelector": LABEL})["items"]
    return {secret["metadata"]["name"]: secret for secret in found}


def renewed(keys: Keys) -> tuple[str, str]:
    """Make a key and return its name and fingerprint."""
    done = keys("renew", "--key-size", "2048")
    assert done.exit_code == 0, done.stderr
    name, fingerprint = done.stdout.split()
    return name, fingerprint


def listed(keys: Keys) -> list[Object]:
    done = keys("list", "-o", "json")
    assert done.exit_code == 0, done.stderr
    found: list[Object] = json.loads(done.stdout)["keys"]
    return found


def has_key(operator: OperatorProcess) -> bool:
    return operator.get("/v1/cert.pem")[0] == 200


def seal(operator: OperatorProcess, home: str, name: str) -> Object:
    wait_for("the operator has a sealing key", partial(has_key, operator))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": home}}
    command = [sys.executable, "-m", "secrets_operator", "seal", "-o", "yaml"]
    done = subprocess.run(
        [*command, "--cert", f"http://127.0.0.1:{operator.port}/v1/cert.pem"],
        input=yaml.safe_dump({**secret, "stringData": {"k": "plain", "l": "more"}}),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    sealed: Object = yaml.safe_load(done.stdout)
    return sealed


def test_renew_makes_the_newest_key_each_time(keys: Keys) -> None:
    first, second = renewed(keys), renewed(keys)
    assert [(key["state"], key["name"], key["fingerprint"]) for key in listed(keys)] == [
        ("old", *first),
        ("newest", *second),
    ]
    table = keys("list").stdout.splitlines()
    assert table[0].split() == ["STATE", "NAME", "CREATED", "NOT", "AFTER", "ITEMS", "OBJECTS", "FINGERPRINT"]
    assert [line.split()[0] for line in table[1:]] == ["old", "newest"]


def test_a_bad_key_secret_is_listed_with_its_fault(keys: Keys, world: World, home: str) -> None:
    world.put_secret(home, "bad", {"tls.key": "nonsense"}, labels={LABEL: "active"})
    (bad,) = listed(keys)
    assert (bad["state"], bad["name"], bad["fingerprint"]) == ("unusable", "bad", None)
    assert "needs an unencrypted RSA private key" in bad["fault"]


def test_retiring_relabels_an_old_key_and_never_the_newest(keys: Keys, world: World, home: str) -> None:
    name, fingerprint = renewed(keys)
    refused = keys("retire", fingerprint)
    assert refused.exit_code == 1
    assert "keys renew" in refused.stderr
    renewed(keys)
    done = keys("retire", fingerprint)
    assert done.exit_code == 0, done.stderr
    assert "seal reencrypt --check" in done.stderr
    assert secrets_of(world, home)[name]["metadata"]["labels"] == {LABEL: "compromised"}
    assert [key["state"] for key in listed(keys)] == ["compromised", "newest"]
    assert keys("retire", name).exit_code == 0, "it was before"
    unknown = keys("retire", "nobody")
    assert unknown.exit_code == 1
    assert "there is no sealing key nobody" in unknown.stderr


def test_a_key_in_use_is_not_retired_unless_forced(keys: Keys, world: World, home: str, kubeconfig: Path) -> None:
    with OperatorProcess(kubeconfig, home, options=["--watch-namespace", home]) as operator:
        operator.wait_ready()
        world.apply(seal(operator, home, "sealed"))
        world.wait_data(home, "sealed", {"k": b"plain", "l": b"more"})
        (key,) = listed(keys)
        assert (key["items"], key["objects"]) == (2, 1)
        renewed(keys)
        refused = keys("retire", key["name"])
        assert refused.exit_code == 1
        assert "2 items in 1 SealedSecrets are still under it" in refused.stderr
        assert keys("retire", key["name"], "--force").exit_code == 0

        def warning() -> Object:
            return condition(world.get("SealedSecret", home, "sealed"), "Openable") or {}

        assert key["fingerprint"] in wait_for("it says that its key is gone", warning)["message"]
        assert world.data(home, "sealed") == {"k": b"plain", "l": b"more"}


def test_without_the_right_to_read_all_namespaces_nothing_is_counted_and_no_key_retired(
    keys: Keys, world: World, home: str
) -> None:
    (name, _), _ = renewed(keys), renewed(keys)
    allow(world, home, "keeper", ["secrets", "configmaps"], ["get", "list", "patch"])
    table = keys("list", "--as", "keeper")
    assert table.exit_code == 0, table.stderr
    assert [line.split()[4:6] for line in table.stdout.splitlines()[1:]] == [["?", "?"], ["?", "?"]]
    assert "what is under the keys is unknown: you may not list SealedSecrets and Secrets" in table.stderr
    refused = keys("retire", name, "--as", "keeper")
    assert refused.exit_code == 1
    assert "you may not list SealedSecrets and Secrets in all namespaces. --force" in refused.stderr
    assert secrets_of(world, home)[name]["metadata"]["labels"] == {LABEL: "active"}
    assert keys("retire", name, "--as", "keeper", "--force").exit_code == 0
    assert secrets_of(world, home)[name]["metadata"]["labels"] == {LABEL: "compromised"}


@pytest.mark.parametrize(
    ("arguments", "may"),
    [
        pytest.param(["list"], [], id="list by somebody who may read nothing"),
        pytest.param(["retire", "NAME", "--force"], [], id="retire by somebody who may read nothing"),
        pytest.param(["retire", "NAME", "--force"], ["get", "list"], id="retire by somebody who may only read"),
        pytest.param(["renew", "--key-size", "2048"], ["get", "list"], id="renew by somebody who may only read"),
    ],
)
def test_what_the_api_server_forbids_is_said_and_changes_nothing(
    keys: Keys, world: World, home: str, arguments: list[str], may: list[str]
) -> None:
    (name, _), _ = renewed(keys), renewed(keys)
    if may:
        allow(world, home, "reader", ["secrets", "configmaps"], may)
    before = secrets_of(world, home)
    done = keys(*[name if argument == "NAME" else argument for argument in arguments], "--as", "reader")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "forbidden" in done.stderr.lower()
    assert secrets_of(world, home) == before


@pytest.fixture
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[list[str], list[str]]:
    """Return the options that encrypt a backup, and those that open it."""
    if request.param == "plaintext":
        return ["--plaintext"], []
    if request.param == "age":
        identity = x25519.Identity.generate()
        (tmp_path / "identity").write_text(f"# created by a test\n{identity}\n")
        return ["--age", str(identity.to_public())], ["--age-identity", str(tmp_path / "identity")]
    (tmp_path / "cert.pem").write_text(more_values()["certificate_pem"])
    (tmp_path / "key.pem").write_text(more_values()["private_key_pkcs8_pem"])
    return ["--certificate", str(tmp_path / "cert.pem")], ["--private-key", str(tmp_path / "key.pem")]


@pytest.mark.parametrize("way", ["age", "certificate", "plaintext"], indirect=True)
def test_a_backup_brings_back_what_is_missing_and_touches_nothing_else(
    keys: Keys, world: World, home: str, tmp_path: Path, way: tuple[list[str], list[str]]
) -> None:
    encrypt, decrypt = way
    (lost, fingerprint), (kept, _) = renewed(keys), renewed(keys)
    world.edit_secret(home, lost, {"metadata": {"annotations": {"note": "mine"}}})
    before = secrets_of(world, home)
    file = tmp_path / "backup"
    done = keys("backup", "--to", str(file), *encrypt)
    assert done.exit_code == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    is_readable = before[lost]["data"]["tls.key"] in file.read_text(errors="replace")
    assert is_readable == (encrypt == ["--plaintext"])
    world.delete_secret(home, lost)
    drill = keys("restore", str(file), *decrypt, "--check")
    assert drill.exit_code == 1
    assert f"{fingerprint} ({lost}) is not in the cluster" in drill.stderr
    restored = keys("restore", str(file), *decrypt)
    assert restored.exit_code == 0, restored.stderr
    assert f"{fingerprint}  created as {lost}" in restored.stdout
    after = secrets_of(world, home)
    assert after[kept] == before[kept]
    assert after[lost]["data"] == before[lost]["data"]
    assert after[lost]["type"] == "kubernetes.io/tls"
    assert after[lost]["metadata"]["labels"] == {LABEL: "active"}
    assert after[lost]["metadata"]["annotations"] == {"note": "mine"}
    assert keys("restore", str(file), *decrypt, "--check").exit_code == 0
    newer, _ = renewed(keys)
    stale = keys("restore", str(file), *decrypt, "--check")
    assert stale.exit_code == 1
    assert f"({newer}) is not in the backup" in stale.stderr


def test_a_running_operator_takes_restored_keys_at_once(
    keys: Keys, world: World, home: str, kubeconfig: Path, tmp_path: Path
) -> None:
    """The cluster is lost: a new operator has made a key of the same name, and everything opens after the restore."""
    file = str(tmp_path / "backup")
    with OperatorProcess(kubeconfig, home, options=["--watch-namespace", home]) as operator:
        operator.wait_ready()
        sealed = seal(operator, home, "sealed")
        assert keys("backup", "--to", file, "--plaintext").exit_code == 0
    ((name, lost),) = secrets_of(world, home).items()
    world.delete_secret(home, name)
    with OperatorProcess(kubeconfig, home, options=["--watch-namespace", home]) as operator:
        operator.wait_ready()
        wait_for("the new operator has a key", partial(has_key, operator))
        assert secrets_of(world, home)[name]["data"] != lost["data"]
        world.apply(sealed)
        world.wait_condition("SealedSecret", home, "sealed", status="False")
        restored = keys("restore", file)
        assert restored.exit_code == 0, restored.stderr
        assert f"created as {name}-" in restored.stdout
        world.wait_data(home, "sealed", {"k": b"plain", "l": b"more"})


def test_a_backup_needs_a_way_and_a_place(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    for options in ([], ["--plaintext", "--age", "age1x"]):
        done = keys("backup", "--to", str(file), *options)
        assert done.exit_code == 2
        assert "one of --age, --certificate and --plaintext" in done.stderr
    empty = keys("backup", "--to", str(file), "--plaintext")
    assert empty.exit_code == 1
    assert "there are no sealing keys" in empty.stderr
    renewed(keys)
    assert "--age must be a recipient" in keys("backup", "--to", str(file), "--age", "age1x").stderr
    assert not file.exists()
    file.write_text("mine")
    refused = keys("backup", "--to", str(file), "--plaintext")
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    assert file.read_text() == "mine"
    assert keys("backup", "--to", str(file), "--plaintext", "--overwrite").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_a_backup_to_a_key_that_is_in_it_is_refused(keys: Keys, world: World, home: str, tmp_path: Path) -> None:
    name, _ = renewed(keys)
    own = tmp_path / "own.pem"
    own.write_bytes(base64.b64decode(secrets_of(world, home)[name]["data"]["tls.crt"]))
    done = keys("backup", "--to", str(tmp_path / "backup"), "--certificate", str(own))
    assert done.exit_code == 1
    assert "whoever lost the keys could not open the backup" in done.stderr


def test_a_backup_that_cannot_be_opened_says_what_it_needs(keys: Keys, tmp_path: Path) -> None:
    renewed(keys)
    identity, other = x25519.Identity.generate(), x25519.Identity.generate()
    (tmp_path / "other").write_text(str(other))
    file = str(tmp_path / "backup")
    assert keys("backup", "--to", file, "--age", str(identity.to_public())).exit_code == 0
    assert "pass --age-identity" in keys("restore", file).stderr
    wrong = keys("restore", file, "--age-identity", str(tmp_path / "other"))
    assert wrong.exit_code == 1
    assert "no identity given opens the backup" in wrong.stderr
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nothing: here\n")
    assert "there is no key Secret in the backup" in keys("restore", str(nonsense)).stderr
