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

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
# Several times what operating systems trust: reading them keeps the event loop for some milliseconds.
_MOST_CERTIFICATES = 1000


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
    if _BEGIN.encode() not in bundle:
        bundle = _decoded(bundle)
    field = _path(at, "caBundle")
    if _BEGIN.encode() not in bundle:
        raise InvalidSpec("must be PEM certificates in base64", field=field)
    return usable_certificates(bundle.decode("ascii", "replace"), field=field)


def usable_certificates(pem: str, *, field: str) -> str:
    """Return the certificates of ``pem`` that can be read; raises InvalidSpec when none can, and when it has too many.

    Remarks, other blocks and damaged certificates are left out, as Go's certificate pools do: such bundles are in use,
    and what is left out is trusted by nobody.
    """
    blocks = pem.split(_BEGIN)[1:]
    if len(blocks) > _MOST_CERTIFICATES:
        raise InvalidSpec(f"holds more than {_MOST_CERTIFICATES} certificates", field=field)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    usable = [one for one in map(_certificate, blocks) if one and _can_be_read(one, context)]
    if not usable:
        raise InvalidSpec("does not hold a valid X.509 certificate in PEM form", field=field)
    return "".join(usable)


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


def _certificate(block: str) -> str:
    """Return the certificate that ``block`` begins with, in PEM form; empty when it has no end."""
    body, end, _ = block.partition(_END)
    return f"{_BEGIN}{body}{end}\n" if end else ""


def _can_be_read(certificate: str, context: ssl.SSLContext) -> bool:
    try:
        context.load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _decoded(encoded: bytes) -> bytes:
    compact = b"".join(encoded.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error:
        return b""


def _path(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
