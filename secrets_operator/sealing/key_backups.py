"""The file that sealing keys are backed up to: key Secrets as kubectl has them, and the form that a certificate seals.

The sealed form is a JSON object of kind ``SealingKeyBackup``; ``encrypted`` is a sealed value of the usual format
(``hybrid``) under a label of its own, so that neither can be taken for the other. It names the keys inside and the one
that opens it by fingerprint. Neighbour: ``recovery_keys`` reads private keys from manifests of any origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import OWN_ANNOTATION_PREFIX, SEALING_KEY_LABEL
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.encoding import decode_base64, encode_base64
from secrets_operator.sealing.errors import DocumentError, KeySecretError, SealingError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.key_secrets import ACTIVE
from secrets_operator.sealing.keyring import SealingKey, fingerprint
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.recovery_keys import secrets_of
from secrets_operator.sealing.seal import LAST_APPLIED

API_VERSION, KIND = f"{OWN_ANNOTATION_PREFIX}v1alpha1", "SealingKeyBackup"
_LABEL = f"{OWN_ANNOTATION_PREFIX}sealing-key-backup".encode()


def plain_backup(secrets: Iterable[Object]) -> SecretBytes:
    """Return key Secrets as a List, in clear, without what belongs to their cluster."""
    items = [_portable(secret) for secret in secrets]
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    return SecretBytes(orjson.dumps(listed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def sealed_backup(
    plain: SecretBytes, recipient: rsa.RSAPublicKey, *, keys: Iterable[str], now: datetime, random: hybrid.Random
) -> bytes:
    """Return a backup that only the private key of ``recipient`` opens; ``keys`` are the fingerprints inside."""
    body = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "created": now.isoformat(timespec="seconds"),
        "keys": list(keys),
        "recipient": fingerprint(recipient),
        "encrypted": encode_base64(hybrid.seal(recipient, plain, label=_LABEL, random=random)),
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def is_sealed_backup(data: bytes) -> bool:
    """Tell whether a file is a backup that a certificate sealed."""
    return _envelope(data) is not None


def opened_backup(data: bytes, keys: Iterable[SealingKey]) -> SecretBytes:
    """Return what :func:`sealed_backup` sealed; KeySecretError says which key is needed, DocumentError what is broken.

    An error of the value itself means that it was cut or changed.
    """
    envelope = _envelope(data) or {}
    recipient = envelope.get("recipient")
    private = next((key.private_key for key in keys if key.fingerprint == recipient), None)
    if private is None:
        raise KeySecretError(f"the backup was sealed for the key {recipient}, which was not given")
    try:
        return hybrid.open_value(private, decode_base64(str(envelope.get("encrypted"))), label=_LABEL)
    except SealingError:
        raise DocumentError("the backup was cut or changed") from None


def key_secrets_in(plain: SecretBytes, *, legacy_name: str) -> list[Object]:
    """Return the key Secrets of a backup in clear, fit to be created; DocumentError when it is no manifest.

    One without the key label gets it, unless its name makes it a key: it would do nothing otherwise.
    """
    documents = ManifestText.read(plain.reveal()).documents
    found = [_portable(secret) for document in documents for secret in secrets_of(document.value)]
    return [_labelled(secret, legacy_name) for secret in found if section(secret, "data").get("tls.key")]


def labelled(secret: Object) -> Object:
    """Return a key Secret that counts by its label, as it does under a name that is not the legacy one."""
    metadata = section(secret, "metadata")
    return {**secret, "metadata": {**metadata, "labels": {SEALING_KEY_LABEL: ACTIVE, **section(metadata, "labels")}}}


def _labelled(secret: Object, legacy_name: str) -> Object:
    return secret if section(secret, "metadata").get("name") == legacy_name else labelled(secret)


def _portable(secret: Mapping[str, Any]) -> Object:
    """Return a Secret as one would apply it in another cluster."""
    metadata = section(dict(secret), "metadata")
    annotations = {name: text for name, text in section(metadata, "annotations").items() if name not in LAST_APPLIED}
    kept = {"name": metadata.get("name"), "labels": section(metadata, "labels"), "annotations": annotations}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": secret.get("type") or "kubernetes.io/tls",
        "metadata": {member: value for member, value in kept.items() if value},
        "data": section(dict(secret), "data"),
    }


def _envelope(data: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) and body.get("kind") == KIND else None
