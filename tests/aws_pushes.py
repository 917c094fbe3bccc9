"""Entries of PushSecrets as the operator hands them to a session, for the tests of pushing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Push, RemoteEntry
from secrets_operator.provider.memory import push_of

_PEM = serialization.Encoding.PEM


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


def certificate(serial: int, *, chained: bool = False) -> dict[str, bytes]:
    """Return the data of a Secret of type kubernetes.io/tls."""
    begin, name = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")])

    def signed(key: Any, by: Any, number: int) -> bytes:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(number)
        builder = builder.not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=3650))
        return builder.public_key(key.public_key()).sign(by, hashes.SHA256()).public_bytes(_PEM)

    key, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    plain = serialization.NoEncryption()
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain)
    leaf = signed(key, authority if chained else key, serial)
    chain = signed(authority, authority, 1) if chained else b""
    return {"tls.crt": leaf + chain, "tls.key": private}
