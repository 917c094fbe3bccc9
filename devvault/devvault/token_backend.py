"""`auth/token/`: create, look up, renew and revoke tokens.

Source: https://developer.hashicorp.com/vault/api-docs/auth/token
"""

from dataclasses import dataclass
from datetime import datetime

from devvault.acl import ROOT
from devvault.clock import rfc3339
from devvault.durations import whole_seconds
from devvault.errors import VaultError, bad_request, bad_token
from devvault.fields import boolean, duration, integer, refuse_unsupported, text, text_mapping, texts
from devvault.framework import Backend, Fields, path
from devvault.listing import list_response
from devvault.logical import Request, Response
from devvault.policies import PolicyStore
from devvault.token_parameters import TokenParameters
from devvault.tokens import Token, TokenRequest, TokenStore
from devvault.wire_json import Json


class TokenBackend(Backend):
    """The HTTP face of the token store."""

    kind = "token"

    def __init__(self, tokens: TokenStore, policies: PolicyStore) -> None:
        self._tokens = tokens
        self._policies = policies
        super().__init__(
            path("create", write=self._create),
            path("create-orphan", write=self._create_orphan, sudo=True),
            path("lookup-self", read=self._lookup_self, write=self._lookup_self),
            path("lookup(-accessor)?", write=self._lookup),
            path("renew-self", write=self._renew_self),
            path("renew(-accessor)?", write=self._renew),
            path("revoke-self", write=self._revoke_self),
            path("revoke(-accessor)?", write=self._revoke),
            path("revoke-orphan", write=self._revoke_orphan, sudo=True),
            path("accessors/?", list_=self._accessors, sudo=True),
        )

    def _create(self, request: Request, _: Fields) -> Response:
        return self._issue(request, orphan=boolean(request.data, "no_parent"))

    def _create_orphan(self, request: Request, _: Fields) -> Response:
        return self._issue(request, orphan=True)

    def _issue(self, request: Request, *, orphan: bool) -> Response:
        data, parent = request.data, request.caller
        if parent.type == "batch":
            raise bad_request("batch tokens cannot create more tokens")
        refuse_unsupported(data, "entity_alias")
        sudo = self._has_sudo(parent, "auth/token/create")
        if not sudo and (orphan or text(data, "id")):
            raise bad_request("root or sudo privileges required to specify token id or create an orphan token")
        given_name = text(data, "display_name")
        token = self._tokens.issue(
            TokenRequest(
                parameters=_parameters(data),
                policies=_policies(data, parent, sudo=sudo),
                path="auth/token/create",
                display_name=f"token-{given_name}" if given_name else "token",
                meta=text_mapping(data, "meta"),
                renewable=boolean(data, "renewable", default=True),
                entity_id="" if orphan else parent.entity_id,
                parent=None if orphan else parent,
                identifier=text(data, "id"),
            ),
        )
        return Response(auth=auth_block(token, request.now))

    def _has_sudo(self, token: Token, at: str) -> bool:
        capabilities = self._policies.acl(token.policies).capabilities(at)
        return not capabilities.isdisjoint({ROOT, "sudo"})

    def _lookup_self(self, request: Request, _: Fields) -> Response:
        return Response(token_details(request.caller, request.now))

    def _lookup(self, request: Request, _: Fields) -> Response:
        named = self._named(request)
        shown = token_details(named.token, request.now)
        return Response({**shown, "id": ""} if named.by_accessor else shown)

    def _renew_self(self, request: Request, _: Fields) -> Response:
        self._tokens.renew(request.caller, duration(request.data, "increment"))
        return Response(auth=auth_block(request.caller, request.now))

    def _renew(self, request: Request, _: Fields) -> Response:
        named = self._named(request)
        self._tokens.renew(named.token, duration(request.data, "increment"))
        block = auth_block(named.token, request.now)
        return Response(auth={**block, "client_token": ""} if named.by_accessor else block)

    def _revoke_self(self, request: Request, _: Fields) -> None:
        self._tokens.revoke(_revocable(request.caller))

    def _revoke(self, request: Request, _: Fields) -> None:
        self._tokens.revoke(_revocable(self._named(request).token))

    def _revoke_orphan(self, request: Request, _: Fields) -> None:
        self._tokens.revoke_orphan(_revocable(self._named(request).token))

    def _accessors(self, _request: Request, _fields: Fields) -> Response:
        return list_response(self._tokens.accessors())

    def _named(self, request: Request) -> "_Named":
        """Find the token that a request names by `accessor` or by `token`."""
        by_accessor = request.path.endswith("-accessor")
        name = "accessor" if by_accessor else "token"
        given = text(request.data, name)
        if not given:
            raise bad_request(f"missing {name}")
        token = self._tokens.find_by_accessor(given) if by_accessor else self._tokens.find(given)
        if token is None:
            raise VaultError(403, "invalid accessor") if by_accessor else bad_token()
        return _Named(token, by_accessor)


