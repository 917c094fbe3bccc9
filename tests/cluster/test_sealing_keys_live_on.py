"""The life of sealing keys with real processes: renewal, keys that come by hand and go, bad ones, two operators."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from secrets_operator.cli.keys.restoring import opened_file
from secrets_operator.sealing.key_backups import key_secrets_in
from tests.cluster_world import Object, OperatorProcess, World, condition, wait_for
from tests.sealing_data import more_values

pytestmark = [pytest.mark.cluster, pytest.mark.process]

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
CONFIG_MAP = "secrets-operator-sealing-certificate"


@pytest.fixture
def home(world: World) -> Iterator[str]:
    """A fresh namespace for an operator of its own, which works in it alone."""
    name = world.create_namespace()
    yield name
    world.delete_namespace(name)


def started(kubeconfig: Path, home: str, *options: str) -> OperatorProcess:
    return OperatorProcess(kubeconfig, home, options=["--watch-namespace", home, *options])


def key_secrets(world: World, home: str) -> list[Object]:
    path = f"/api/v1/namespaces/{home}/secrets"
    found: list[Object] = world.call("GET", path, query={"labelSelector": LABEL})["items"]
    return found


def fingerprint(world: World, home: str) -> str:
    return str((world.config_map(home, CONFIG_MAP) or {"data": {}})["data"].get("fingerprint", ""))


def backed_up(world: World, home: str, folder: Path) -> set[str]:
    """Return the names of the keys in the operator's backup, opened by its recipient."""
    data = (world.config_map(home, "secrets-operator-sealing-key-backup") or {"data": {}})["data"]
    if not data:
        return set()
    (folder / "backup.json").write_text(data["backup.json"])
    (folder / "backup-key.pem").write_text(more_values()["private_key_pkcs8_pem"])
    plain = opened_file(folder / "backup.json", (), (folder / "backup-key.pem",))
    return {secret["metadata"]["name"] for secret in key_secrets_in(plain, legacy_name="sealed-secrets-key")}


def has_key(operator: OperatorProcess) -> bool:
    return operator.get("/v1/cert.pem")[0] == 200


