"""Which certificates a server is trusted by: ``caBundle``, else ``caProvider``, else those of the system.

For providers whose settings are a :class:`~secrets_operator.resources.providers.certificates.TrustedCA`. ``at`` is the
path of that object below the provider's own, such as ``server``, and is part of every error.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
from collections.abc import Iterator

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import Host, Problem
from secrets_operator.resources.providers.certificates import TrustedCA

_PEM = b"-----BEGIN CERTIFICATE-----"


def trust_problems(trusted: TrustedCA, store_kind: str, *, at: str = "") -> Iterator[Problem]:
    """Yield what cannot be accepted in ``caBundle`` and ``caProvider``, without I/O."""
    if trusted.ca_bundle:
        try:
            bundle_of(trusted.ca_bundle, at=at)
        except InvalidSpec as error:
            yield Problem(error.field, error.message)
    provider = trusted.ca_provider
    if provider is None or trusted.ca_bundle:
        return
    if not provider.key:
        yield Problem(_path(at, "caProvider.key"), "is required: the key that holds the certificates")
    if store_kind == "ClusterSecretStore" and not provider.namespace:
        yield Problem(_path(at, "caProvider.namespace"), "is required in a ClusterSecretStore")


async def trusted_certificates(trusted: TrustedCA, host: Host, *, at: str = "") -> str | None:
    """Return the PEM certificates of a store, or None for those of the system; raises what the host raises."""
    if trusted.ca_bundle:
        return bundle_of(trusted.ca_bundle, at=at)
    provider = trusted.ca_provider
    if provider is None:
        return None
    field = _path(at, "caProvider")
    selector = provider.model_dump(include={"name", "key", "namespace"}, exclude_none=True)
    if provider.type == "ConfigMap":
        text = await host.config_map_value(selector, field=field)
    else:
        text = (await host.secret_value(selector, field=field)).reveal().decode("ascii", "replace")
    return usable_certificates(text, field=field)


def bundle_of(encoded: str, *, at: str = "") -> str:
    """Return the PEM certificates of a ``caBundle``: base64, also twice; raises InvalidSpec."""
    bundle = _decoded(encoded.encode())
    if not bundle.lstrip().startswith(_PEM):
        bundle = _decoded(bundle)
    field = _path(at, "caBundle")
    if not bundle.lstrip().startswith(_PEM):
        raise InvalidSpec("must be PEM certificates in base64", field=field)
    return usable_certificates(bundle.decode("ascii", "replace"), field=field)


def usable_certificates(pem: str, *, field: str) -> str:
    """Return ``pem`` when certificates can be read from it; raises InvalidSpec."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidSpec("does not hold a valid X.509 certificate in PEM form", field=field) from error
    return pem


def client_context(pem: str | None) -> ssl.SSLContext:
    """Return a client's TLS settings; reads the system's certificates when there are no others. Blocks."""
    made = ssl.create_default_context(cadata=pem)
    # Python 3.13 turned this on; CAs made by kubeadm, k3s and several clouds lack the extension it demands.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def present_certificate(context: ssl.SSLContext, pair: SecretBytes, *, field: str) -> None:
    """Have ``context`` prove itself by a client certificate, ``pair`` being it and its key in PEM form. Blocks.

    Raises InvalidSpec that names ``field``, where the store says which they are.
    """
    # The library reads files only; this one is in memory, has no name and ends with its descriptor.
    descriptor = os.memfd_create("client-certificate")
    try:
        os.write(descriptor, pair.reveal())
        # Never ask a terminal for a passphrase.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    except (OSError, ValueError):
        raise InvalidSpec(
            "the Secrets do not hold a PEM certificate and its unencrypted private key", field=field
        ) from None
    finally:
        os.close(descriptor)


def _decoded(encoded: bytes) -> bytes:
    compact = b"".join(encoded.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        return b""


def _path(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
