"""Which certificates a Vault server is trusted by: ``caBundle``, else ``caProvider``, else those of the system."""

from __future__ import annotations

import base64
import binascii
import ssl

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Host
from secrets_operator.resources.providers.vault import VaultProvider as Settings

_PEM = b"-----BEGIN CERTIFICATE-----"


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


def context_for(pem: str | None) -> ssl.SSLContext:
    """Return the client's TLS settings; reads the system's certificates when there are no others. Blocks."""
    return ssl.create_default_context(cadata=pem)


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
