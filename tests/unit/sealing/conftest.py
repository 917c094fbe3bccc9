"""Keys and data for the tests of sealing; keys are shared because making them is slow."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest, parse_key_secret
from secrets_operator.sealing.keyring import Keyring, SealingKey
from tests import sealing_data
from tests.sealing_data import FOLDER, key_of

Open = Callable[[rsa.RSAPrivateKey, bytes, bytes], bytes]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SealedExample:
    """A value sealed by kubeseal, with what it was sealed from."""

    key: SealingKey
    scope: str
    namespace: str
    name: str
    sealed: str
    plaintext: bytes


@pytest.fixture(scope="session")
def data_folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def kubeseal_key(data_folder: Path) -> SealingKey:
    return key_of((data_folder / "tls.key").read_bytes(), (data_folder / "tls.crt").read_bytes())


@pytest.fixture(scope="session")
def more_values() -> dict[str, Any]:
    return sealing_data.more_values()


@pytest.fixture(scope="session")
def small_key() -> SealingKey:
    return sealing_data.small_key()


@pytest.fixture(scope="session")
def generated() -> GeneratedKey:
    return generate_key(bits=2048, ttl=timedelta(days=30), now=NOW, common_name="", random=os.urandom)


@pytest.fixture(scope="session")
def other_key(generated: GeneratedKey) -> SealingKey:
    return parse_key_secret(key_secret_manifest(generated, namespace="kube-system", prefix="sealed-secrets-key"))


@pytest.fixture(scope="session")
def keyring(small_key: SealingKey) -> Keyring:
    return Keyring([small_key])


@pytest.fixture(scope="session")
def examples(
    data_folder: Path, more_values: dict[str, Any], kubeseal_key: SealingKey, small_key: SealingKey
) -> list[SealedExample]:
    """Return every single value that the real kubeseal sealed."""
    large = [(kubeseal_key, item, item["plaintext"]) for item in json.loads((data_folder / "values.json").read_text())]
    small = [(small_key, item, item["plaintext_b64"]) for item in more_values["items"]]
    return [
        SealedExample(
            key=key,
            scope=item["scope"],
            namespace=item["namespace"],
            name=item["name"],
            sealed=item["sealed"],
            plaintext=base64.b64decode(plaintext),
        )
        for key, item, plaintext in large + small
    ]


def _mgf1(seed: bytes, size: int) -> bytes:
    blocks = (hashlib.sha256(seed + counter.to_bytes(4, "big")).digest() for counter in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _open_by_hand(private_key: rsa.RSAPrivateKey, sealed: bytes, label: bytes) -> bytes:
    """Open a value with nothing but modular arithmetic, SHA-256 and AES-GCM, from the description of the format."""
    numbers = private_key.private_numbers()
    size = int.from_bytes(sealed[:2], "big")
    wrapped, ciphertext, tag = sealed[2 : 2 + size], sealed[2 + size : -16], sealed[-16:]
    encoded = pow(int.from_bytes(wrapped, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    masked_seed, masked_block = encoded[1:33], encoded[33:]
    seed = _xor(masked_seed, _mgf1(masked_block, 32))
    block = _xor(masked_block, _mgf1(seed, len(masked_block)))
    assert encoded[0] == 0
    assert block[:32] == hashlib.sha256(label).digest()
    padding, _, session_key = block[32:].partition(b"\x01")
    assert set(padding) <= {0}
    assert len(session_key) == 32
    decryptor = Cipher(algorithms.AES(session_key), modes.GCM(bytes(12), tag)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


@pytest.fixture(scope="session")
def open_by_hand() -> Open:
    return _open_by_hand
