"""The LDAP auth method over a directory that is a table of users and passwords; nothing is asked over LDAP.

Source: https://developer.hashicorp.com/vault/api-docs/auth/ldap
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from devvault.errors import bad_request, not_found
from devvault.fields import boolean, text, texts
from devvault.framework import Backend, Fields, Path, path
from devvault.listing import list_response
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated
from devvault.wire_json import Json

Directory = Mapping[str, str]
"""Passwords by user name."""


@dataclass(frozen=True)
class Entry:
    """What Vault knows of a user or a group of the directory."""

    policies: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass
class LdapConfig:
    """How tokens are made; the address of the directory is shown and not used."""

    url: str = "ldap://127.0.0.1"
    case_sensitive: bool = False
    parameters: TokenParameters = field(default_factory=TokenParameters)


class Ldap(Backend):
    """Users and groups by name."""

    kind = "ldap"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._config: LdapConfig | None = None
        self._users: dict[str, Entry] = {}
        self._groups: dict[str, Entry] = {}
        super().__init__(
            path("config", read=self._read_config, write=self._write_config),
            path("login/(?P<user>.+)", write=self._login, login=True),
            *_entry_paths("users", self._users),
            *_entry_paths("groups", self._groups),
        )

    def _read_config(self, _request: Request, _fields: Fields) -> Response | None:
        config = self._config
        if config is None:
            return None
        shown = {"url": config.url, "case_sensitive_names": config.case_sensitive}
        return Response({**shown, **described(config.parameters)})

    def _write_config(self, request: Request, _: Fields) -> None:
        config = self._config or LdapConfig()
        config.url = text(request.data, "url", config.url)
        config.case_sensitive = boolean(request.data, "case_sensitive_names", default=config.case_sensitive)
        config.parameters = updated(config.parameters, request.data)
        self._config = config

    def _login(self, request: Request, fields: Fields) -> Response:
        config, password = self._config, text(request.data, "password")
        if config is None:
            raise bad_request("ldap backend not configured")
        if not password:
            raise bad_request("password cannot be of zero length when passwordless binds are being denied")
        name = fields["user"] if config.case_sensitive else fields["user"].lower()
        known = self._directory.get(fields["user"])
        if known is None or not hmac.compare_digest(known.encode(), password.encode()):
            raise bad_request("ldap operation failed: failed to bind as user")
        entry = self._users.get(name.lower(), Entry())
        granted = [*entry.policies]
        for group in entry.groups:
            granted += self._groups.get(group.lower(), Entry()).policies
        all_of_them: Json = {"token_policies": [*config.parameters.policies, *granted]}
        parameters = updated(config.parameters, all_of_them)
        return Response(auth=Login(parameters, {"username": name}, f"{request.mount.name}-{name}", alias=name))


def _entry_paths(kind: str, entries: dict[str, Entry]) -> tuple[Path, Path]:
    def read(_: Request, fields: Fields) -> Response:
        entry = entries.get(fields["name"].lower())
        if entry is None:
            raise not_found()
        shown: Json = {"policies": list(entry.policies)}
        return Response({**shown, "groups": ",".join(entry.groups)} if kind == "users" else shown)

    def write(request: Request, fields: Fields) -> None:
        entries[fields["name"].lower()] = Entry(texts(request.data, "policies"), texts(request.data, "groups"))

    def delete(_: Request, fields: Fields) -> None:
        entries.pop(fields["name"].lower(), None)

    def listed(_request: Request, _fields: Fields) -> Response:
        return list_response(sorted(entries))

    one = path(f"{kind}/(?P<name>[^/]+)", read=read, write=write, delete=delete)
    return path(f"{kind}/?", list_=listed), one
