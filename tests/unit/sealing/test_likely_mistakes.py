"""Likely mistakes are pointed at by line and key, and no value shows."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.advice import certificate_advice, ends_with_stray_line_break, input_advice
from secrets_operator.sealing.input_secrets import read_input
from secrets_operator.sealing.key_generation import generate_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def advice(text: str) -> list[str]:
    return [line for secret in read_input(text.encode()) for line in input_advice(secret)]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        pytest.param("port: 010", "to YAML stringData[port] is another text than is written", id="an octal number"),
        pytest.param("port: 0x1f", "to YAML stringData[port]", id="a hexadecimal number"),
        pytest.param("port: 1e3", "to YAML stringData[port]", id="an exponent"),
        pytest.param("port: 1.0", "to YAML stringData[port]", id="a decimal point"),
        pytest.param("port: 1_000", "to YAML stringData[port]", id="an underscore"),
        pytest.param("port: yes", "to YAML stringData[port]", id="a word for true"),
        pytest.param("port: ~", "to YAML stringData[port]", id="a sign for nothing"),
        pytest.param("y: a", 'a key of stringData, written otherwise, is "true" to YAML', id="a key"),
        pytest.param('port: "a\\n"', "stringData[port] ends with a line break", id="a line break at the end"),
        pytest.param("port: |\n    a", "stringData[port] ends with a line break", id="a block of one line"),
    ],
)
def test_odd_entries_are_pointed_at(entry: str, says: str) -> None:
    (line,) = advice(f"kind: Secret\nstringData:\n  fine: x\n  {entry}\n")
    assert says in line
    assert ("line 4: " in line) == ("line break" not in line)


def test_a_field_that_a_secret_cannot_have_is_pointed_at() -> None:
    """It holds what nobody seals: kubeseal would take this one, Kubernetes would not."""
    assert advice("kind: Secret\nstringdata: {port: hidden}\ndata: {a: dg==}\n") == [
        "a Secret has no field stringdata: it is left out"
    ]


@pytest.mark.parametrize(
    "entry",
    [
        "port: 8080",
        "port: -1",
        "port: 1.5",
        "port: true",
        "port: 2020-01-01",
        "port: 12:30:45",
        'port: "010"',
        "port: 'yes'",
        "port: plain",
        "port:",
        "port: |\n    two\n    lines",
        'port: "\\n"',
    ],
)
def test_plain_entries_are_not(entry: str) -> None:
    assert advice(f"kind: Secret\nstringData:\n  {entry}\n") == []


def test_labels_annotations_and_base64_are_looked_at_too() -> None:
    text = "kind: Secret\nmetadata: {labels: {a: on}, annotations: {b: 08.0}}\ndata: {c: YQo=, d: YQ==, e: '%'}\n"
    assert [line.partition(": ")[2] or line for line in advice(text)] == [
        "to YAML metadata.labels[a] is another text than is written: put it in quotes",
        "to YAML metadata.annotations[b] is another text than is written: put it in quotes",
        "data[c] ends with a line break, which becomes part of the value",
    ]


def test_name_and_namespace_are_looked_at_too() -> None:
    assert advice("kind: Secret\nmetadata: {name: 1.0, namespace: n}\n") == [
        "line 2: to YAML metadata.name is another text than is written: put it in quotes",
        "line 2: to YAML metadata.namespace is another text than is written: put it in quotes",
    ]


def test_json_is_as_it_is_written() -> None:
    assert advice('{"kind": "Secret", "stringData": {"y": "010"}}') == []


@pytest.mark.parametrize(
    ("value", "stray"),
    [(b"a\n", True), (b"a\r\n", True), (b"a", False), (b"\n", False), (b"", False), (b"a\nb\n", False)],
)
def test_a_line_break_after_one_line_is_stray(value: bytes, stray: bool) -> None:
    assert ends_with_stray_line_break(SecretBytes(value)) is stray


@pytest.mark.parametrize(("days", "says"), [(31, ""), (30, "expires in 30 days"), (1, "expires in 1 days")])
def test_a_certificate_is_about_to_expire(days: int, says: str) -> None:
    key = generate_key(bits=1024, ttl=timedelta(days=days), now=NOW, common_name="", random=os.urandom)
    certificate = x509.load_pem_x509_certificate(key.certificate_pem)
    said = certificate_advice(certificate, now=NOW)
    assert says in said
    assert bool(says) == bool(said)
