"""The JWT auth method: verification keys, roles, login.

Keys are given as `jwt_validation_pubkeys`. OIDC discovery and remote key sets are refused: the stand-in calls nobody.
Source: https://developer.hashicorp.com/vault/api-docs/auth/jwt
"""

from dataclasses import dataclass, field

from devvault.durations import whole_seconds
from devvault.entry_paths import entry_paths
from devvault.errors import bad_request
from devvault.fields import duration, mapping, refuse_unsupported, text, text_mapping, texts
from devvault.framework import Backend, Fields, path
from devvault.jwt_claims import JwtRole, check_claims, mapped_metadata, user_of
from devvault.jwt_signatures import ALGORITHMS, PublicKey, load_public_key, verified_claims
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated

_REMOTE_KEYS = ("oidc_discovery_url", "oidc_client_id", "jwks_url", "jwks_pairs", "provider_config")
_UNSUPPORTED_ROLE_FIELDS = ("groups_claim", "allowed_redirect_uris", "oidc_scopes", "user_claim_json_pointer")


@dataclass(frozen=True)
class JwtConfig:
    """How tokens are verified."""

    public_keys: tuple[str, ...] = ()
    keys: tuple[PublicKey, ...] = field(default=(), repr=False)
    issuer: str = ""
    default_role: str = ""
    algorithms: tuple[str, ...] = ()


class JwtAuth(Backend):
    """Roles by name."""

    kind = "jwt"

    def __init__(self) -> None:
        self._config: JwtConfig | None = None
        self._roles: dict[str, JwtRole] = {}
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
                "bound_issuer": config.issuer,
                "default_role": config.default_role,
                "jwt_supported_algs": list(config.algorithms),
                "jwt_validation_pubkeys": list(config.public_keys),
            },
        )

    def _write_config(self, request: Request, _: Fields) -> None:
        refuse_unsupported(request.data, *_REMOTE_KEYS)
        pems, algorithms = texts(request.data, "jwt_validation_pubkeys"), texts(request.data, "jwt_supported_algs")
        if not pems:
            raise bad_request("jwt_validation_pubkeys must be set")
        if unknown := sorted(set(algorithms) - ALGORITHMS):
            raise bad_request(f"unsupported signing algorithm: {unknown[0]}")
        self._config = JwtConfig(
            public_keys=pems,
            keys=tuple(load_public_key(pem) for pem in pems),
            issuer=text(request.data, "bound_issuer"),
            default_role=text(request.data, "default_role"),
            algorithms=algorithms,
        )

    def _read_role(self, _: Request, fields: Fields) -> Response | None:
        role = self._roles.get(fields["role"])
        if role is None:
            return None
        shown = {
            "bound_audiences": list(role.bound_audiences),
            "bound_claims": role.bound_claims or None,
            "bound_claims_type": role.bound_claims_type,
            "bound_subject": role.bound_subject,
            "claim_mappings": role.claim_mappings or None,
            "clock_skew_leeway": whole_seconds(role.clock_skew_leeway),
            "expiration_leeway": whole_seconds(role.expiration_leeway),
            "not_before_leeway": whole_seconds(role.not_before_leeway),
            "role_type": "jwt",
            "user_claim": role.user_claim,
        }
        return Response({**shown, **described(role.parameters)})

    def _write_role(self, request: Request, fields: Fields) -> Response:
        name = fields["role"]
        parameters = self._roles[name].parameters if name in self._roles else TokenParameters()
        self._roles[name] = _role(request, parameters)
        return Response()

    def _login(self, request: Request, _: Fields) -> Response:
        config = self._config
        if config is None:
            raise bad_request("could not load configuration")
        name = text(request.data, "role") or config.default_role
        if not name:
            raise bad_request("missing role")
        role = self._roles.get(name)
        if role is None:
            raise bad_request(f'role "{name}" could not be found')
        token = text(request.data, "jwt")
        if not token:
            raise bad_request("missing token")
        claims = verified_claims(token, list(config.keys), frozenset(config.algorithms) or ALGORITHMS)
        check_claims(claims, role, config.issuer, request.now)
        user = user_of(claims, role)
        metadata = {**mapped_metadata(claims, role), "role": name}
        return Response(auth=Login(role.parameters, metadata, f"{request.mount.name}-{user}", alias=user))


def _role(request: Request, parameters: TokenParameters) -> JwtRole:
    """Read a role. Raises VaultError 400 when it binds nothing or asks for what the stand-in does not do."""
    data = request.data
    refuse_unsupported(data, *_UNSUPPORTED_ROLE_FIELDS)
    if text(data, "role_type", "jwt") != "jwt":
        raise bad_request("devvault supports role_type jwt only")
    if not text(data, "user_claim"):
        raise bad_request("a user claim must be defined on the role")
    kind = text(data, "bound_claims_type", "string")
    if kind not in {"string", "glob"}:
        raise bad_request("invalid 'bound_claims_type': use string or glob")
    role = JwtRole(
        user_claim=text(data, "user_claim"),
        bound_audiences=texts(data, "bound_audiences"),
        bound_subject=text(data, "bound_subject"),
        bound_claims=mapping(data, "bound_claims") or {},
        bound_claims_type=kind,
        claim_mappings=text_mapping(data, "claim_mappings") or {},
        expiration_leeway=duration(data, "expiration_leeway"),
        not_before_leeway=duration(data, "not_before_leeway"),
        clock_skew_leeway=duration(data, "clock_skew_leeway"),
        parameters=updated(parameters, data),
    )
    if not (role.bound_audiences or role.bound_subject or role.bound_claims):
        raise bad_request("must have at least one bound constraint when creating/updating a role")
    return role
