"""The AppRole auth method: roles with a role ID, secret IDs with uses and a lifetime, login.

Source: https://developer.hashicorp.com/vault/api-docs/auth/approle
The secret IDs themselves are in `approle_secret_ids`.
"""

from dataclasses import dataclass, field

from devvault.approle_secret_ids import SecretId, SecretIds, described, id_response
from devvault.durations import whole_seconds
from devvault.entry_paths import entry_paths
from devvault.errors import bad_request, not_found
from devvault.fields import boolean, duration, integer, refuse_unsupported, text
from devvault.framework import Backend, Fields, path
from devvault.identifiers import Identifiers
from devvault.listing import list_response
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, updated
from devvault.token_parameters import described as described_parameters


@dataclass
class Role:
    """One role with the rules for its secret IDs."""

    role_id: str
    bind_secret_id: bool = True
    parameters: TokenParameters = field(default_factory=TokenParameters)
    secret_ids: SecretIds = field(default_factory=SecretIds)


class AppRole(Backend):
    """Roles by name."""

    kind = "approle"

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._roles: dict[str, Role] = {}
        role = "role/(?P<role>[^/]+)"
        super().__init__(
            path("login", write=self._login, login=True),
            *entry_paths("role", self._roles, read=self._read_role, write=self._write_role, known_as=str.lower),
            path(f"{role}/role-id", read=self._read_role_id, write=self._write_role_id),
            path(f"{role}/secret-id/?", write=self._new_secret_id, list_=self._list_secret_ids),
            path(f"{role}/custom-secret-id", write=self._new_secret_id),
            path(f"{role}/secret-id(-accessor)?/lookup", write=self._lookup_secret_id),
            path(
                f"{role}/secret-id(-accessor)?/destroy", write=self._destroy_secret_id, delete=self._destroy_secret_id
            ),
        )

    def _role(self, fields: Fields) -> Role:
        role = self._roles.get(fields["role"].lower())
        if role is None:
            raise not_found()
        return role

    def _read_role(self, _: Request, fields: Fields) -> Response:
        role = self._role(fields)
        shown = {
            "bind_secret_id": role.bind_secret_id,
            "local_secret_ids": False,
            "secret_id_bound_cidrs": None,
            "secret_id_num_uses": role.secret_ids.num_uses,
            "secret_id_ttl": whole_seconds(role.secret_ids.ttl),
        }
        return Response({**shown, **described_parameters(role.parameters)})

    def _write_role(self, request: Request, fields: Fields) -> None:
        refuse_unsupported(request.data, "secret_id_bound_cidrs", "local_secret_ids")
        name, data = fields["role"].lower(), request.data
        role = self._roles.get(name) or Role(text(data, "role_id") or self._identifiers.new_uuid())
        role.parameters = updated(role.parameters, data)
        role.bind_secret_id = boolean(data, "bind_secret_id", default=role.bind_secret_id)
        role.secret_ids.num_uses = integer(data, "secret_id_num_uses", role.secret_ids.num_uses)
        role.secret_ids.ttl = duration(data, "secret_id_ttl", role.secret_ids.ttl)
        self._roles[name] = role

    def _read_role_id(self, _: Request, fields: Fields) -> Response:
        return Response({"role_id": self._role(fields).role_id})

    def _write_role_id(self, request: Request, fields: Fields) -> None:
        role_id = text(request.data, "role_id")
        if not role_id:
            raise bad_request("missing role_id")
        self._role(fields).role_id = role_id

    def _new_secret_id(self, request: Request, fields: Fields) -> Response:
        role = self._role(fields)
        if not role.bind_secret_id:
            raise bad_request("bind_secret_id is not set on the role")
        custom = text(request.data, "secret_id") if request.path.endswith("/custom-secret-id") else None
        if custom == "":
            raise bad_request("missing secret_id")
        made = role.secret_ids.make(request, self._identifiers, custom or self._identifiers.new_uuid())
        return id_response(made)

    def _list_secret_ids(self, request: Request, fields: Fields) -> Response:
        return list_response(self._role(fields).secret_ids.accessors(request.now))

    def _lookup_secret_id(self, request: Request, fields: Fields) -> Response:
        return Response(described(self._named(request, fields)))

    def _destroy_secret_id(self, request: Request, fields: Fields) -> None:
        self._role(fields).secret_ids.destroy(self._named(request, fields))

    def _named(self, request: Request, fields: Fields) -> SecretId:
        """Find the secret ID that a request names by `secret_id_accessor` or by `secret_id`."""
        name = "secret_id_accessor" if "/secret-id-accessor/" in request.path else "secret_id"
        given = text(request.data, name)
        if not given:
            raise bad_request(f"missing {name}")
        found = self._role(fields).secret_ids.find(given, request.now)
        if found is None:
            raise not_found()
        return found

    def _login(self, request: Request, _: Fields) -> Response:
        role_id = text(request.data, "role_id").strip()
        if not role_id:
            raise bad_request("missing role_id")
        name = next((name for name, role in self._roles.items() if role.role_id == role_id), None)
        if name is None:
            raise bad_request("invalid role ID")
        role = self._roles[name]
        metadata = {"role_name": name, **(self._used(role, request) if role.bind_secret_id else {})}
        return Response(auth=Login(role.parameters, metadata, request.mount.name, alias=role.role_id))

    def _used(self, role: Role, request: Request) -> dict[str, str]:
        """Count one use of the secret ID of a login and return the metadata bound to it."""
        secret_id = text(request.data, "secret_id").strip()
        if not secret_id:
            raise bad_request("missing secret_id")
        found = role.secret_ids.use(secret_id, request.now)
        if found is None:
            raise bad_request("invalid secret id")
        return found.metadata