def seal(operator: OperatorProcess, home: str, name: str) -> Object:
    """Return a SealedSecret under the operator's newest key."""
    wait_for("the operator has a sealing key", partial(has_key, operator))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": home}}
    command = [sys.executable, "-m", "secrets_operator", "seal", "-o", "yaml"]
    done = subprocess.run(
        [*command, "--cert", f"http://127.0.0.1:{operator.port}/v1/cert.pem"],
        input=yaml.safe_dump({**secret, "stringData": {"k": "plain"}}),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    sealed: Object = yaml.safe_load(done.stdout)
    return sealed


def test_keys_are_renewed_backed_up_and_old_ones_go_on_opening(
    world: World, kubeconfig: Path, home: str, tmp_path: Path
) -> None:
    (tmp_path / "backup-cert.pem").write_text(more_values()["certificate_pem"])
    options = ["--key-renew-period", "3s", "--privatekey-labels", "team=a"]
    options += ["--key-backup-certificate", str(tmp_path / "backup-cert.pem")]
    with started(kubeconfig, home, *options) as operator:
        operator.wait_ready()
        world.apply(seal(operator, home, "sealed"))
        world.wait_data(home, "sealed", {"k": b"plain"})
        first = wait_for("the certificate is published", lambda: fingerprint(world, home))
        wait_for("three keys", lambda: len(key_secrets(world, home)) >= 3)
        wait_for("another certificate is published", lambda: fingerprint(world, home) not in ("", first))
        wait_for("the metrics know", lambda: operator.metric("secrets_operator_sealing_keys") >= 3)
        labels = [secret["metadata"]["labels"] for secret in key_secrets(world, home)]
        assert labels[:3] == [{LABEL: "active", "team": "a"}] * 3
        wait_for("three keys are backed up", lambda: len(backed_up(world, home, tmp_path)) >= 3)
        world.delete_secret(home, "sealed")
        world.wait_data(home, "sealed", {"k": b"plain"})
        assert operator.metric("secrets_operator_sealing_key_items") == 1
        assert operator.metric("secrets_operator_sealing_key_next_renewal_timestamp_seconds") > 0


def test_two_operators_on_an_empty_cluster_make_one_key(world: World, kubeconfig: Path, home: str) -> None:
    first, second = started(kubeconfig, home), started(kubeconfig, home)
    with first, second:
        for operator in (first, second):
            operator.wait_ready()
        for operator in (first, second):
            wait_for("it has a sealing key", partial(has_key, operator))
        assert first.get("/v1/cert.pem") == second.get("/v1/cert.pem")
        assert len(key_secrets(world, home)) == 1


def test_a_key_that_goes_and_comes_back_by_hand(world: World, kubeconfig: Path, home: str) -> None:
    with started(kubeconfig, home) as operator:
        operator.wait_ready()
        world.apply(seal(operator, home, "sealed"))
        world.wait_data(home, "sealed", {"k": b"plain"})
        (key,) = key_secrets(world, home)
        name = key["metadata"]["name"]
        world.edit_secret(home, name, {"metadata": {"labels": {LABEL: "compromised"}}})

        def warning() -> Object:
            return condition(world.get("SealedSecret", home, "sealed"), "Openable") or {}

        said = wait_for("it says that its key is gone", warning)
        assert (said["status"], said["reason"]) == ("False", "KeyNotActive")
        assert world.wait_condition("SealedSecret", home, "sealed")["reason"] == "Unsealed"
        assert world.data(home, "sealed") == {"k": b"plain"}
        world.delete_secret(home, name)
        kept = {name: key["metadata"][name] for name in ("name", "labels")}
        restored = {"apiVersion": "v1", "kind": "Secret", "type": key["type"], "metadata": kept, "data": key["data"]}
        world.call("POST", f"/api/v1/namespaces/{home}/secrets", body=restored)
        wait_for("it has nothing to warn of", lambda: not warning())
        world.delete_secret(home, "sealed")
        world.wait_data(home, "sealed", {"k": b"plain"})


def test_a_bad_key_secret_is_told_of_and_skipped(world: World, kubeconfig: Path, home: str) -> None:
    world.put_secret(home, "bad", {"tls.key": "canary-not-a-key"}, labels={LABEL: "active"})
    with started(kubeconfig, home) as operator:
        operator.wait_ready()
        wait_for("a good key is made", partial(has_key, operator))
        (event,) = wait_for("the Event", lambda: world.events(home, "bad"))
        assert (event["type"], event["reason"]) == ("Warning", "SealingKeySkipped")
        assert "needs an unencrypted RSA private key" in event["message"]
        lines = operator.get("/metrics")[1].splitlines()
        assert 'secrets_operator_sealing_keys{state="unusable"} 1.0' in lines
    seen = operator.output + json.dumps(event)
    assert "a sealing key was skipped" in seen
    for form in ("canary-not-a-key", base64.b64encode(b"canary-not-a-key").decode()):
        assert form not in seen


def test_the_unlabelled_key_of_the_first_versions_opens(world: World, kubeconfig: Path, home: str) -> None:
    with started(kubeconfig, home) as operator:
        operator.wait_ready()
        sealed = seal(operator, home, "sealed")
        (key,) = key_secrets(world, home)
    world.delete_secret(home, key["metadata"]["name"])
    legacy = {"apiVersion": "v1", "kind": "Secret", "type": key["type"], "data": key["data"]}
    path = f"/api/v1/namespaces/{home}/secrets"
    world.call("POST", path, body={**legacy, "metadata": {"name": "sealed-secrets-key"}})
    with started(kubeconfig, home) as operator:
        operator.wait_ready()
        world.apply(sealed)
        world.wait_data(home, "sealed", {"k": b"plain"})
    assert key_secrets(world, home) == []
