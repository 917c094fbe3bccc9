"""``seal recover`` opens a whole repository with a backup of the keys."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.documents import read_documents
from secrets_operator.sealing.encoding import encode_base64
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import seal_value

Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture
def backup(tmp_path: Path, sealing_data: Path, new_key: dict[str, str]) -> str:
    """Return a backup as the README of Sealed Secrets makes it: a List, then the newest key as a second document."""
    pairs = [Path(new_key["key"]), sealing_data / "tls.key"]
    first, second = (
        {"apiVersion": "v1", "kind": "Secret", "data": {"tls.key": encode_base64(path.read_bytes())}} for path in pairs
    )
    text = "---\n" + json.dumps({"kind": "List", "items": [first]}) + "\n---\n" + json.dumps(second) + "\n"
    (tmp_path / "keys.yaml").write_text(text)
    return "keys.yaml"


def old_form(keyring: Keyring) -> dict[str, Any]:
    """Return a SealedSecret that holds a whole Secret in one value."""
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": encode_base64(b"old")}, "type": "Opaque"}
    public_key = keyring.keys[0].private_key.public_key()
    bound_to = label(Scope.STRICT, namespace="shop", name="old")
    whole = seal_value(public_key, SecretBytes(json.dumps(secret).encode()), label=bound_to, random=os.urandom)
    metadata = {"name": "old", "namespace": "shop"}
    spec = {"data": whole, "encryptedData": {}}
    return {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": metadata, "spec": spec}


def test_everything_is_recovered_at_its_place(
    run_seal: Run, repository: Any, sealed_yaml: Write, backup: str, keyring: Keyring, sealing_data: Path
) -> None:
    repository.commit(
        **{
            "app__two.yaml": sealed_yaml("one", a="CANARY") + "---\n" + sealed_yaml("two"),
            "old.json": json.dumps({"kind": "List", "items": [old_form(keyring)]}),
            "real.yml": (sealing_data / "sealed-cluster-wide.yaml").read_bytes(),
            "other.yaml": "kind: ConfigMap\n",
        }
    )
    process = run_seal("recover", ".", "--keys", backup, "--to", "out")
    assert (process.returncode, process.stderr) == (0, b"4 Secrets recovered, 0 problems\n")
    assert b"CANARY" not in process.stdout
    out = repository.root / "out"
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "app/two.yaml",
        "old.json",
        "real.yml",
    ]
    assert stat.S_IMODE((out / "app" / "two.yaml").stat().st_mode) == 0o600
    one, two = (document.body for document in read_documents((out / "app" / "two.yaml").read_bytes()))
    assert (one["metadata"]["name"], one["data"]) == ("one", {"a": encode_base64(b"CANARY")})
    assert two["metadata"] == {"name": "two", "namespace": "team-a", "labels": {"app": "web"}}
    assert json.loads((out / "old.json").read_bytes())["data"] == {"a": encode_base64(b"old")}


def test_what_cannot_be_opened_is_named_and_the_rest_recovered(
    run_seal: Run, repository: Any, sealed_yaml: Write, backup: str
) -> None:
    renamed = sealed_yaml("one").replace('name: "one"', "name: other")
    repository.commit(**{"a.yaml": renamed + "---\n" + sealed_yaml("two"), "b.yaml": "SealedSecret: [\n"})
    process = run_seal("recover", "a.yaml", "b.yaml", "--keys", backup, "--to", "out")
    lines = process.stderr.decode().splitlines()
    assert process.returncode == 1
    assert lines[0].startswith("error: a.yaml: document 1: no key could decrypt secret")
    assert "(password, username)" in lines[0]
    assert lines[1:] == [
        "error: b.yaml: document 1: not valid YAML (line 2, column 1)",
        "1 Secrets recovered, 2 problems",
    ]
    (document,) = read_documents((repository.root / "out" / "a.yaml").read_bytes())
    assert document.body["metadata"]["name"] == "two"


def test_files_are_not_overwritten_unasked(run_seal: Run, repository: Any, sealed_yaml: Write, backup: str) -> None:
    repository.commit(**{"a.yaml": sealed_yaml(), "out__a.yaml": "mine"})
    process = run_seal("recover", "a.yaml", "--keys", backup, "--to", "out")
    assert process.returncode == 1
    assert process.stderr.startswith(b"error: out/a.yaml: it is there already: --overwrite replaces it\n")
    assert (repository.root / "out" / "a.yaml").read_text() == "mine"
    assert run_seal("recover", "a.yaml", "--keys", backup, "--to", "out", "--overwrite").returncode == 0


def test_nothing_to_recover_is_an_error(run_seal: Run, refused: Any, repository: Any, backup: str) -> None:
    repository.commit(**{"other.yaml": "kind: ConfigMap\n"})
    refused(run_seal("recover", "other.yaml", "--keys", backup, "--to", "out"), "there is no SealedSecret in what was")
