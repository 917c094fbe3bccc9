"""How to reach an API server and prove an identity to it: what a store's fields, or its kubeconfig, come down to."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from yarl import URL

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Host
from secrets_operator.provider.trust import client_context, present_certificate, trusted_certificates
from secrets_operator.resources.providers.kubernetes import KubernetesAuth
from secrets_operator.resources.providers.kubernetes import KubernetesProvider as Settings
from secrets_operator_kubernetes import kubeconfig
from secrets_operator_kubernetes.spec import server_of

ReadToken = Callable[[], Awaitable[SecretBytes]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate and its key, PEM; ``source`` is the field they come from."""

    pair: SecretBytes
    source: str

    @classmethod
    def of(cls, certificate: SecretBytes, key: SecretBytes, source: str) -> Certificate:
        """Put the two together."""
        return cls(SecretBytes(certificate.reveal() + b"\n" + key.reveal()), source)


@dataclass(frozen=True, slots=True)
class Access:
    """One server and one identity. ``authority`` is PEM, None for the certificates of the system."""

    server: URL
    authority: str | None = field(default=None, repr=False)
    insecure: bool = False
    server_name: str = ""
    certificate: Certificate | None = None
    read_token: ReadToken | None = None


async def access_of(settings: Settings, host: Host) -> Access:
    """Read what a store names; raises InvalidSpec, and what the host raises."""
    if settings.auth_ref is not None:
        return await _from_kubeconfig(_selected(settings.auth_ref), host)
    assert settings.auth is not None, "the check of the store demands auth or authRef"
    authority = await trusted_certificates(settings.server, host, at="server")
    certificate, read_token = await _identity(settings.auth, host)
    server = server_of(settings.server.url)
    return Access(server, authority, certificate=certificate, read_token=read_token)


def tls_of(access: Access) -> ssl.SSLContext:
    """Return the TLS settings of an access; raises InvalidSpec. Blocks: it reads and writes files."""
    made = client_context(access.authority)
    if access.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if access.certificate is not None:
        present_certificate(made, access.certificate.pair, field=access.certificate.source)
    return made


async def _identity(auth: KubernetesAuth, host: Host) -> tuple[Certificate | None, ReadToken | None]:
    if auth.cert is not None:
        certificate = await host.secret_value(_selected(auth.cert.client_cert), field="auth.cert.clientCert")
        key = await host.secret_value(_selected(auth.cert.client_key), field="auth.cert.clientKey")
        return Certificate.of(certificate, key, "auth.cert"), None
    if auth.token is not None:
        selector = _selected(auth.token.bearer_token)
        return None, partial(host.secret_value, selector, field="auth.token.bearerToken")
    account = auth.service_account
    assert account is not None, "the check of the store demands one way to log in"
    audiences, selector = account.audiences, account.model_dump(include={"name", "namespace"}, exclude_none=True)
    return None, partial(host.service_account_token, selector, audiences=audiences, field="auth.serviceAccount")


async def _from_kubeconfig(selector: Mapping[str, Any], host: Host) -> Access:
    text = await host.secret_value(selector, field="authRef")
    found = await host.run_blocking(partial(kubeconfig.parse, text.reveal()))
    try:
        server = server_of(found.server)
    except InvalidSpec as error:
        raise kubeconfig.unusable("the cluster's server", error.message) from None
    certificate = None
    if found.certificate is not None and found.key is not None:
        certificate = Certificate.of(found.certificate, found.key, "authRef")
    return Access(
        server,
        found.authority,
        insecure=found.insecure,
        server_name=found.server_name,
        certificate=certificate,
        read_token=partial(_token_of_kubeconfig, selector, host) if found.token else None,
    )


async def _token_of_kubeconfig(selector: Mapping[str, Any], host: Host) -> SecretBytes:
    """Read the kubeconfig again: whoever replaces a token there means it to be used."""
    text = await host.secret_value(selector, field="authRef")
    found = await host.run_blocking(partial(kubeconfig.parse, text.reveal()))
    if found.token is None:
        raise kubeconfig.unusable("the user's token", "is gone")
    return found.token


def _selected(selector: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = selector.model_dump(include={"name", "namespace", "key"}, exclude_none=True)
    return chosen
