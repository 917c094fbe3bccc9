"""``template`` renders what the operator would, masks values, and says what is wrong where."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command_in_process import run_here

Run = Callable[..., Any]
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: db}
data: {password: aHVudGVyMg==}
stringData: {user: app}
"""


@pytest.fixture
def run_template(tmp_path: Path) -> Run:
    """Return a function that runs ``template`` in an empty folder, with ``data`` written to a file."""

    def run(*arguments: str, stdin: str = "", data: str | None = None) -> subprocess.CompletedProcess[bytes]:
        if data is not None:
            (tmp_path / "data.yaml").write_text(data, encoding="utf-8")
            arguments = ("--data", "data.yaml", *arguments)
        return run_here(["template", *arguments], stdin=stdin.encode(), folder=tmp_path, environment=os.environ)

    return run


@pytest.mark.parametrize(
    ("data", "template", "printed"),
    [
        pytest.param("user: app\n", "{{ .user }}", b"app", id="a map of strings; three bytes are not masked"),
        pytest.param('{"user": "app"}', "{{ .user | upper }}", b"APP", id="JSON is as good"),
        pytest.param("password: hunter2", "a={{ .password }};{{ .password }}", b"a=***;***", id="values are masked"),
        pytest.param("password: hunter2", "{{ .password | b64enc }}", b"***", id="so is their base64"),
        pytest.param("pem: |\n  line1\n  line2\n", "{{ .pem | indent 2 }}", b"  ***\n  ***\n  ", id="so are lines"),
        pytest.param("a: long\nb: longer", "{{ .b }}", b"***", id="the longer value is masked whole"),
        pytest.param(SECRET, "{{ .user }}:{{ .password }}", b"app:***", id="a Secret"),
        pytest.param(SECRET, "{{ len .password }}", b"7", id="a Secret's data is decoded"),
        pytest.param("{}", "x{{ 1 }}", b"x1", id="no data"),
    ],
)
def test_renders_standard_input(run_template: Run, data: str, template: str, printed: bytes) -> None:
    process = run_template(stdin=template, data=data)
    assert (process.returncode, process.stdout, process.stderr) == (0, printed, b"")


def test_renders_a_file_and_shows_values_on_request(run_template: Run, tmp_path: Path) -> None:
    (tmp_path / "config.tpl").write_text("{{ .password }}", encoding="utf-8")
    process = run_template("--show-values", "config.tpl", data="password: hunter2")
    assert (process.returncode, process.stdout, process.stderr) == (0, b"hunter2", b"")


def test_bytes_pass_unchanged(run_template: Run) -> None:
    data = "apiVersion: v1\nkind: Secret\ndata: {key: /wCAMQ==}\n"
    assert run_template("--show-values", stdin="{{ .key }}", data=data).stdout == b"\xff\x00\x80\x31"


@pytest.mark.parametrize(
    ("engine", "printed"),
    [("sealed-secrets", b"<no value>"), ("external-secrets", b"")],
    ids=["<no value> for Sealed Secrets", "an error for External Secrets"],
)
def test_a_missing_key(run_template: Run, engine: str, printed: bytes) -> None:
    process = run_template("--engine", engine, stdin="{{ .nope }}", data="user: app")
    assert process.stdout == printed
    assert process.returncode == (0 if printed else 1)


@pytest.mark.parametrize(
    ("data", "template", "said"),
    [
        pytest.param(
            "user: app",
            "x\n{{ .usr }}",
            'template stdin:2:4: at <.usr>: map has no entry for key "usr" (the data has the keys user;',
            id="a missing key",
        ),
        pytest.param("user: app", "{{ if }}", "template stdin:1:7: missing value for if", id="no template"),
        pytest.param("port: 5432", "x", "data.yaml: port: the value must be a string; put it in quotes", id="a number"),
        pytest.param("- hunter2", "x", "data.yaml: it must hold a map of names to strings, or a Secret", id="a list"),
        pytest.param("a: [hunter2", "x", "data.yaml: it is neither YAML nor JSON", id="broken YAML"),
        pytest.param(
            SECRET.replace("aHVu", "hunter2!"), "x", "data.yaml: data.password: the value is not base64", id="b64"
        ),
        pytest.param(SECRET.replace("{user: app}", "hunter2"), "x", "data.yaml: stringData must be a map", id="no map"),
        pytest.param(
            "password: hunter2", "{{ .password.x }}", "template stdin:1:4: at <.password.x>: can't", id="value"
        ),
        pytest.param("password: hunter2", "{{ .password | mustFromJson }}", "template stdin:1:16: at <must", id="JSON"),
    ],
)
def test_errors_end_in_exit_code_1(run_template: Run, data: str, template: str, said: str) -> None:
    process = run_template(stdin=template, data=data)
    assert (process.returncode, process.stdout) == (1, b"")
    assert process.stderr.decode().startswith(f"error: {said}")
    assert process.stderr.count(b"\n") == 1
    assert b"hunter2" not in process.stderr


