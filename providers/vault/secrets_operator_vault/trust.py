"""TLS of a store: whom its server is trusted by, and the certificate that the operator presents.

Servers are trusted by ``caBundle``, else ``caProvider``, else the certificates of the system.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
from dataclasses import dataclass, field

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Host
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.references import SecretKeySelector

_PEM = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its private key, in PEM form; ``field`` is where the store names it."""

    pem: bytes = field(repr=False)
    field: str


async def certificates(settings: Settings, host: Host) -> str | None:
    """Return the PEM certificates of a store, or None for those of the system; raises what the host raises."""
    if settings.ca_bundle:
        return bundle_of(settings.ca_bundle)
    provider = settings.ca_provider
    if provider is None:
        return None
    selector = provider.model_dump(include={"name", "key", "namespace"}, exclude_none=True)
    if provider.type == "ConfigMap":
        text = await host.config_map_value(selector, field="caProvider")
    else:
        text = (await host.secret_value(selector, field="caProvider")).reveal().decode("ascii", "replace")
    return _loadable(text, field="caProvider")


def bundle_of(encoded: str) -> str:
    """Return the PEM certificates of a ``caBundle``: base64, also twice; raises InvalidSpec."""
    bundle = _decoded(encoded.encode())
    if not _is_pem(bundle):
        bundle = _decoded(bundle)
    if not _is_pem(bundle):
        raise InvalidSpec("must be PEM certificates in base64", field="caBundle")
    return _loadable(bundle.decode("ascii", "replace"), field="caBundle")


async def client_certificate(
    certificate: SecretKeySelector, key: SecretKeySelector, host: Host, *, field: str
) -> ClientCertificate:
    """Read the certificate that the operator presents; raises what the host raises."""
    places = ((certificate, "tls.crt"), (key, "tls.key"))
    parts = []
    for selector, default_key in places:
        raw = {"key": default_key, **selector.model_dump(exclude_none=True)}
        parts.append((await host.secret_value(raw, field=field)).reveal())
    return ClientCertificate(b"\n".join(parts), field)


def context_for(pem: str | None, client: ClientCertificate | None = None) -> ssl.SSLContext:
    """Return the client's TLS settings; reads the system's certificates when there are no others. Blocks.

    Raises InvalidSpec when the client's certificate cannot be used.
    """
    context = ssl.create_default_context(cadata=pem)
    if client is not None:
        _present(context, client)
    return context


def _present(context: ssl.SSLContext, client: ClientCertificate) -> None:
    # The library reads files only; this one is in memory, has no name and ends with its descriptor.
    descriptor = os.memfd_create("client-certificate")
    try:
        os.write(descriptor, client.pem)
        # Never ask a terminal for a passphrase.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    except (ssl.SSLError, OSError, ValueError):
        raise InvalidSpec(
            "the Secrets do not hold a PEM certificate and its unencrypted private key", field=client.field
        ) from None
    finally:
        os.close(descriptor)


def _is_pem(bundle: bytes) -> bool:
    return bundle.lstrip().startswith(_PEM)


def _decoded(encoded: bytes) -> bytes:
    compact = b"".join(encoded.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        return b""


def _loadable(pem: str, *, field: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidSpec("does not hold a valid X.509 certificate in PEM form", field=field) from error
    return pem
