"""The key of the digests: made once, kept in a Secret of the operator's namespace, shared by all replicas."""

from __future__ import annotations

import base64
import secrets

from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import AlreadyExists
from secrets_operator.kube.resources import SECRETS

SECRET_NAME = "secrets-operator-digest-key"
_DATA_KEY = "key"
_BYTES = 32


async def digest_key(client: Client, namespace: str) -> SecretBytes:
    """Return the key, made when there is none yet.

    Raises Terminal when the Secret exists without a key in it, and what the API server answers. Losing the Secret
    costs one write of each managed Secret: a new key gives every value a new digest.
    """
    try:
        return _key(await client.get(SECRETS, namespace, SECRET_NAME), namespace)
    except NotFound:
        pass
    try:
        return _key(await client.create(SECRETS, namespace, _manifest(namespace)), namespace)
    except AlreadyExists:  # another replica was quicker: its key is the one
        return _key(await client.get(SECRETS, namespace, SECRET_NAME), namespace)


def _manifest(namespace: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET_NAME, "namespace": namespace},
        "immutable": True,
        "type": "secrets-operator.dev/digest-key",
        "data": {_DATA_KEY: base64.b64encode(secrets.token_bytes(_BYTES)).decode()},
    }


def _key(secret: Object, namespace: str) -> SecretBytes:
    value = base64.b64decode((secret.get("data") or {}).get(_DATA_KEY) or "")
    if len(value) != _BYTES:
        message = f"Secret {namespace}/{SECRET_NAME} holds no digest key: delete it and a new one is made"
        raise Terminal(message)
    return SecretBytes(value)
