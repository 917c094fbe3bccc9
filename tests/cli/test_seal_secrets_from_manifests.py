"""``seal`` turns Secrets into SealedSecrets: input, output, formats, scope, name and namespace."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.unseal import unseal

Run = Callable[..., Any]
SEALED_VALUE = re.compile(rb"(password|username): [A-Za-z0-9+/=]+")


def opened(sealed: Any, keyring: Keyring) -> dict[str, bytes]:
    return {item: value.reveal() for item, value in unseal(sealed, keyring).data.items()}


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_yaml_output_is_kubeseals_but_for_the_ciphertext(
    run_seal: Run, sealing_data: Path, certificate: str, keyring: Keyring, scope: str
) -> None:
    source, expected = (sealing_data / f"{side}-{scope}.yaml" for side in ("secret", "sealed"))
    process = run_seal("--cert", certificate, "-o", "yaml", stdin=source.read_bytes())
    assert (process.returncode, process.stderr) == (0, b"")
    assert SEALED_VALUE.sub(rb"\1", process.stdout) == SEALED_VALUE.sub(rb"\1", expected.read_bytes())
    assert opened(YAML(typ="safe").load(process.stdout), keyring) == {"username": b"admin", "password": b"p1"}


def test_json_is_the_default_pretty_and_ends_with_one_line_break(
    run_seal: Run, certificate: str, keyring: Keyring, secret_yaml: Callable[..., str]
) -> None:
    output = run_seal("--cert", certificate, stdin=secret_yaml()).stdout.decode()
    sealed = json.loads(output)
    assert output.startswith('{\n  "kind": "SealedSecret",\n  "apiVersion": "bitnami.com/v1alpha1",\n  "metadata": {')
    assert output.endswith("\n  }\n}\n")
    assert list(sealed) == ["kind", "apiVersion", "metadata", "spec"]
    assert list(sealed["spec"]) == ["template", "encryptedData"]
    assert "creationTimestamp" not in output
    assert opened(sealed, keyring) == {"password": b"hunter2"}


@pytest.mark.parametrize("separator", ["---\n", ""], ids=["YAML documents", "concatenated JSON"])
def test_several_documents_become_several_sealed_secrets(
    run_seal: Run, certificate: str, keyring: Keyring, secret_yaml: Callable[..., str], separator: str
) -> None:
    secrets = [secret_yaml(name="a", key="1"), secret_yaml(name="b", key="2")]
    if not separator:
        secrets = [
            json.dumps(YAML(typ="safe").load(secret) | {"stringData": {"key": key}})
            for secret, key in zip(secrets, "12", strict=True)
        ]
    process = run_seal("--cert", certificate, "-o", "YAML", stdin=separator.join(secrets))
    documents = list(YAML(typ="safe").load_all(io.BytesIO(process.stdout)))
    assert process.stdout.count(b"---\n") == 2
    assert process.stdout.startswith(b"---\napiVersion: ")
    assert [document["metadata"]["name"] for document in documents] == ["a", "b"]
    assert [opened(document, keyring) for document in documents] == [{"key": b"1"}, {"key": b"2"}]


def test_json_objects_follow_each_other(run_seal: Run, certificate: str, secret_yaml: Callable[..., str]) -> None:
    output = run_seal("--cert", certificate, stdin=secret_yaml() + "---\n" + secret_yaml()).stdout.decode()
    first, rest = json.JSONDecoder().raw_decode(output)
    assert output[rest : rest + 2] == "\n{"
    assert first["metadata"] == json.loads(output[rest:])["metadata"]


def test_a_file_is_read_instead_of_standard_input(
    run_seal: Run, certificate: str, keyring: Keyring, secret_yaml: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "secret.yaml").write_text(secret_yaml(port=8080))
    process = run_seal("--cert", certificate, "-f", "secret.yaml", stdin=b"ignored: [")
    assert opened(json.loads(process.stdout), keyring) == {"port": b"8080"}


def test_scalars_are_sealed_as_go_reads_them(run_seal: Run, certificate: str, keyring: Keyring) -> None:
    written = {
        "int": "8080",
        "bool": "yes",
        "float": "1.0",
        "oct": "010",
        "hex": "0x10",
        "exp": "1e3",
        "date": "2001-01-02",
        "y": "v",
    }
    lines = "".join(f"  {item}: {value}\n" for item, value in written.items())
    source = f"kind: Secret\nmetadata: {{name: db, namespace: a}}\nstringData:\n{lines}  nothing: null\n"
    assert opened(json.loads(run_seal("--cert", certificate, stdin=source).stdout), keyring) == {
        "int": b"8080", "bool": b"true", "float": b"1", "oct": b"8", "hex": b"16", "exp": b"1000",
        "date": b"2001-01-02", "true": b"v", "nothing": b"",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        pytest.param(["--scope", "namespace-wide", "--name", "x"], {}, id="flags"),
        pytest.param(["--scope=namespace-wide", "--name=x", "-o=json"], {}, id="flags with an equals sign"),
        pytest.param([], {"SCOPE": "namespace-wide", "NAME": "x"}, id="environment variables"),
        pytest.param(["--scope", "namespace-wide"], {"SCOPE": "cluster-wide", "NAME": "x"}, id="flags win"),
        pytest.param(
            ["--scope", "namespace-wide", "--name", "x"],
            {"RAW": "perhaps", "FETCH_CERT": "", "FORMAT": ""},
            id="variables that are empty or do not parse are ignored",
        ),
    ],
)
def test_scope_and_name_come_from_flags_or_the_environment(
    run_seal: Run, certificate: str, secret_yaml: Callable[..., str], arguments: list[str], environment: dict[str, str]
) -> None:
    process = run_seal(*arguments, stdin=secret_yaml(), CERT=certificate, **environment)
    assert json.loads(process.stdout)["metadata"] == {
        "name": "x",
        "namespace": "team-a",
        "annotations": {"sealedsecrets.bitnami.com/namespace-wide": "true"},
    }


def test_a_namespace_is_filled_in(run_seal: Run, certificate: str, secret_yaml: Callable[..., str]) -> None:
    process = run_seal("--cert", certificate, "-n", "team-b", stdin=secret_yaml(namespace=""))
    assert json.loads(process.stdout)["metadata"]["namespace"] == "team-b"


def test_empty_data_is_sealed_when_allowed(run_seal: Run, certificate: str) -> None:
    source = "kind: Secret\nmetadata: {name: db, namespace: a}\n"
    process = run_seal("--cert", certificate, "--allow-empty-data", stdin=source)
    assert json.loads(process.stdout)["spec"]["encryptedData"] == {}


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        pytest.param("", [], "no secrets found. Ensure the input is valid and UTF-8 encoded", id="nothing"),
        pytest.param("kind: Secret\nmetadata: {name: db}\n", [], "secret.data is empty in input Secret", id="no data"),
        pytest.param(
            "kind: ConfigMap\napiVersion: v1\ndata: {a: YQ==}\n", [], "document 1: only Secrets", id="not a Secret"
        ),
        pytest.param("stringData: {a: hunter2}\n", [], "missing metadata.name in input Secret", id="no name"),
        pytest.param("stringData: {a: b}\n", ["--name", "x"], "secret must declare a namespace", id="no namespace"),
        pytest.param(
            "metadata: {name: a, namespace: b}\nstringData: {a: b}\n",
            ["-n", "c"],
            'namespace mismatch: input secret is in namespace "b" but "c" was specified',
            id="another namespace",
        ),
        pytest.param("kind: Secret\n---\na: [hunter2\n", [], "document 2: not valid YAML", id="unparsable YAML"),
        pytest.param("{}", ["-o", "xml"], "unsupported output format: xml", id="unknown format"),
        pytest.param("{}", ["-f", "none.yaml"], "Could not read file specified with --secret-file", id="no such file"),
        pytest.param("{}", ["--from-file", "x"], "--from-file requires --raw", id="--from-file without --raw"),
    ],
)
def test_what_cannot_be_sealed_is_refused(
    run_seal: Run, refused: Callable[..., None], certificate: str, source: str, arguments: list[str], message: str
) -> None:
    process = run_seal("--cert", certificate, *arguments, stdin=source)
    refused(process, message)
    assert b"hunter2" not in process.stderr


def test_documents_before_one_that_cannot_be_sealed_are_on_standard_output(
    run_seal: Run, certificate: str, secret_yaml: Callable[..., str]
) -> None:
    process = run_seal("--cert", certificate, stdin=secret_yaml() + "---\n" + secret_yaml(namespace=""))
    assert process.returncode == 1
    assert json.loads(process.stdout)["metadata"]["name"] == "db"
    assert process.stderr.startswith(b"error: document 2: secret must declare a namespace")


@pytest.mark.parametrize("arguments", [["--scope", "wide"], ["--unknown"], ["--raw=perhaps"]])
def test_a_flag_that_does_not_parse_exits_with_2(run_seal: Run, arguments: list[str]) -> None:
    process = run_seal(*arguments)
    assert (process.returncode, process.stdout) == (2, b"")


def test_help_lists_the_flags(run_seal: Run) -> None:
    process = run_seal("--help")
    assert process.returncode == 0
    assert b"--cert FILE|URL" in process.stdout
