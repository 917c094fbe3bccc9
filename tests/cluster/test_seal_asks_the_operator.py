"""``seal`` and the operator through the API server's service proxy: certificate, validation, re-encryption."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.service_accounts import CI, make_ci_account
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.process,
    pytest.mark.skipif("TEST_KUBECONFIG" in os.environ, reason="a real cluster cannot reach this machine"),
]
Seal = Callable[..., subprocess.CompletedProcess[str]]
NAME = "sealing"
NAMED = ("--controller-namespace", OPERATOR_NAMESPACE)


@pytest.fixture(scope="module")
def seal(world: World, operator: OperatorProcess, kubeconfig: Path) -> Seal:
    """Return a function that runs ``kubectl-seal``, in a cluster with a Service that leads to the operator."""
    wait_for("the operator has a sealing key", lambda: operator.get("/v1/cert.pem")[0] == 200)
    where = {"namespace": OPERATOR_NAMESPACE, "name": NAME}
    labels = {"app.kubernetes.io/name": "secrets-operator"}
    ports = [{"name": "http", "port": 8080}]
    folder = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}"
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {**where, "labels": labels}, "spec": {"ports": ports}}
    world.call("POST", f"{folder}/services", body=service)
    subset = {"addresses": [{"ip": "127.0.0.1"}], "ports": [{"name": "http", "port": operator.port}]}
    world.call("POST", f"{folder}/endpoints", body={"metadata": where, "subsets": [subset]})

    return partial(run, [sys.executable, "-m", "secrets_operator", "seal"], kubeconfig)


def run(program: list[str], kubeconfig: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [*program, *arguments, "--kubeconfig", str(kubeconfig)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def secret(namespace: str) -> str:
    metadata = {"name": "db", "namespace": namespace, "labels": {"app": "web"}}
    return json.dumps({"kind": "Secret", "apiVersion": "v1", "metadata": metadata, "stringData": {"k": "plain"}})


def parsed(done: subprocess.CompletedProcess[str]) -> Object:
    assert done.returncode == 0, done.stderr
    manifest: Object = yaml.safe_load(done.stdout)
    return manifest


def test_a_secret_goes_all_the_way(seal: Seal, world: World, namespace: str) -> None:
    """Seal with the operator's certificate, validate, re-encrypt, validate again, apply."""
    sealed = seal(stdin=secret(namespace))
    assert f"sealed {namespace}/db, scope strict, SHA256:" in sealed.stderr
    assert seal("--validate", stdin=sealed.stdout).returncode == 0
    again = seal("--re-encrypt", stdin=sealed.stdout)
    before, after = parsed(sealed), parsed(again)
    assert before["spec"]["encryptedData"] != after["spec"]["encryptedData"]
    assert before["spec"]["template"] == after["spec"]["template"]
    assert (after["kind"], after["metadata"]["name"]) == ("SealedSecret", "db")
    assert seal("--validate", stdin=again.stdout).returncode == 0
    world.apply(after)
    world.wait_data(namespace, "db", {"k": b"plain"})


