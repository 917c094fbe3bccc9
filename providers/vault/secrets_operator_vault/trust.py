"""TLS of a store: the certificate that the operator presents, beside those its server is trusted by."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Host
from secrets_operator.provider.trust import client_context, present_certificate
from secrets_operator.resources.references import SecretKeySelector


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its private key, in PEM form; ``field`` is where the store names it."""

    pem: bytes = field(repr=False)
    field: str


async def client_certificate(
    selectors: Mapping[str, SecretKeySelector], host: Host, *, field: str
) -> ClientCertificate:
    """Read the certificate that the operator presents, and its key: two selectors by their names below ``field``.

    Raises what the host raises.
    """
    parts = []
    for (name, selector), default_key in zip(selectors.items(), ("tls.crt", "tls.key"), strict=True):
        raw = {"key": default_key, **selector.model_dump(exclude_none=True)}
        parts.append((await host.secret_value(raw, field=f"{field}.{name}")).reveal())
    return ClientCertificate(b"\n".join(parts), field)


def context_for(pem: str | None, client: ClientCertificate | None = None) -> ssl.SSLContext:
    """Return the client's TLS settings; reads the system's certificates when there are no others. Blocks.

    Raises InvalidSpec when the client's certificate cannot be used.
    """
    context = client_context(pem)
    if client is not None:
        present_certificate(context, SecretBytes(client.pem), field=client.field)
    return context
