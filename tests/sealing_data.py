"""Throw-away sealing keys, and values sealed with them, for tests of every layer."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest, parse_key_secret
from secrets_operator.sealing.keyring import SealingKey
from secrets_operator.sealing.scopes import Scope, label, scope_annotations
from secrets_operator.sealing.seal import seal_value
from tests.builders import NOW

FOLDER = Path(__file__).parent / "data" / "sealed-secrets"


def key_of(private_pem: bytes, certificate_pem: bytes) -> SealingKey:
    data = {"tls.key": base64.b64encode(private_pem).decode(), "tls.crt": base64.b64encode(certificate_pem).decode()}
    return parse_key_secret({"metadata": {"name": "sealed-secrets-key1"}, "data": data})


@cache
def more_values() -> dict[str, Any]:
    """Return values that the real kubeseal sealed under an RSA-2048 key, and the key."""
    loaded: dict[str, Any] = json.loads((FOLDER / "more-values.json").read_text())
    return loaded


@cache
def small_key() -> SealingKey:
    """Return that RSA-2048 key."""
    return key_of(more_values()["private_key_pkcs8_pem"].encode(), more_values()["certificate_pem"].encode())


@cache
def other_pair() -> GeneratedKey:
    """Return another RSA-2048 key, newer than the first."""
    return generate_key(
        bits=2048, ttl=timedelta(days=3650), now=NOW + timedelta(days=3650), common_name="", random=os.urandom
    )


@cache
def other_key() -> SealingKey:
    return parse_key_secret(key_secret_manifest(other_pair(), namespace="kube-system", prefix="sealed-secrets-key"))


def sealed(
    value: bytes, *, name: str, namespace: str, scope: Scope = Scope.STRICT, key: SealingKey | None = None
) -> str:
    """Return one sealed value as it stands in a manifest."""
    bound_to = label(scope, namespace=namespace, name=name)
    public_key = (key or small_key()).private_key.public_key()
    return seal_value(public_key, SecretBytes(value), label=bound_to, random=os.urandom)


def sealed_secret(
    values: dict[str, str],
    *,
    name: str = "app",
    namespace: str = "team",
    scope: Scope = Scope.STRICT,
    template: Object | None = None,
    key: SealingKey | None = None,
) -> Object:
    """Return a SealedSecret, as the API server has it, whose values open with ``key``."""
    encrypted = {
        item: sealed(text.encode(), name=name, namespace=namespace, scope=scope, key=key)
        for item, text in values.items()
    }
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "generation": 1,
            "annotations": scope_annotations(scope),
        },
        "spec": {"encryptedData": encrypted, **({"template": template} if template is not None else {})},
    }
