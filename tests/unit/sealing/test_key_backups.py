"""Backups of sealing keys: what is in them, who opens them, and what becomes of a file that was changed."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.errors import DocumentError, KeySecretError, SealingError
from secrets_operator.sealing.key_backups import (
    is_sealed_backup,
    key_secrets_in,
    opened_backup,
    plain_backup,
    sealed_backup,
)
from secrets_operator.sealing.keyring import SealingKey

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
PREFIX = "sealed-secrets-key"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def key_secret(name: str = "key-1", labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "old",
            "uid": "u",
            "resourceVersion": "7",
            "labels": labels,
            "annotations": {"note": "kept", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "type": "kubernetes.io/tls",
        "data": {"tls.key": "a2V5", "tls.crt": "Y3J0"},
    }


def sealed(key: SealingKey) -> bytes:
    public_key = key.private_key.public_key()
    return sealed_backup(SecretBytes(b"canary"), public_key, keys=["SHA256:a"], now=NOW, random=os.urandom)


def test_what_belongs_to_the_cluster_stays_there() -> None:
    (secret,) = key_secrets_in(plain_backup([key_secret(labels={LABEL: "compromised"})]), legacy_name=PREFIX)
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "key-1", "labels": {LABEL: "compromised"}, "annotations": {"note": "kept"}},
        "data": {"tls.key": "a2V5", "tls.crt": "Y3J0"},
    }


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        pytest.param("key-1", {LABEL: "active"}, id="a key without the label gets it"),
        pytest.param(PREFIX, {}, id="the name of the first versions is enough"),
    ],
)
def test_what_is_restored_counts(name: str, labels: dict[str, str]) -> None:
    (secret,) = key_secrets_in(plain_backup([key_secret(name)]), legacy_name=PREFIX)
    assert secret["metadata"].get("labels", {}) == labels


def test_other_secrets_of_a_file_are_left_out() -> None:
    text = b"apiVersion: v1\nkind: Secret\nmetadata: {name: other}\ndata: {password: cHc=}\n"
    assert key_secrets_in(SecretBytes(text), legacy_name=PREFIX) == []


def test_a_sealed_backup_names_its_keys_and_opens_with_one(small_key: SealingKey, other_key: SealingKey) -> None:
    data = sealed(small_key)
    assert is_sealed_backup(data)
    assert b"canary" not in data
    body = json.loads(data)
    assert (body["keys"], body["recipient"]) == (["SHA256:a"], small_key.fingerprint)
    assert opened_backup(data, [other_key, small_key]).reveal() == b"canary"
    with pytest.raises(KeySecretError, match=r"sealed for the key SHA256:.*, which was not given"):
        opened_backup(data, [other_key])


def test_a_changed_backup_does_not_open(small_key: SealingKey) -> None:
    body = json.loads(sealed(small_key))
    encrypted = bytearray(base64.b64decode(body["encrypted"]))
    encrypted[-1] ^= 1
    for text in (base64.b64encode(encrypted).decode(), "%%%", ""):
        with pytest.raises(DocumentError, match="cut or changed"):
            opened_backup(json.dumps(body | {"encrypted": text}).encode(), [small_key])


def test_a_backup_is_no_sealed_value(small_key: SealingKey) -> None:
    encrypted = base64.b64decode(json.loads(sealed(small_key))["encrypted"])
    with pytest.raises(SealingError):
        hybrid.open_value(small_key.private_key, encrypted, label=b"")


@pytest.mark.parametrize("data", [b"", b"[]", b"kind: Secret", b'{"kind":"Secret"}'])
def test_other_files_are_no_sealed_backups(data: bytes) -> None:
    assert not is_sealed_backup(data)