@dataclass(frozen=True)
class _Named:
    token: Token
    by_accessor: bool


def _parameters(data: Json) -> TokenParameters:
    kind = text(data, "type", "service")
    if kind not in {"service", "batch"}:
        raise bad_request(f"invalid 'token_type' value {kind!r}")
    parameters = TokenParameters(
        ttl=duration(data, "ttl", duration(data, "lease")),
        explicit_max_ttl=duration(data, "explicit_max_ttl"),
        period=duration(data, "period"),
        num_uses=integer(data, "num_uses"),
        type=kind,
    )
    if kind == "batch" and (parameters.num_uses or parameters.period or parameters.explicit_max_ttl):
        raise bad_request("batch tokens cannot have a use count, a period or an explicit maximum TTL")
    return parameters


def _policies(data: Json, parent: Token, *, sudo: bool) -> list[str]:
    """Return the policies of a new token: those asked for, else the parent's; never more than the caller may give."""
    asked = [name.lower() for name in texts(data, "policies")] or parent.policies
    if ROOT in asked:
        if ROOT not in parent.policies:
            raise bad_request("root tokens may not be created without parent token being root")
        return [ROOT]
    with_default = asked if boolean(data, "no_default_policy") else [*asked, "default"]
    if not sudo and not set(asked) <= {*parent.policies, "default"}:
        raise bad_request("child policies must be subset of parent")
    return sorted(set(with_default))


def _revocable(token: Token) -> Token:
    if token.type == "batch":
        raise bad_request("batch tokens cannot be revoked")
    return token


def _remaining(token: Token, now: datetime) -> int:
    return whole_seconds(token.expires - now) if token.expires else 0


def auth_block(token: Token, now: datetime) -> Json:
    """Return the `auth` part of an answer that hands out or renews a token."""
    return {
        "client_token": token.id,
        "accessor": token.accessor,
        "policies": token.policies,
        "token_policies": token.policies,
        "metadata": token.meta,
        "lease_duration": _remaining(token, now),
        "renewable": token.renewable,
        "entity_id": token.entity_id,
        "token_type": token.type,
        "orphan": token.orphan,
    }


def token_details(token: Token, now: datetime) -> Json:
    """Return the answer of a lookup."""
    shown = {
        "accessor": token.accessor,
        "creation_time": int(token.issued.timestamp()),
        "creation_ttl": whole_seconds(token.creation_ttl),
        "display_name": token.display_name,
        "entity_id": token.entity_id,
        "expire_time": rfc3339(token.expires) if token.expires else None,
        "explicit_max_ttl": whole_seconds(token.parameters.explicit_max_ttl),
        "id": token.id,
        "issue_time": rfc3339(token.issued),
        "meta": token.meta,
        "num_uses": token.uses_left,
        "orphan": token.orphan,
        "path": token.path,
        "policies": token.policies,
        "renewable": token.renewable,
        "ttl": _remaining(token, now),
        "type": token.type,
    }
    if token.last_renewal:
        shown["last_renewal"] = rfc3339(token.last_renewal)
        shown["last_renewal_time"] = int(token.last_renewal.timestamp())
    if token.parameters.period:
        shown["period"] = whole_seconds(token.parameters.period)
    return shown
