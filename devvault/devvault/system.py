"""`sys/`: health, policies and capabilities; the mounts are in `system_mounts`.

Source: https://developer.hashicorp.com/vault/api-docs/system
"""

from devvault.errors import bad_request, bad_token
from devvault.fields import text, texts
from devvault.framework import Backend, Fields, path
from devvault.listing import list_response
from devvault.logical import Request, Response
from devvault.policies import PolicyStore
from devvault.system_mounts import SystemMounts
from devvault.tokens import Token, TokenStore
from devvault.wire_json import Json

# The release whose answers were recorded; clients look at it to choose what they may ask for.
VERSION = "1.8.0"


class System(Backend):
    """The system backend."""

    kind = "system"

    def __init__(self, mounts: SystemMounts, policies: PolicyStore, tokens: TokenStore) -> None:
        self._policies = policies
        self._tokens = tokens
        super().__init__(
            *mounts.paths(),
            path("policies/acl/?", list_=self._list_policies, read=self._list_policies),
            path(
                "policies/acl/(?P<name>.+)",
                read=self._read_policy,
                write=self._write_policy,
                delete=self._delete_policy,
            ),
            path("policy/?", list_=self._list_policies, read=self._list_policies),
            path(
                "policy/(?P<name>.+)",
                read=self._read_policy,
                write=self._write_policy,
                delete=self._delete_policy,
            ),
            path("capabilities-self", write=self._own_capabilities),
            path("capabilities", write=self._capabilities),
            path("capabilities-accessor", write=self._capabilities),
        )

    def _list_policies(self, request: Request, _: Fields) -> Response:
        names = self._policies.names()
        if request.path.startswith("policy"):
            return Response({"keys": names, "policies": names}, flatten=True)
        return list_response(names)

    def _read_policy(self, request: Request, fields: Fields) -> Response | None:
        text_of = self._policies.read(fields["name"])
        if text_of is None:
            return None
        field = "rules" if request.path.startswith("policy/") else "policy"
        return Response({"name": fields["name"].lower(), field: text_of}, flatten=field == "rules")

    def _write_policy(self, request: Request, fields: Fields) -> None:
        written = text(request.data, "policy") or text(request.data, "rules")
        if not written:
            raise bad_request("'policy' parameter not supplied or empty")
        self._policies.write(fields["name"], written)

    def _delete_policy(self, _: Request, fields: Fields) -> None:
        self._policies.delete(fields["name"])

    def _own_capabilities(self, request: Request, _: Fields) -> Response:
        return self._capabilities_of(request.caller, request.data)

    def _capabilities(self, request: Request, _: Fields) -> Response:
        if request.path == "capabilities-accessor":
            token = self._tokens.find_by_accessor(text(request.data, "accessor"))
        else:
            token = self._tokens.find(text(request.data, "token"))
        if token is None:
            raise bad_token()
        return self._capabilities_of(token, request.data)

    def _capabilities_of(self, token: Token, data: Json) -> Response:
        paths = texts(data, "paths") or texts(data, "path")
        if not paths:
            raise bad_request("paths must be supplied")
        acl = self._policies.acl(token.policies)
        found: Json = {one: sorted(acl.capabilities(one)) or ["deny"] for one in paths}
        if len(paths) == 1:
            found["capabilities"] = found[paths[0]]
        return Response(found, flatten=True)


def health(now_seconds: int) -> Json:
    """Return the answer of `sys/health`: initialised, unsealed, active."""
    return {
        "cluster_id": "00000000-0000-4000-8000-000000000000",
        "cluster_name": "devvault",
        "initialized": True,
        "performance_standby": False,
        "replication_dr_mode": "disabled",
        "replication_performance_mode": "disabled",
        "sealed": False,
        "server_time_utc": now_seconds,
        "standby": False,
        "version": VERSION,
    }


def seal_status() -> Json:
    """Return the answer of `sys/seal-status`: never sealed."""
    return {"type": "shamir", "initialized": True, "sealed": False, "t": 1, "n": 1, "progress": 0, "version": VERSION}
