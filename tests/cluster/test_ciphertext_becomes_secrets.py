"""SealedSecrets on a cluster: sealed by the CLI with the operator's certificate, opened by the operator."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import external_secret, fake_store, sealed_secret
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

SCOPES = ["strict", "namespace-wide", "cluster-wide"]


@pytest.fixture(scope="module")
def certificate(operator: OperatorProcess) -> str:
    """The URL that ``seal --cert`` takes."""
    wait_for("the operator has a sealing key", lambda: operator.get("/v1/cert.pem")[0] == 200)
    return f"http://127.0.0.1:{operator.port}/v1/cert.pem"


def seal(certificate: str, namespace: str, *options: str, value: str = "plain", name: str = "sealed") -> Object:
    """Return a SealedSecret made by the CLI as users call it."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {"k": value},
    }
    command = [sys.executable, "-m", "secrets_operator", "seal", "--cert", certificate, "-o", "yaml", *options]
    done = subprocess.run(command, input=yaml.safe_dump(secret), capture_output=True, text=True, timeout=30, check=True)
    sealed: Object = yaml.safe_load(done.stdout)
    return sealed


@pytest.mark.parametrize("scope", SCOPES)
def test_a_value_sealed_by_the_cli_is_opened(world: World, namespace: str, certificate: str, scope: str) -> None:
    sealed = seal(certificate, namespace, "--scope", scope)
    sealed["metadata"] |= {"namespace": namespace}
    world.apply(sealed)
    world.wait_data(namespace, "sealed", {"k": b"plain"})
    assert world.wait_condition("SealedSecret", namespace, "sealed")["reason"] == "Unsealed"
    wait_for("the event", lambda: [e for e in world.events(namespace, "sealed") if e["reason"] == "Unsealed"])


@pytest.mark.parametrize(
    ("options", "move", "says"),
    [
        pytest.param([], {"name": "other"}, "sealed", id="another name"),
        pytest.param(["--scope", "cluster-wide"], {"annotations": {}}, "cluster-wide", id="a scope annotation lost"),
    ],
)
def test_a_moved_sealed_secret_is_not_opened_and_says_why(
    world: World, namespace: str, certificate: str, options: list[str], move: dict[str, object], says: str
) -> None:
    sealed = seal(certificate, namespace, *options)
    sealed["metadata"] |= {"namespace": namespace, **move}
    world.apply(sealed)
    name = str(move.get("name", "sealed"))
    found = world.wait_condition("SealedSecret", namespace, name, status="False", says="no key could decrypt secret")
    assert says in found["message"]
    assert world.secret(namespace, name) is None


def test_a_secret_of_somebody_else_is_not_taken(world: World, namespace: str, certificate: str) -> None:
    world.put_secret(namespace, "sealed", {"theirs": "kept"})
    world.apply(seal(certificate, namespace))
    world.wait_condition(
        "SealedSecret", namespace, "sealed", status="False", says="already exists and is not managed by SealedSecret"
    )
    assert world.data(namespace, "sealed") == {"theirs": b"kept"}
    given = {"metadata": {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}}
    world.edit_secret(namespace, "sealed", given)
    world.wait_data(namespace, "sealed", {"theirs": b"kept", "k": b"plain"})


def test_what_a_sealed_secret_owns_no_external_secret_takes(world: World, namespace: str, certificate: str) -> None:
    world.apply(seal(certificate, namespace))
    world.wait_data(namespace, "sealed", {"k": b"plain"})
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}, target={"name": "sealed"}))
    says = "Secret sealed is owned by SealedSecret sealed"
    world.wait_condition("ExternalSecret", namespace, "app", status="False", reason="SecretSyncedError", says=says)
    assert world.data(namespace, "sealed") == {"k": b"plain"}


def test_what_an_external_secret_owns_no_sealed_secret_takes(world: World, namespace: str, certificate: str) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}, name="sealed"))
    world.wait_data(namespace, "sealed", {"k": b"1"})
    world.apply(seal(certificate, namespace))
    world.wait_condition("SealedSecret", namespace, "sealed", status="False", reason="NotOwned")
    assert world.data(namespace, "sealed") == {"k": b"1"}


def test_a_secret_given_away_by_annotation_is_taken(world: World, namespace: str, certificate: str) -> None:
    managed = {"sealedsecrets.bitnami.com/managed": "true"}
    world.put_secret(namespace, "sealed", {"theirs": "kept"}, annotations=managed)
    world.apply(seal(certificate, namespace))
    world.wait_data(namespace, "sealed", {"theirs": b"kept", "k": b"plain"})


def test_an_edited_value_is_healed(world: World, namespace: str, certificate: str) -> None:
    world.apply(seal(certificate, namespace))
    world.wait_data(namespace, "sealed", {"k": b"plain"})
    world.wait_condition("SealedSecret", namespace, "sealed")
    world.edit_secret(namespace, "sealed", {"stringData": {"k": "by hand"}})
    world.wait_data(namespace, "sealed", {"k": b"plain"})


def test_a_key_restored_later_opens_what_waited_for_it(world: World, namespace: str, operator: OperatorProcess) -> None:
    folder = Path(__file__).parents[2] / "examples" / "demo" / "sealing-key"
    world.apply(seal(str(folder / "tls.crt"), namespace))
    world.wait_condition("SealedSecret", namespace, "sealed", status="False", reason="NoKey")
    labels = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    data = {name: (folder / name).read_text() for name in ("tls.key", "tls.crt")}
    world.put_secret(OPERATOR_NAMESPACE, f"restored-{namespace}", data, labels=labels)
    try:
        world.wait_data(namespace, "sealed", {"k": b"plain"})
        assert operator.get("/v1/cert.pem")[0] == 200
    finally:
        world.delete_secret(OPERATOR_NAMESPACE, f"restored-{namespace}")


