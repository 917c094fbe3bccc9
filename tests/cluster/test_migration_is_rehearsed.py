"""docs/migrating.md step by step: a cluster left by External Secrets Operator and Sealed Secrets is taken over whole.

On a dev cluster of its own: the commands look at all of a cluster.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.manifests import external_secret, fake_store, push_secret, pushed_to
from tests.cluster_world import Object, OperatorProcess, Process, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

ROOT = Path(__file__).parents[2]
SEALED = ROOT / "tests" / "data" / "sealed-secrets"
HOME, NAMESPACE = "secrets-operator", "shop"
CLEANUP = "externalsecrets.external-secrets.io/externalsecret-cleanup"
STORE_FINALIZER, PUSH_FINALIZER = "secretstore.externalsecrets.io/finalizer", "pushsecret.externalsecrets.io/finalizer"
LABELS = {"app.kubernetes.io/name": "external-secrets"}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("migrating") / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(path)]
    with Process(command, ready="devcluster ready"):
        yield path


@pytest.fixture(scope="module")
def world(kubeconfig: Path) -> World:
    made = World(kubeconfig)
    made.apply_files(ROOT / "crds")
    made.wait_established(ROOT / "crds")
    for name in (HOME, NAMESPACE, "kube-system", "ns-1"):
        made.ensure_namespace(name)
    return made


def migrate(kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "secrets_operator", "migrate", *arguments, "--kubeconfig", str(kubeconfig)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def deployment(name: str, namespace: str, labels: dict[str, str], replicas: int) -> Object:
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def webhook(name: str) -> Object:
    kind = "ValidatingWebhookConfiguration"
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "webhooks": []}


def written_by_external_secrets(world: World, resource: Object, data: dict[str, str]) -> None:
    """Leave an ExternalSecret and its Secret as that operator does after a sync."""
    name, uid = resource["metadata"]["name"], resource["metadata"]["uid"]
    owner = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    created_by = hashlib.sha3_224(f"{NAMESPACE}/{name}".encode()).hexdigest()
    world.put_secret(
        NAMESPACE,
        name,
        data,
        manager=f"externalsecrets.external-secrets.io/{name}",
        labels={
            "reconcile.external-secrets.io/managed": "true",
            "reconcile.external-secrets.io/created-by": created_by,
        },
        annotations={"reconcile.external-secrets.io/data-hash": "0" * 56},
        ownerReferences=[owner],
    )


def uid_of(world: World, namespace: str, name: str) -> Any:
    return (world.secret(namespace, name) or {"metadata": {}})["metadata"].get("uid")


def test_from_external_secrets_operator(world: World, kubeconfig: Path) -> None:
    world.apply(deployment("external-secrets", "kube-system", LABELS, 1))
    world.apply(webhook("externalsecret-validate"))
    world.apply(fake_store(NAMESPACE, {"one": "1"}))
    manifest = external_secret(NAMESPACE, {"a": "one"}, name="db")
    manifest["metadata"]["finalizers"] = [CLEANUP]
    written_by_external_secrets(world, world.apply(manifest), {"a": "1", "stale": "x"})
    world.edit_secret(NAMESPACE, "db", {"stringData": {"by-hand": "kept"}})
    before = uid_of(world, NAMESPACE, "db")

    refused = migrate(kubeconfig, "external-secrets", "--yes")
    assert (refused.returncode, "kube-system/external-secrets" in refused.stderr) == (1, True)
    world.apply(deployment("external-secrets", "kube-system", LABELS, 0))
    refused = migrate(kubeconfig, "external-secrets", "--yes")
    assert (refused.returncode, "validatingwebhookconfiguration" in refused.stderr) == (1, True)
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    world.call("DELETE", f"{hooks}/externalsecret-validate")

    with OperatorProcess(kubeconfig, HOME) as operator:
        operator.wait_ready()
        world.wait_data(NAMESPACE, "db", {"a": b"1", "by-hand": b"kept"})
        world.wait_condition("ExternalSecret", NAMESPACE, "db")
        assert uid_of(world, NAMESPACE, "db") == before, "the Secret was never deleted"
        said = migrate(kubeconfig, "external-secrets")
        assert said.stdout.splitlines() == [
            f"to take off: finalizers of ExternalSecret {NAMESPACE}/db",
            "nothing was changed: repeat with --yes",
        ]
        done = migrate(kubeconfig, "external-secrets", "--yes")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "done")
        assert migrate(kubeconfig, "external-secrets", "--yes").stdout == "done\n"
        world.delete("ExternalSecret", NAMESPACE, "db")
        wait_for("the resource is gone", lambda: world.get("ExternalSecret", NAMESPACE, "db") is None)
        wait_for("its Secret is gone", lambda: world.secret(NAMESPACE, "db") is None)


def pushed_by_external_secrets(world: World) -> None:
    """Leave a PushSecret, what it pushed and its store as that operator does after a sync."""
    store = fake_store(NAMESPACE, {"one": "1"}, name="pushed-to")
    store["metadata"]["finalizers"] = [STORE_FINALIZER]
    world.apply(store)
    world.put_secret(NAMESPACE, "source", {"k": "1"})
    entry = pushed_to("remote", of="k")
    pushing = push_secret(
        NAMESPACE, [entry], name="push", secretStoreRefs=[{"name": "pushed-to"}], deletionPolicy="Delete"
    )
    pushing["metadata"]["finalizers"] = [PUSH_FINALIZER]
    world.apply(pushing)
    path = f"/apis/external-secrets.io/v1alpha1/namespaces/{NAMESPACE}/pushsecrets/push/status"
    record = {"status": {"syncedPushSecrets": {"SecretStore/pushed-to": {"remote": entry}}}}
    world.call("PATCH", path, body=record, query={"fieldManager": "external-secrets"})


def test_push_secrets_of_external_secrets_operator_are_taken_over_with_their_finalizers(
    world: World, kubeconfig: Path
) -> None:
    pushed_by_external_secrets(world)

    def finalizers(kind: str, name: str) -> Any:
        return (world.get(kind, NAMESPACE, name) or {"metadata": {}})["metadata"].get("finalizers")

    with OperatorProcess(kubeconfig, HOME) as operator:
        operator.wait_ready()
        world.wait_condition("PushSecret", NAMESPACE, "push")
        assert migrate(kubeconfig, "external-secrets", "--yes").stdout == "done\n"
        assert finalizers("PushSecret", "push") == [PUSH_FINALIZER]
        assert finalizers("SecretStore", "pushed-to") == [STORE_FINALIZER]
        world.delete("PushSecret", NAMESPACE, "push")
        wait_for("the PushSecret is gone", lambda: world.get("PushSecret", NAMESPACE, "push") is None)
        wait_for("its store is free", lambda: finalizers("SecretStore", "pushed-to") is None)


def test_from_sealed_secrets(world: World, kubeconfig: Path) -> None:
    files = {name: (SEALED / name).read_bytes() for name in ("tls.crt", "tls.key")}
    key = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": "sealed-secrets-keyabcde",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
        },
        "data": {name: base64.b64encode(content).decode() for name, content in files.items()},
    }
    world.call("POST", "/api/v1/namespaces/kube-system/secrets", body=key)
    (sealed,) = yaml.safe_load_all((SEALED / "sealed-strict.yaml").read_text())
    applied = world.apply(sealed)
    owner = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "name": "whole-strict",
        "uid": applied["metadata"]["uid"],
        "controller": True,
    }
    plain = yaml.safe_load((SEALED / "secret-strict.yaml").read_text())
    expected = {"username": b"admin", "password": b"p1"}
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/basic-auth",
        "metadata": {"name": "whole-strict", "ownerReferences": [owner]},
        "data": plain["data"],
        "stringData": plain["stringData"],
    }
    world.call("POST", "/api/v1/namespaces/ns-1/secrets", body=body, query={"fieldManager": "controller"})
    before = uid_of(world, "ns-1", "whole-strict")

    done = migrate(kubeconfig, "sealed-secrets", "--yes")
    assert (done.returncode, done.stdout) == (
        0,
        f"copied: sealing key sealed-secrets-keyabcde to {HOME}\ndone\n",
    )
    again = migrate(kubeconfig, "sealed-secrets", "--yes")
    assert again.stdout == f"there already: sealing key {HOME}/sealed-secrets-keyabcde\ndone\n"
    with OperatorProcess(kubeconfig, HOME) as operator:
        operator.wait_ready()
        world.wait_condition("SealedSecret", "ns-1", "whole-strict")
        assert (world.data("ns-1", "whole-strict"), uid_of(world, "ns-1", "whole-strict")) == (expected, before)
        world.delete_secret("ns-1", "whole-strict")
        world.wait_data("ns-1", "whole-strict", expected)


def test_a_namespace_without_keys_is_named(world: World, kubeconfig: Path) -> None:
    refused = migrate(kubeconfig, "sealed-secrets", "--from", NAMESPACE)
    assert (refused.returncode, refused.stderr) == (
        1,
        f"error: namespace {NAMESPACE} has no sealing key: name the namespace of the controller with --from\n",
    )
