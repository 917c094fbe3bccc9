"""``seal --merge-into`` changes the items that it adds and leaves the rest of the file as it was, where it can."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
Write = Callable[..., str]
CERTIFICATE = Path(__file__).parents[1] / "data" / "sealed-secrets" / "tls.crt"


def test_only_the_items_of_a_yaml_file_change(
    run_seal: Run, repository: Any, sealed_yaml: Write, secret_yaml: Write, certificate: str, opened: Any
) -> None:
    repository.commit(**{"db.yaml": sealed_yaml(facts=False, username="admin", password="old", pin="1")})
    done = run_seal("--cert", certificate, "--merge-into", "db.yaml", stdin=secret_yaml(password="new", extra="more"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert repository.changed_lines() == [
        "-    password: SEALED # password",
        "+    password: SEALED # password",
        "+    extra: SEALED",
    ]
    values = opened((repository.root / "db.yaml").read_bytes())
    assert values == {"username": b"admin", "password": b"new", "pin": b"1", "extra": b"more"}


def test_a_json_file_keeps_its_form(
    run_seal: Run, repository: Any, sealed_yaml: Write, secret_yaml: Write, certificate: str, tmp_path: Path
) -> None:
    repository.commit(**{"db.json": json.dumps(yaml.safe_load(sealed_yaml(b="1", a="2")), indent=4) + "\n"})
    assert run_seal("--cert", certificate, "--merge-into", "db.json", stdin=secret_yaml(b="3")).returncode == 0
    assert [line[:14] for line in repository.changed_lines()] == ['-            "', '+            "']
    assert list(json.loads((tmp_path / "db.json").read_text())["spec"]["encryptedData"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("anchor", "output_format", "start"),
    [("", "json", "{\n"), (" &items", "yaml", "---\n")],
    ids=["another format is asked for", "an anchor is in the way"],
)
def test_the_file_is_written_anew_where_it_must_be(
    run_seal: Run, sealed_yaml: Write, tmp_path: Path, anchor: str, output_format: str, start: str
) -> None:
    (tmp_path / "db.yaml").write_text(sealed_yaml(password="old").replace("encryptedData:", f"encryptedData:{anchor}"))
    metadata = {"name": "db", "labels": {"tier": "back"}}
    source = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"extra": "more"}}
    arguments = ("--merge-into", "db.yaml", "-o", output_format)
    done = run_seal(*arguments, stdin=json.dumps(source), CERT=str(CERTIFICATE))
    assert (done.returncode, done.stderr) == (0, b"")
    merged = (tmp_path / "db.yaml").read_text()
    assert merged.startswith(start)
    spec = yaml.safe_load(merged)["spec"]
    assert sorted(spec["encryptedData"]) == ["extra", "password"]
    assert spec["template"]["metadata"]["labels"] == {"app": "web", "tier": "back"}