def test_ciphertext_that_is_damaged_names_the_item(world: World, namespace: str, certificate: str) -> None:
    sealed = seal(certificate, namespace)
    good = sealed["spec"]["encryptedData"]["k"]
    value = base64.b64decode(good)
    damaged = base64.b64encode(value[:-1] + bytes([value[-1] ^ 1])).decode()
    world.apply(sealed_secret(namespace, {"good": good, "bad": damaged, "worse": "%%%"}))
    found = world.wait_condition("SealedSecret", namespace, "sealed", status="False")
    assert "(bad)" in found["message"]
    assert "(worse)" in found["message"]
    assert world.secret(namespace, "sealed") is None


def test_templates_are_rendered_with_the_decrypted_values(world: World, namespace: str, certificate: str) -> None:
    sealed = seal(certificate, namespace)
    sealed["spec"]["template"]["data"] = {"url": "https://{{ .k }}@db", "k": "is not overwritten"}
    world.apply(sealed)
    world.wait_data(namespace, "sealed", {"k": b"plain", "url": b"https://plain@db"})


def test_a_template_that_does_not_parse_is_named(world: World, namespace: str, certificate: str) -> None:
    sealed = seal(certificate, namespace)
    sealed["spec"]["template"]["data"] = {"url": "{{ .k"}
    world.apply(sealed)
    found = world.wait_condition("SealedSecret", namespace, "sealed", status="False", reason="TemplateError")
    assert "(url)" in found["message"]
    assert world.secret(namespace, "sealed") is None


def test_the_old_form_becomes_the_secret_inside(world: World, namespace: str, certificate: str) -> None:
    inner = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "other", "labels": {"team": "shop"}},
        "type": "kubernetes.io/basic-auth",
        "stringData": {"username": "u", "password": "p"},
    }
    command = [sys.executable, "-m", "secrets_operator", "seal", "--raw", "--cert", certificate]
    command += ["--namespace", namespace, "--name", "sealed"]
    done = subprocess.run(command, input=json.dumps(inner), capture_output=True, text=True, timeout=30, check=True)
    legacy = sealed_secret(namespace, {})
    legacy["spec"]["data"] = done.stdout
    world.apply(legacy)
    world.wait_data(namespace, "sealed", {"username": b"u", "password": b"p"})
    secret = world.secret(namespace, "sealed")
    assert secret is not None
    assert (secret["type"], secret["metadata"]["labels"]["team"]) == ("kubernetes.io/basic-auth", "shop")


def test_metadata_of_the_template_is_put_right(world: World, namespace: str, certificate: str) -> None:
    sealed = seal(certificate, namespace)
    sealed["spec"]["template"]["metadata"]["labels"] = {"team": "shop"}
    world.apply(sealed)
    world.wait_condition("SealedSecret", namespace, "sealed")
    world.edit_secret(namespace, "sealed", {"metadata": {"labels": {"team": "other", "foreign": "stays"}}})

    def labels() -> dict[str, str]:
        secret = world.secret(namespace, "sealed") or {"metadata": {}}
        return dict(secret["metadata"].get("labels") or {})

    wait_for("the label of the template", lambda: labels().get("team") == "shop")
    assert labels()["foreign"] == "stays"


def test_without_an_owner_reference_the_secret_outlives_its_sealed_secret(
    world: World, namespace: str, certificate: str
) -> None:
    sealed = seal(certificate, namespace)
    skip = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    sealed["spec"]["template"]["metadata"]["annotations"] = skip
    world.apply(sealed)
    world.wait_condition("SealedSecret", namespace, "sealed")
    secret = world.secret(namespace, "sealed")
    assert secret is not None
    assert "ownerReferences" not in secret["metadata"]


def test_changed_data_of_an_immutable_secret_is_refused_with_what_to_do(
    world: World, namespace: str, certificate: str
) -> None:
    sealed = seal(certificate, namespace)
    sealed["spec"]["template"]["immutable"] = True
    world.apply(sealed)
    world.wait_condition("SealedSecret", namespace, "sealed")
    changed = seal(certificate, namespace, value="changed")
    changed["spec"]["template"]["immutable"] = True
    world.apply(changed)
    world.wait_condition("SealedSecret", namespace, "sealed", status="False", reason="Immutable")
    assert world.data(namespace, "sealed") == {"k": b"plain"}
    world.delete_secret(namespace, "sealed")
    world.wait_data(namespace, "sealed", {"k": b"changed"})


def test_a_scope_annotation_set_later_opens_what_waited_for_it(world: World, namespace: str, certificate: str) -> None:
    sealed = seal(certificate, namespace, "--scope", "cluster-wide")
    wide = sealed["metadata"] | {"namespace": namespace}
    world.apply({**sealed, "metadata": {**wide, "annotations": {}}})
    world.wait_condition("SealedSecret", namespace, "sealed", status="False", reason="ScopeMismatch")
    world.apply({**sealed, "metadata": wide})
    world.wait_data(namespace, "sealed", {"k": b"plain"})
