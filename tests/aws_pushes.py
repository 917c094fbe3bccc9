"""Entries of PushSecrets as the operator hands them to a session, for the tests of pushing."""

from __future__ import annotations

from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Push, RemoteEntry
from secrets_operator.provider.memory import push_of


def metadata(**spec: Any) -> dict[str, Any]:
    """Return the metadata of an entry."""
    return {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata", "spec": spec}


def entry(
    remote_key: str, value: str | bytes | dict[str, bytes], *, path: Any = "", policy: Any = "", **spec: Any
) -> Push:
    """Return the push of a value, or of a whole Secret; ``policy`` is in the only ConfigMap there is."""

    async def read(kind: str, name: str, key: str, field: str) -> SecretBytes:
        if (kind, name, key) != ("ConfigMap", "policies", "policy.json"):
            raise InvalidSpec(f"{kind} {name} has no key {key}", field=field)
        return SecretBytes(policy.encode())

    remote = RemoteEntry(remote_key, path, metadata(**spec) if spec else {})
    if isinstance(value, dict):
        return push_of(remote, value, read_source=read)
    return push_of(remote, {"key": value.encode() if isinstance(value, str) else value}, "key", read_source=read)
