"""The few fields of a kubeconfig that a store may use, from the text in a user's Secret. Pure.

A user's text must neither run a program nor read a file of the operator, and what would change who acts or where the
traffic goes is not supported: login plug-ins, paths, proxies and impersonation are refused, never ignored.
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.trust import usable_certificates

_LARGEST = 512 * 1024
_PROGRAMS = "would run a program in the operator: use a token or a client certificate"
_FILES = "names a file, and the operator's files are not for stores: embed it as {}-data"
_REFUSED_CLUSTER = {"proxy-url": "proxies are not supported: remove it"}
_REFUSED_USER = {
    "exec": _PROGRAMS,
    "auth-provider": _PROGRAMS,
    "tokenFile": "names a file, and the operator's files are not for stores: put the token into token",
    **dict.fromkeys(("as", "as-uid", "as-groups", "as-user-extra"), "impersonation is not supported: remove it"),
    **dict.fromkeys(("username", "password"), "Kubernetes knows no passwords: use a token or a client certificate"),
}


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The current context of a kubeconfig."""

    server: str
    authority: str | None = field(repr=False)
    insecure: bool
    server_name: str
    token: SecretBytes | None
    certificate: SecretBytes | None
    key: SecretBytes | None


def parse(text: bytes) -> Kubeconfig:
    """Return the current context; raises InvalidSpec that names the entry and quotes nothing."""
    document = _document(text)
    context = _named(document, "contexts", "context", _text(document, "current-context", "current-context"))
    cluster = _named(document, "clusters", "cluster", _text(context, "cluster", "the context's cluster"))
    user = _named(document, "users", "user", _text(context, "user", "the context's user"))
    _refuse(cluster, _REFUSED_CLUSTER, "the cluster's")
    _refuse(user, _REFUSED_USER, "the user's")
    authority = _data(cluster, "certificate-authority", "the cluster's")
    certificate, key = (_data(user, name, "the user's") for name in ("client-certificate", "client-key"))
    token = _text(user, "token", "the user's token", required=False)
    if (certificate is None) != (key is None):
        raise unusable("the user's client-certificate-data and client-key-data", "belong together")
    if not token and certificate is None:
        raise unusable("the user", "has neither a token nor a client certificate")
    return Kubeconfig(
        server=_text(cluster, "server", "the cluster's server"),
        authority=None if authority is None else _certificates(authority),
        insecure=_insecure(cluster),
        server_name=_text(cluster, "tls-server-name", "the cluster's tls-server-name", required=False),
        token=SecretBytes(token.encode()) if token else None,
        certificate=certificate,
        key=key,
    )


def unusable(what: str, why: str) -> InvalidSpec:
    """Return the error about a part of the kubeconfig."""
    return InvalidSpec(f"the kubeconfig cannot be used: {what} {why}", field="authRef")


def _document(text: bytes) -> Mapping[str, Any]:
    if len(text) > _LARGEST:
        raise unusable("it", f"is larger than {_LARGEST} bytes")
    try:
        document = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        # Without the cause: it quotes the line, which may hold a token.
        raise unusable("it", "is not YAML") from None
    if not isinstance(document, Mapping):
        raise unusable("it", "is not a mapping")
    return document


def _named(document: Mapping[str, Any], section: str, member: str, name: str) -> Mapping[str, Any]:
    """Return the body of the entry of that name; of several the first counts."""
    entries = document.get(section)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and entry.get("name") == name and isinstance(entry.get(member), Mapping):
            body: Mapping[str, Any] = entry[member]
            return body
    raise unusable(section, f"have no {member} of the name that is asked for")


def _text(body: Mapping[str, Any], name: str, shown: str, *, required: bool = True) -> str:
    value = body.get(name)
    if not isinstance(value, str | None):
        raise unusable(shown, "must be a string")
    if required and not value:
        raise unusable(shown, "is required")
    return value or ""


def _refuse(body: Mapping[str, Any], refused: Mapping[str, str], whose: str) -> None:
    for name, why in refused.items():
        if body.get(name):
            raise unusable(f"{whose} {name}", why)


def _data(body: Mapping[str, Any], name: str, whose: str) -> SecretBytes | None:
    encoded = _text(body, f"{name}-data", f"{whose} {name}-data", required=False)
    if not encoded:
        # With the data the file does not count, says the format.
        _refuse(body, {name: _FILES.format(name)}, whose)
        return None
    try:
        return SecretBytes(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError):
        raise unusable(f"{whose} {name}-data", "is not base64") from None


def _certificates(authority: SecretBytes) -> str:
    try:
        return usable_certificates(authority.reveal().decode("ascii", "replace"), field="authRef")
    except InvalidSpec as error:
        raise unusable("the cluster's certificate-authority-data", error.message) from error


def _insecure(cluster: Mapping[str, Any]) -> bool:
    value = cluster.get("insecure-skip-tls-verify", False)
    if not isinstance(value, bool):
        raise unusable("the cluster's insecure-skip-tls-verify", "must be true or false")
    return value
