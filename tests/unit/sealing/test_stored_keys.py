"""Which Secrets count as sealing keys, in which order, and what is reported of them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from secrets_operator.sealing.keyring import KeyOrder, SealingKey
from secrets_operator.sealing.stored_keys import (
    KeyState,
    StoredKey,
    active_keys,
    key_reports,
    keys_by_age,
    state_of,
    stored_key,
)

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
PREFIX = "sealed-secrets-key"


def key_secret(key: SealingKey, name: str, labels: dict[str, str] | None, created: str = "2026-01-01T00:00:00Z") -> Any:
    assert key.certificate is not None
    private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = key.certificate.public_bytes(Encoding.PEM)
    return {
        "metadata": {"name": name, "labels": labels, "creationTimestamp": created, "uid": f"uid-{name}"},
        "data": {"tls.key": base64.b64encode(private).decode(), "tls.crt": base64.b64encode(certificate).decode()},
    }


def read(secret: Any, order: KeyOrder = KeyOrder.CERT_NOT_BEFORE) -> StoredKey:
    return stored_key(secret, order=order, legacy_name=PREFIX)


@pytest.mark.parametrize(
    ("name", "labels", "is_active"),
    [
        pytest.param("any", {LABEL: "active"}, True, id="labelled active"),
        pytest.param("any", {LABEL: "compromised"}, False, id="labelled compromised"),
        pytest.param("any", {LABEL: "Active"}, False, id="only the exact word counts"),
        pytest.param(PREFIX, None, True, id="the name of the first versions needs no label"),
        pytest.param(PREFIX, {"app": "x"}, True, id="other labels do not matter to it"),
        pytest.param(PREFIX, {LABEL: "compromised"}, False, id="a label wins over that name"),
        pytest.param("any", None, False, id="another name needs the label"),
    ],
)
def test_which_secrets_count(
    small_key: SealingKey, name: str, labels: dict[str, str] | None, *, is_active: bool
) -> None:
    stored = read(key_secret(small_key, name, labels))
    assert stored.is_active == is_active
    assert stored.fingerprint == small_key.fingerprint
    assert (stored.key is not None) == is_active, "the private half of what does not count is not kept"


def test_a_bad_secret_says_what_is_wrong_and_hides_no_other(small_key: SealingKey) -> None:
    good = read(key_secret(small_key, "good", {LABEL: "active"}))
    bad = read({"metadata": {"name": "bad", "labels": {LABEL: "active"}}, "data": {"tls.key": "bm8="}})
    assert "needs an unencrypted RSA private key" in bad.fault
    assert [key.fingerprint for key in active_keys([bad, good])] == [small_key.fingerprint]
    assert state_of(bad, small_key.fingerprint) is KeyState.UNUSABLE


def test_keys_are_in_the_order_of_creation_each_once(small_key: SealingKey, other_key: SealingKey) -> None:
    older = read(key_secret(small_key, "b", {LABEL: "active"}, "2025-01-01T00:00:00Z"))
    newer = read(key_secret(other_key, "a", {LABEL: "active"}, "2026-01-01T00:00:00Z"))
    assert keys_by_age([newer, older, newer]) == [older, newer]


def test_the_time_of_creation_orders_when_asked_to(small_key: SealingKey) -> None:
    secret = key_secret(small_key, "a", {LABEL: "active"}, "2031-01-01T00:00:00Z")
    key = read(secret, KeyOrder.SECRET_CREATION_TIMESTAMP).key
    assert key is not None
    assert key.ordered_at.year == 2031


def test_reports_have_every_key_and_those_that_are_missing(small_key: SealingKey, other_key: SealingKey) -> None:
    newest = read(key_secret(small_key, "a", {LABEL: "active"}))
    retired = read(key_secret(other_key, "b", {LABEL: "compromised"}))
    used = {small_key.fingerprint: 4, "SHA256:gone": 2}
    reports = key_reports([newest, retired], newest=small_key.fingerprint, items=used, objects=used)
    assert [(report.state, report.fingerprint, report.items) for report in reports] == [
        (KeyState.COMPROMISED, other_key.fingerprint, 0),
        (KeyState.NEWEST, small_key.fingerprint, 4),
        (KeyState.MISSING, "SHA256:gone", 2),
    ]
