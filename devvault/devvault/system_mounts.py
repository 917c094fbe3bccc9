"""`sys/mounts`, `sys/auth` and `sys/internal/ui/mounts`: what is mounted where.

Source: https://developer.hashicorp.com/vault/api-docs/system/mounts
"""

from collections.abc import Callable, Iterable

from devvault.approle import AppRole
from devvault.aws_auth import AwsAuth
from devvault.certificate_auth import CertificateAuth
from devvault.durations import whole_seconds
from devvault.errors import VaultError, bad_request, one_error
from devvault.fields import duration, mapping, text, text_mapping
from devvault.framework import Backend, Fields, Path, path
from devvault.identifiers import Identifiers
from devvault.jwt_auth import JwtAuth
from devvault.kubernetes_auth import KubernetesAuth
from devvault.kv_v1 import KvV1
from devvault.kv_v2 import KvV2
from devvault.ldap import Directory, Ldap
from devvault.logical import Request, Response
from devvault.mounts import AUTH_PREFIX, MountEntry, MountTable
from devvault.policies import PolicyStore
from devvault.userpass import UserPass
from devvault.wire_json import Json


class SystemMounts:
    """Mounts and unmounts the backends the stand-in knows."""

    def __init__(
        self, mounts: MountTable, policies: PolicyStore, identifiers: Identifiers, directory: Directory
    ) -> None:
        self._mounts = mounts
        self._policies = policies
        self._auth_methods: dict[str, Callable[[], Backend]] = {
            "approle": lambda: AppRole(identifiers),
            "userpass": UserPass,
            "jwt": JwtAuth,
            "kubernetes": KubernetesAuth,
            "ldap": lambda: Ldap(directory),
            "cert": CertificateAuth,
            "aws": AwsAuth,
        }

    def paths(self) -> tuple[Path, ...]:
        """Declare the mount paths."""
        return (
            path("mounts", read=lambda _request, _fields: _table(self._mounts.engines())),
            path("mounts/(?P<mount>.+?)/tune", read=self._read_tuning, write=self._tune),
            path("mounts/(?P<mount>.+)", read=self._read, write=self._mount, delete=self._unmount),
            path("auth", read=lambda _request, _fields: _table(self._mounts.auth_methods(), AUTH_PREFIX)),
            path("(?P<auth>auth)/(?P<mount>.+?)/tune", read=self._read_tuning, write=self._tune, sudo=True),
            path(
                "(?P<auth>auth)/(?P<mount>.+)",
                read=self._read,
                write=self._enable_auth,
                delete=self._unmount,
                sudo=True,
            ),
            path("internal/ui/mounts", read=self._visible_mounts, login=True),
            path("internal/ui/mounts/(?P<mount>.+)", read=self._visible_mount, login=True),
        )

    def _entry(self, fields: Fields) -> MountEntry:
        entry = self._mounts.get(_mount_path(fields))
        if entry is None:
            raise bad_request(f"cannot fetch sysview for path {fields['mount']!r}")
        return entry

    def _read(self, _: Request, fields: Fields) -> Response:
        return Response(self._entry(fields).described())

    def _read_tuning(self, _: Request, fields: Fields) -> Response:
        entry = self._entry(fields)
        shown = {**entry.described()["config"], "description": entry.description}
        return Response({**shown, "options": entry.options} if entry.options else shown)

    def _tune(self, request: Request, fields: Fields) -> None:
        entry = self._entry(fields)
        entry.description = text(request.data, "description", entry.description)
        entry.config = {**entry.config, **_lease_config(request.data)}
        options = text_mapping(request.data, "options") or {}
        if options.get("version", (entry.options or {}).get("version")) != (entry.options or {}).get("version"):
            raise bad_request("devvault does not change the version of a mount: unmount it and mount it again")

    def _mount(self, request: Request, fields: Fields) -> None:
        kind, options = text(request.data, "type"), text_mapping(request.data, "options") or {}
        version = options.get("version", "2" if kind == "kv-v2" else "1")
        if kind not in {"kv", "kv-v1", "kv-v2", "generic"} or version not in {"1", "2"}:
            raise bad_request(f'plugin not found in the catalog: devvault mounts kv version 1 and 2, not "{kind}"')
        backend = KvV2() if version == "2" else KvV1()
        entry = self._mounts.add(fields["mount"], "kv", backend)
        _describe(entry, request.data, {**options, "version": version})

    def _enable_auth(self, request: Request, fields: Fields) -> None:
        kind = text(request.data, "type")
        if kind not in self._auth_methods:
            known = ", ".join(sorted(self._auth_methods))
            raise bad_request(f'plugin not found in the catalog: devvault has {known}, not "{kind}"')
        entry = self._mounts.add(_mount_path(fields), kind, self._auth_methods[kind]())
        _describe(entry, request.data, text_mapping(request.data, "options"))

    def _unmount(self, _: Request, fields: Fields) -> None:
        target = _mount_path(fields)
        if target.strip("/") in {"sys", "auth/token"}:
            raise bad_request(f"cannot unmount {target}")
        self._mounts.remove(target)

    def _visible_mounts(self, request: Request, _: Fields) -> Response:
        engines = (entry for entry in self._mounts.engines() if self._may_see(request, entry.path))
        auth = (entry for entry in self._mounts.auth_methods() if self._may_see(request, entry.path))
        return Response(
            {
                "secret": {entry.path: entry.described() for entry in engines},
                "auth": {entry.path.removeprefix(AUTH_PREFIX): entry.described() for entry in auth},
            },
        )

    def _visible_mount(self, request: Request, fields: Fields) -> Response:
        entry = self._mounts.route(fields["mount"])
        if request.token is None:
            raise VaultError(403, "permission denied")
        if entry is None or not self._may_see(request, entry.path):
            raise one_error(
                403,
                "preflight capability check returned 403, please ensure client's policies grant access to path "
                f'"{fields["mount"].rstrip("/")}/"',
            )
        return Response({**entry.described(), "path": entry.path})

    def _may_see(self, request: Request, mount_path: str) -> bool:
        """Tell whether the caller's policies say anything about paths under a mount."""
        if request.token is None:
            return False
        acl = self._policies.acl(request.token.policies)
        named = any(rule.startswith(mount_path) and "deny" not in found for rule, found in acl.rules.items())
        return acl.is_root or named or bool(acl.capabilities(mount_path) - {"deny"})


def _mount_path(fields: Fields) -> str:
    prefix = AUTH_PREFIX if fields.get("auth") else ""
    return prefix + fields["mount"]


def _table(entries: Iterable[MountEntry], prefix: str = "") -> Response:
    return Response({entry.path.removeprefix(prefix): entry.described() for entry in entries}, flatten=True)


def _lease_config(data: Json) -> Json:
    names = ("default_lease_ttl", "max_lease_ttl")
    return {name: whole_seconds(duration(data, name)) for name in names if data.get(name) is not None}


def _describe(entry: MountEntry, data: Json, options: dict[str, str] | None) -> None:
    entry.description = text(data, "description")
    entry.options = options
    entry.config = _lease_config(mapping(data, "config") or {})
