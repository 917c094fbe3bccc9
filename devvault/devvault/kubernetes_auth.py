"""The Kubernetes auth method: roles bound to service accounts; tokens are reviewed by the cluster that made them.

Source: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes
"""

import ssl
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import aiohttp

from devvault.entry_paths import entry_paths
from devvault.errors import VaultError, bad_request
from devvault.fields import boolean, refuse_unsupported, text, texts
from devvault.framework import Backend, Fields, path
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated
from devvault.wire_json import Json

_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_SECONDS = 10
_USER = "system:serviceaccount:"


@dataclass(frozen=True)
class ClusterConfig:
    """The cluster that reviews tokens; without a reviewer's token each is reviewed with its own right to do so."""

    host: str
    ca_certificate: str = ""
    reviewer: str = field(default="", repr=False)


@dataclass(frozen=True)
class ClusterRole:
    """Which service accounts may log in; an audience that their tokens must have, empty for any."""

    names: tuple[str, ...]
    namespaces: tuple[str, ...]
    audience: str = ""
    parameters: TokenParameters = field(default_factory=TokenParameters)


class KubernetesAuth(Backend):
    """Roles by name."""

    kind = "kubernetes"

    def __init__(self) -> None:
        self._config: ClusterConfig | None = None
        self._roles: dict[str, ClusterRole] = {}
        super().__init__(
            path("config", read=self._read_config, write=self._write_config),
            path("login", write=self._login, login=True),
            *entry_paths("role", self._roles, read=self._read_role, write=self._write_role),
        )

    def _read_config(self, _request: Request, _fields: Fields) -> Response | None:
        config = self._config
        if config is None:
            return None
        return Response(
            {
                "disable_iss_validation": True,
                "disable_local_ca_jwt": True,
                "kubernetes_ca_cert": config.ca_certificate,
                "kubernetes_host": config.host,
                "token_reviewer_jwt_set": bool(config.reviewer),
            }
        )

    def _write_config(self, request: Request, _: Fields) -> None:
        data = request.data
        refuse_unsupported(data, "pem_keys", "issuer")
        if not text(data, "kubernetes_host"):
            raise bad_request("no host provided")
        if not boolean(data, "disable_iss_validation", default=True):
            raise bad_request("devvault does not support disable_iss_validation false: leave it out")
        self._config = ClusterConfig(
            text(data, "kubernetes_host").rstrip("/"),
            text(data, "kubernetes_ca_cert"),
            text(data, "token_reviewer_jwt"),
        )

    def _read_role(self, _: Request, fields: Fields) -> Response | None:
        role = self._roles.get(fields["role"])
        if role is None:
            return None
        shown = {
            "alias_name_source": "serviceaccount_uid",
            "audience": role.audience,
            "bound_service_account_names": list(role.names),
            "bound_service_account_namespaces": list(role.namespaces),
        }
        return Response({**shown, **described(role.parameters)})

    def _write_role(self, request: Request, fields: Fields) -> None:
        name, data = fields["role"], request.data
        refuse_unsupported(data, "bound_service_account_namespace_selector")
        if text(data, "alias_name_source", "serviceaccount_uid") != "serviceaccount_uid":
            raise bad_request("devvault supports alias_name_source serviceaccount_uid only")
        known = self._roles.get(name) or ClusterRole((), ())
        names = texts(data, "bound_service_account_names", known.names)
        namespaces = texts(data, "bound_service_account_namespaces", known.namespaces)
        if not names:
            raise bad_request('"bound_service_account_names" can not be empty')
        if not namespaces:
            raise bad_request('"bound_service_account_namespaces" can not be empty if selector is not set')
        audience = text(data, "audience", known.audience)
        self._roles[name] = ClusterRole(names, namespaces, audience, updated(known.parameters, data))

    async def _login(self, request: Request, _: Fields) -> Response:
        name, token = text(request.data, "role"), text(request.data, "jwt")
        if not name:
            raise bad_request("missing role")
        if not token:
            raise bad_request("missing jwt")
        role = self._roles.get(name)
        if role is None:
            raise bad_request(f'invalid role name "{name}"')
        if self._config is None:
            raise bad_request("could not load backend configuration")
        user = _authenticated(await _reviewed(self._config, token, role.audience))
        namespace, _, account = user["username"].removeprefix(_USER).partition(":")
        _check_bound("service account name", account, role.names)
        _check_bound("namespace", namespace, role.namespaces)
        uid = str(user.get("uid", ""))
        metadata = {
            "role": name,
            "service_account_name": account,
            "service_account_namespace": namespace,
            "service_account_secret_name": "",
            "service_account_uid": uid,
        }
        return Response(auth=Login(role.parameters, metadata, f"{request.mount.name}-{namespace}-{account}", alias=uid))


def _check_bound(what: str, given: str, bound: tuple[str, ...]) -> None:
    if not any(fnmatchcase(given, one) for one in bound):
        raise VaultError(403, f"{what} not authorized")


def _authenticated(review: Json) -> Json:
    """Return the user of a review. Raises VaultError 403 unless it is a service account."""
    status = review.get("status") or {}
    user = status.get("user") or {}
    if status.get("authenticated") is not True or not str(user.get("username", "")).startswith(_USER):
        raise VaultError(403, "permission denied")
    return dict(user)


async def _reviewed(config: ClusterConfig, token: str, audience: str) -> Json:
    """Ask the cluster who a token belongs to. Raises VaultError 403 when it may not be asked, 500 without an answer."""
    spec: dict[str, Any] = {"token": token, **({"audiences": [audience]} if audience else {})}
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
    headers = {"Authorization": f"Bearer {config.reviewer or token}"}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        trust = ssl.create_default_context(cadata=config.ca_certificate) if config.ca_certificate else True
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(config.host + _REVIEWS, json=review, headers=headers, ssl=trust) as response,
        ):
            if response.status not in {200, 201}:
                raise VaultError(403, "permission denied")
            return dict(await response.json())
    except (aiohttp.ClientError, TimeoutError, ssl.SSLError) as error:
        raise VaultError(500, "the cluster does not review tokens: check kubernetes_host") from error