@pytest.mark.skipif(shutil.which("kubeseal") is None, reason="no kubeseal on PATH")
def test_the_real_kubeseal_goes_all_the_way_with_the_operator(
    seal: Seal, world: World, namespace: str, kubeconfig: Path
) -> None:
    """Its answers are those of ours, and the operator opens what it seals."""
    kubeseal = partial(run, ["kubeseal", "--controller-name", NAME, *NAMED], kubeconfig)
    assert kubeseal("--fetch-cert").stdout == seal("--fetch-cert").stdout
    sealed = kubeseal(stdin=secret(namespace))
    again = kubeseal("--re-encrypt", stdin=sealed.stdout)
    before, after = parsed(sealed), parsed(again)
    assert before["spec"]["encryptedData"] != after["spec"]["encryptedData"]
    assert before["spec"]["template"] == after["spec"]["template"]
    for tool in (kubeseal, seal):
        assert tool("--validate", stdin=again.stdout).returncode == 0
    moved = json.dumps(after | {"metadata": {"name": "other", "namespace": namespace}})
    for question in ("--validate", "--re-encrypt"):
        theirs, answer = kubeseal(question, stdin=moved), seal(question, stdin=moved)
        assert (theirs.returncode, theirs.stdout) == (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith(theirs.stderr.rstrip())
    world.apply(after)
    world.wait_data(namespace, "db", {"k": b"plain"})


def test_what_does_not_open_is_not_sealed_again(seal: Seal, namespace: str) -> None:
    sealed = parsed(seal(stdin=secret(namespace)))
    sealed["metadata"]["name"] = "other"
    done = seal("--re-encrypt", stdin=json.dumps(sealed))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: unable to rotate secret: no key of the controller opens it as it is\n"


def test_the_certificate_is_that_of_the_operator(seal: Seal, operator: OperatorProcess) -> None:
    assert seal("--fetch-cert").stdout == operator.get("/v1/cert.pem")[1]


def test_what_was_sealed_for_another_name_is_not_valid(seal: Seal, namespace: str) -> None:
    sealed = parsed(seal(stdin=secret(namespace)))
    sealed["metadata"]["name"] = "other"
    done = seal("--validate", stdin=json.dumps(sealed))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: unable to decrypt sealed secret: other\n"


def test_a_folder_is_put_under_the_newest_key_in_place(seal: Seal, namespace: str, tmp_path: Path) -> None:
    """Items that are not recorded under the newest key change, and the next run finds nothing to do."""
    file = tmp_path / "db.json"
    file.write_text(seal("--facts=false", stdin=secret(namespace)).stdout)
    before = json.loads(file.read_text())
    done = seal("reencrypt", str(tmp_path))
    after = json.loads(file.read_text())
    assert (done.returncode, done.stdout) == (0, f"{file}: document 1: spec.encryptedData.k: re-encrypted\n")
    assert before["spec"]["encryptedData"] != after["spec"]["encryptedData"]
    assert before["spec"]["template"] == after["spec"]["template"]
    assert seal("--validate", stdin=file.read_text()).returncode == 0
    text = file.read_text()
    assert (seal("reencrypt", str(tmp_path)).stdout, file.read_text()) == ("", text)
    assert seal("reencrypt", "--check", str(tmp_path)).returncode == 0


@pytest.fixture
def asking(world: World, namespace: str) -> tuple[str, str]:
    """Return the option by which a ServiceAccount of the namespace asks which keys values are under."""
    make_ci_account(world, namespace)
    return "--service-account", f"{namespace}/{CI}"


def test_the_operator_tells_a_service_account_what_is_under_its_newest_key(
    seal: Seal, namespace: str, tmp_path: Path, asking: tuple[str, str]
) -> None:
    """Only when one is named; what is not recorded then stays as it is."""
    file = tmp_path / "db.json"
    file.write_text(seal("--facts=false", stdin=secret(namespace)).stdout)
    text = file.read_text()
    unasked = seal("reencrypt", "--check", str(tmp_path))
    assert (unasked.returncode, "unknown: nothing records its key" in unasked.stdout) == (1, True)
    assert seal("reencrypt", "--check", str(tmp_path), *asking).returncode == 0
    done = seal("reencrypt", str(tmp_path), *asking)
    assert (done.returncode, done.stdout, file.read_text()) == (0, "", text)
    assert "1 items in 1 files: 0 re-encrypted, 1 under the newest key already" in done.stderr


def test_a_service_account_is_told_of_its_own_namespaces_only(
    seal: Seal, namespace: str, tmp_path: Path, asking: tuple[str, str]
) -> None:
    (tmp_path / "db.json").write_text(seal("--facts=false", stdin=secret("default")).stdout)
    done = seal("reencrypt", "--check", str(tmp_path), *asking)
    assert done.returncode == 1
    assert "unknown: forbidden: you may not create or update SealedSecrets in namespace default" in done.stdout
    nobody = seal("reencrypt", "--check", str(tmp_path), "--service-account", f"{namespace}/nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr.startswith(f"error: cannot get a token of ServiceAccount {namespace}/nobody: ")


def test_an_item_that_does_not_open_is_named_and_holds_up_no_other(
    seal: Seal, namespace: str, tmp_path: Path, asking: tuple[str, str]
) -> None:
    file = tmp_path / "db.json"
    sealed = parsed(seal("--facts=false", stdin=secret(namespace)))
    sealed["spec"]["encryptedData"]["moved"] = seal("--raw", "-n", namespace, "--name", "other", stdin="x").stdout
    file.write_text(json.dumps(sealed))
    done = seal("reencrypt", str(tmp_path), *asking)
    assert done.returncode == 1
    assert "spec.encryptedData.moved: failed: " in done.stderr
    assert "1 under the newest key already, 0 unknown, 1 failed" in done.stderr
    assert json.loads(file.read_text()) == sealed


def test_the_old_form_becomes_the_new_one(
    seal: Seal, world: World, namespace: str, tmp_path: Path, asking: tuple[str, str]
) -> None:
    file = tmp_path / "db.yaml"
    inside = {"labels": {"app": "web"}, "annotations": {"note": "kept"}}
    whole = {"apiVersion": "v1", "kind": "Secret", "metadata": inside, "data": {"k": "cGxhaW4="}, "type": "Opaque"}
    value = seal("--raw", "-n", namespace, "--name", "db", stdin=json.dumps(whole)).stdout
    file.write_text(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n# ours\nmetadata:\n"
        f"  name: db\n  namespace: {namespace}\nspec:\n  data: {value}\n"
    )
    assert seal("reencrypt", "--check", str(tmp_path), *asking).returncode == 1
    done = seal("reencrypt", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"{file}: document 1: spec.data: converted to spec.encryptedData\n")
    manifest = yaml.safe_load(file.read_text())
    assert "# ours\n" in file.read_text()
    assert manifest["spec"].keys() == {"encryptedData", "template"}
    assert manifest["spec"]["template"] == {"metadata": inside}
    world.apply(manifest)
    world.wait_data(namespace, "db", {"k": b"plain"})
    assert seal("reencrypt", "--check", str(tmp_path), *asking).returncode == 0


def test_edit_reveals_what_the_user_may_read_in_the_cluster(
    seal: Seal, world: World, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value comes from the live Secret, the new one is sealed with the operator's certificate."""
    file, editor, shown = tmp_path / "db.json", tmp_path / "editor.py", tmp_path / "shown"
    file.write_text(seal(stdin=secret(namespace)).stdout)
    world.apply(json.loads(file.read_text()))
    world.wait_data(namespace, "db", {"k": b"plain"})
    editor.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n"
        f"pathlib.Path({str(shown)!r}).write_text(text)\npath.write_text(text.replace('k: plain', 'k: changed'))\n"
    )
    monkeypatch.setenv("KUBE_EDITOR", f"{shlex.quote(sys.executable)} {shlex.quote(str(editor))}")
    done = seal("edit", str(file), "--reveal")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert shown.read_text().endswith("\nk: plain\n")
    world.apply(json.loads(file.read_text()))
    world.wait_data(namespace, "db", {"k": b"changed"})


def test_edit_reveals_nothing_to_those_who_may_not_read_the_secret(
    seal: Seal, world: World, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor is not even started."""
    file = tmp_path / "db.json"
    file.write_text(seal(stdin=secret(namespace)).stdout)
    world.apply(json.loads(file.read_text()))
    world.wait_data(namespace, "db", {"k": b"plain"})
    text = file.read_text()
    started = tmp_path / "started"
    monkeypatch.setenv("KUBE_EDITOR", f"touch {shlex.quote(str(started))} #")
    done = seal("edit", str(file), "--reveal", "--as", "nobody")
    assert (done.returncode, done.stdout, file.read_text()) == (1, "", text)
    assert done.stderr.startswith("error: ")
    assert "forbidden" in done.stderr
    assert "plain" not in done.stderr
    assert not started.exists()


def test_edit_reveals_nothing_of_a_secret_that_is_not_there(seal: Seal, namespace: str, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    file.write_text(seal(stdin=secret(namespace)).stdout)
    text = file.read_text()
    done = seal("edit", str(file), "--reveal")
    assert (done.returncode, done.stdout, file.read_text()) == (1, "", text)
    assert done.stderr.startswith("error: ")
    assert "plain" not in done.stderr
