"""What a kubeconfig file says, as plain values; parsing does no I/O.

In: parsed YAML documents with the folder each was read from, and the context to use. Out: an :class:`Access`. The
format is https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. What would change who acts, or where the
traffic goes, and is not supported is an error and never ignored.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.credentials import checked_token
from secrets_operator.kube.errors import InvalidConnection
from secrets_operator.kube.overrides import Overrides
from secrets_operator.kube.tls import Trust

Document = tuple[Path, Mapping[str, Any]]

_REFUSED_USER = {
    "as": "impersonation is not supported: log in as the user itself",
    "as-uid": "impersonation is not supported: log in as the user itself",
    "as-groups": "impersonation is not supported: log in as the user itself",
    "as-user-extra": "impersonation is not supported: log in as the user itself",
    "username": "Kubernetes has no basic authentication since 1.19: use a token or a client certificate",
    "password": "Kubernetes has no basic authentication since 1.19: use a token or a client certificate",
}


@dataclass(frozen=True, slots=True)
class Access:
    """One context of a kubeconfig. ``login`` says that a plug-in must be run to get a credential."""

    server: str
    namespace: str
    trust: Trust
    token: SecretBytes | None = None
    token_file: Path | None = None
    certificate: SecretBytes | Path | None = None
    key: SecretBytes | Path | None = None
    login: bool = False
    proxy: str = ""
    """URL of the HTTP proxy that connections go through; empty for none."""


_NO_OVERRIDES = Overrides()


def namespace_of(documents: Sequence[Document], context: str = "") -> str:
    """Return the namespace of ``context``, by default of the current one; raises as ``parse``."""
    chosen = _Entry.find(documents, "contexts", "context", context or _current(documents))
    return chosen.text("namespace") or "default"


def parse(documents: Sequence[Document], context: str = "", overrides: Overrides = _NO_OVERRIDES) -> Access:
    """Return what ``context`` (by default the current one) says; of several documents the first to name a thing wins.

    Raises InvalidConnection, with the path of the field, when something is missing or not supported.
    """
    name = context or _current(documents)
    chosen = _Entry.find(documents, "contexts", "context", name)
    cluster = _Entry.find(documents, "clusters", "cluster", overrides.cluster or chosen.text("cluster"))
    user_name = overrides.user or chosen.text("user")
    user = _Entry.find(documents, "users", "user", user_name) if user_name else _Entry("users", Path(), {})
    user.refuse(_REFUSED_USER)
    token = user.text("token").encode()
    access = Access(
        server=_server(cluster),
        namespace=chosen.text("namespace") or "default",
        trust=_trust(cluster),
        token=checked_token(token, f"{user.where}.token") if token else None,
        token_file=user.file("tokenFile"),
        certificate=user.data("client-certificate"),
        key=user.data("client-key"),
        login=bool(user.values.get("exec") or user.values.get("auth-provider")),
        proxy=_proxy(cluster.text("proxy-url"), f"{cluster.where}.proxy-url"),
    )
    return overridden(access, overrides)


def overridden(access: Access, said: Overrides) -> Access:
    """Return the access with what the command line says in place of its own."""
    authority = Path(said.certificate_authority) if said.certificate_authority else None
    trust = replace(access.trust, server_name=said.tls_server_name or access.trust.server_name)
    if authority or said.insecure_skip_tls_verify:
        trust = Trust(ca_file=authority, insecure=said.insecure_skip_tls_verify, server_name=trust.server_name)
    logged_in = bool(said.token or said.client_certificate)
    return replace(
        access,
        server=said.server.rstrip("/") or access.server,
        trust=trust,
        token=checked_token(said.token.encode(), "--token") if said.token else access.token,
        token_file=None if said.token else access.token_file,
        certificate=Path(said.client_certificate) if said.client_certificate else access.certificate,
        key=Path(said.client_key) if said.client_key else access.key,
        login=access.login and not logged_in,
        proxy=_proxy(said.proxy_url, "--proxy-url") or access.proxy,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """The body of one named cluster, user or context, with the folder that its relative paths start from."""

    where: str
    folder: Path
    values: Mapping[str, Any]

    @classmethod
    def find(cls, documents: Sequence[Document], section: str, key: str, name: str) -> _Entry:
        where = f"{section}[{name}]"
        for folder, document in documents:
            for item in _items(document, section):
                if item.get("name") == name:
                    return cls(f"{where}.{key}", folder, _mapping(item.get(key) or {}, where))
        raise InvalidConnection("the kubeconfig has no such entry", field=where)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value or ""
        raise InvalidConnection("must be a string", field=f"{self.where}.{key}")

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        raise InvalidConnection("must be true or false", field=f"{self.where}.{key}")

    def file(self, key: str) -> Path | None:
        value = self.text(key)
        return self.folder / value if value else None

    def data(self, key: str) -> SecretBytes | Path | None:
        """Return the decoded ``<key>-data``, or the path of the file, which counts only without data."""
        encoded = self.text(f"{key}-data")
        if not encoded:
            return self.file(key)
        try:
            return SecretBytes(base64.b64decode(encoded, validate=True))
        except binascii.Error:
            # Without the cause: its message is about the bytes of a key.
            raise InvalidConnection("must be base64", field=f"{self.where}.{key}-data") from None

    def refuse(self, reasons: Mapping[str, str]) -> None:
        for key, reason in reasons.items():
            if self.values.get(key):
                raise InvalidConnection(reason, field=f"{self.where}.{key}")


def _current(documents: Sequence[Document]) -> str:
    for _, document in documents:
        name = document.get("current-context")
        if isinstance(name, str) and name:
            return name
    raise InvalidConnection("the kubeconfig names no context: choose one", field="current-context")


def _server(cluster: _Entry) -> str:
    server = cluster.text("server").rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise InvalidConnection("must be a URL that starts with https://", field=f"{cluster.where}.server")
    return server


def _proxy(url: str, field: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise InvalidConnection("must be a URL that starts with http://: other proxies are not supported", field=field)
    return url


def _trust(cluster: _Entry) -> Trust:
    authority = cluster.data("certificate-authority")
    insecure = cluster.flag("insecure-skip-tls-verify")
    if insecure and authority is not None:
        message = "cannot be used together with a certificate authority: remove one of the two"
        raise InvalidConnection(message, field=f"{cluster.where}.insecure-skip-tls-verify")
    data = authority.reveal() if isinstance(authority, SecretBytes) else b""
    return Trust(
        # Certificates are ASCII; comments between them need not be, and the SSL context takes nothing else.
        ca_data=data.decode("ascii", errors="ignore"),
        ca_file=authority if isinstance(authority, Path) else None,
        insecure=insecure,
        server_name=cluster.text("tls-server-name"),
    )


def _items(document: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    items = document.get(section) or []
    if not isinstance(items, list):
        raise InvalidConnection("must be a list", field=section)
    return [_mapping(item, section) for item in items]


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InvalidConnection("must be a mapping", field=where)
