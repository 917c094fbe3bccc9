"""Checks the login of a store without I/O: of several methods the one that is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Problem
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.providers.vault_auth import (
    VaultAppRole,
    VaultCertAuth,
    VaultJwtAuth,
    VaultKubernetesAuth,
    VaultLdapAuth,
    VaultUserPassAuth,
)
from secrets_operator.resources.providers.vault_cloud_auth import VaultGcpAuth, VaultIamAuth
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator_vault.paths import segments

# It becomes part of the address of AWS that is signed.
_REGION = re.compile(r"[a-z0-9-]+")
_SHORTEST_TOKEN = 600

Found = Iterator[Problem]


class _Checked(NamedTuple):
    """A method: its attribute in the model, the field with its mount (empty where there is none), its checks."""

    attribute: str
    mount: str
    problems: Callable[[Any], Found]


def auth_problems(settings: Settings) -> Found:
    """Yield what cannot be accepted in ``auth``."""
    auth = settings.auth
    if auth is None:
        return
    name = next((name for name, known in _CHECKS.items() if getattr(auth, known.attribute) is not None), None)
    if name is None:
        yield Problem("auth", f"set one of {', '.join(_CHECKS)}, or remove auth to send no token")
        return
    checked, place = _CHECKS[name], f"auth.{name}"
    method = getattr(auth, checked.attribute)
    if checked.mount:
        yield from _mount(method.model_dump(by_alias=True)[checked.mount], f"{place}.{checked.mount}")
    for problem in checked.problems(method):
        yield Problem(f"{place}.{problem.path}" if problem.path else place, problem.message)
    if name == "cert" and auth.cert is not None and auth.cert.client_cert is None:
        yield from _certificate_of_the_connection(settings)


def _mount(path: str, place: str) -> Found:
    try:
        found = segments(path)
    except InvalidSpec as error:
        yield Problem(place, error.message)
        return
    if not found:
        yield Problem(place, "must not be empty: remove it to use the default")


def _selector(selector: SecretKeySelector | None, path: str, *, default_key: bool = False) -> Found:
    if selector is None:
        yield Problem(path, "is required: add it")
        return
    for name in ("name",) if default_key else ("name", "key"):
        if not getattr(selector, name):
            yield Problem(f"{path}.{name}" if path else name, "is required: add it")


def _filled(value: str, path: str) -> Found:
    if not value.strip() or not value.isprintable():
        yield Problem(path, "must be one line of text")


def _token(selector: SecretKeySelector) -> Found:
    yield from _selector(selector, "")


def _app_role(role: VaultAppRole) -> Found:
    yield from _selector(role.secret_ref, "secretRef")
    if not (role.role_id or "").strip():
        if role.role_ref is None:
            yield Problem("", "set roleId or roleRef")
        else:
            yield from _selector(role.role_ref, "roleRef")


def _kubernetes(method: VaultKubernetesAuth) -> Found:
    yield from _filled(method.role, "role")
    if method.service_account_ref is None and method.secret_ref is not None:
        yield from _selector(method.secret_ref, "secretRef", default_key=True)


def _password(user: VaultLdapAuth | VaultUserPassAuth) -> Found:
    yield from _selector(user.secret_ref, "secretRef")
    try:
        parts = segments(user.username.strip())
    except InvalidSpec as error:
        yield Problem("username", error.message)
        return
    if len(parts) != 1 or "/" in user.username:
        # It is a part of the address of the login.
        yield Problem("username", "must not be empty and must not have slashes")


def _jwt(method: VaultJwtAuth) -> Found:
    requested = method.kubernetes_service_account_token
    if method.secret_ref is not None:
        yield from _selector(method.secret_ref, "secretRef")
    elif requested is None:
        yield Problem("", "set secretRef or kubernetesServiceAccountToken")
    elif requested.expiration_seconds < _SHORTEST_TOKEN:
        place = "kubernetesServiceAccountToken.expirationSeconds"
        yield Problem(place, f"must be {_SHORTEST_TOKEN} or more: the API server grants no shorter ones")


def _cert(method: VaultCertAuth) -> Found:
    if (method.client_cert is None) != (method.secret_ref is None):
        yield Problem("", "clientCert and secretRef belong together: set both or neither")
    elif method.client_cert is not None:
        yield from _selector(method.client_cert, "clientCert", default_key=True)
        yield from _selector(method.secret_ref, "secretRef", default_key=True)


def _certificate_of_the_connection(settings: Settings) -> Found:
    if settings.tls is None or settings.tls.cert_secret_ref is None:
        yield Problem("auth.cert", "set clientCert and secretRef, or tls: there is no certificate to log in with")


def _iam(method: VaultIamAuth) -> Found:
    yield from _filled(method.vault_role, "vaultRole")
    if not _REGION.fullmatch(method.region):
        yield Problem("region", "must be the name of an AWS region such as eu-west-1")
    if method.jwt is not None:
        if method.jwt.service_account_ref is None:
            yield Problem("jwt.serviceAccountRef", "is required: add it")
    elif method.secret_ref is not None:
        keys = method.secret_ref
        yield from _selector(keys.access_key_id_secret_ref, "secretRef.accessKeyIDSecretRef")
        yield from _selector(keys.secret_access_key_secret_ref, "secretRef.secretAccessKeySecretRef")
        if keys.session_token_secret_ref is not None:
            yield from _selector(keys.session_token_secret_ref, "secretRef.sessionTokenSecretRef")


def _gcp(method: VaultGcpAuth) -> Found:
    yield from _filled(method.role, "role")
    if method.secret_ref is not None:
        place = "secretRef.secretAccessKeySecretRef"
        yield from _selector(method.secret_ref.secret_access_key_secret_ref, place)


# In the order of precedence.
_CHECKS = {
    "tokenSecretRef": _Checked("token_secret_ref", "", _token),
    "appRole": _Checked("app_role", "path", _app_role),
    "kubernetes": _Checked("kubernetes", "mountPath", _kubernetes),
    "ldap": _Checked("ldap", "path", _password),
    "userPass": _Checked("user_pass", "path", _password),
    "jwt": _Checked("jwt", "path", _jwt),
    "cert": _Checked("cert", "path", _cert),
    "iam": _Checked("iam", "path", _iam),
    "gcp": _Checked("gcp", "path", _gcp),
}