@pytest.mark.parametrize("arguments", [("nope.tpl",), ("--data", "nope.yaml")], ids=["template", "data"])
def test_a_file_that_is_not_there(run_template: Run, arguments: tuple[str, ...]) -> None:
    process = run_template(*arguments)
    assert process.returncode == 1
    assert process.stderr.startswith(b"error: cannot read nope.")


def test_help_states_what_is_masked(run_template: Run) -> None:
    process = run_template("--help")
    assert process.returncode == 0
    assert b"becomes ***" in process.stdout


PUSHED = """\
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: url}
spec:
  template:
    type: custom
    metadata: {labels: {owner: "{{ .user }}"}}
    data: {url: "postgres://{{ .user }}:{{ .password }}@db"}
"""
CONFIG_MAP = "{kind: ConfigMap, metadata: {name: parts}, data: {part: '{{ .user }}!'}}"
DATA = "user: app\npassword: 'hunter\"2\"\\\\'\n"


def rendered(**parts: Any) -> str:
    template = {"data": {"url": "{{ .password }}"}, **parts}
    spec = {"target": {"template": template}}
    manifest = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "a"},
        "spec": spec,
    }
    return json.dumps(manifest)


def test_the_template_of_a_push_secret_becomes_a_secret(run_template: Run) -> None:
    process = run_template("--manifest", stdin=PUSHED, data=DATA)
    assert (process.returncode, process.stderr) == (0, b"")
    assert yaml.safe_load(process.stdout) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "url", "labels": {"owner": "app"}},
        "type": "custom",
        "stringData": {"url": "postgres://app:***@db"},
    }


def test_the_template_of_an_external_secret_reads_what_it_is_given(run_template: Run, tmp_path: Path) -> None:
    (tmp_path / "parts.yaml").write_text(CONFIG_MAP, encoding="utf-8")
    source = {"configMap": {"name": "parts", "items": [{"key": "part"}]}}
    stdin = rendered(templateFrom=[source])
    process = run_template("--manifest", "--show-values", "--template-from", "parts.yaml", stdin=stdin, data=DATA)
    assert (process.returncode, process.stderr) == (0, b"")
    assert yaml.safe_load(process.stdout)["stringData"] == {"part": "app!", "url": 'hunter"2"' + 2 * "\\"}
    missing = run_template("--manifest", stdin=stdin, data=DATA)
    assert missing.returncode == 1
    assert b"templateFrom[0]: give ConfigMap parts with --template-from" in missing.stderr


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        pytest.param("{{ .a }}", "must hold", id="no manifest"),
        pytest.param("kind: SecretStore", "must hold an ExternalSecret or a PushSecret", id="another kind"),
        pytest.param("kind: PushSecret", "there is no spec.template", id="no template"),
        pytest.param(PUSHED.replace("custom", "{}"), "spec.template.type: ", id="a field of another type"),
        pytest.param(PUSHED.replace(".password", ".pass"), "template spec.template.data[url]:1:", id="a missing key"),
    ],
)
def test_a_manifest_that_cannot_be_rendered_says_why(run_template: Run, stdin: str, said: str) -> None:
    process = run_template("--manifest", stdin=stdin, data=DATA)
    assert (process.returncode, process.stdout) == (1, b"")
    assert said in process.stderr.decode()
    assert "hunter" not in process.stderr.decode()
