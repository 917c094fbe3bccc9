"""The token store: makes tokens, authenticates them, renews them, and revokes them with their children.

`token_backend` is its HTTP face; `core` asks it who is calling.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devvault.clock import Clock
from devvault.errors import bad_request, bad_token
from devvault.identifiers import Identifiers
from devvault.token_parameters import SYSTEM_MAX_TTL, TokenParameters

SERVICE, BATCH = "service", "batch"
_NEVER_EXPIRES = timedelta()


@dataclass
class Token:
    """One token. `expires` None means never (only a root token)."""

    id: str = field(repr=False)
    accessor: str
    policies: list[str]
    type: str
    path: str
    display_name: str
    issued: datetime
    creation_ttl: timedelta
    expires: datetime | None
    parameters: TokenParameters
    meta: dict[str, str] | None = None
    renewable: bool = True
    orphan: bool = False
    entity_id: str = ""
    uses_left: int = 0
    spent: bool = False
    parent: str | None = field(default=None, repr=False)
    last_renewal: datetime | None = None

    def latest_expiry(self) -> datetime:
        """Return the moment no renewal can go past."""
        limits = [limit for limit in (self.parameters.max_ttl, self.parameters.explicit_max_ttl) if limit]
        return self.issued + min(limits, default=SYSTEM_MAX_TTL)


@dataclass(frozen=True)
class TokenRequest:
    """What a new token is to be; `identifier` empty draws one."""

    parameters: TokenParameters
    policies: list[str]
    path: str
    display_name: str
    meta: dict[str, str] | None = None
    renewable: bool = True
    entity_id: str = ""
    parent: Token | None = field(default=None, repr=False)
    identifier: str = field(default="", repr=False)


class TokenStore:
    """Every live token, by identifier."""

    def __init__(self, clock: Clock, identifiers: Identifiers) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._tokens: dict[str, Token] = {}

    def issue_root(self, identifier: str) -> Token:
        """Make the token that may do anything and never expires."""
        request = TokenRequest(TokenParameters(), ["root"], "auth/token/root", "root", identifier=identifier)
        token = self._new(request, ttl=_NEVER_EXPIRES)
        token.renewable, token.orphan = False, True
        return token

    def issue(self, request: TokenRequest) -> Token:
        """Make a token. Raises VaultError 400 when the wanted identifier is taken."""
        if request.identifier in self._tokens:
            raise bad_request("cannot create a token with a duplicate ID")
        return self._new(request, ttl=_first_ttl(request))

    def _new(self, request: TokenRequest, ttl: timedelta) -> Token:
        batch, now = request.parameters.token_type == BATCH, self._clock()
        token = Token(
            id=request.identifier or self._identifiers.new_opaque("hvb." if batch else "hvs."),
            accessor="" if batch else self._identifiers.new_opaque(),
            policies=request.policies,
            type=BATCH if batch else SERVICE,
            path=request.path,
            display_name=request.display_name,
            issued=now,
            creation_ttl=ttl,
            expires=now + ttl if ttl else None,
            parameters=request.parameters,
            meta=request.meta,
            renewable=request.renewable and not batch,
            orphan=request.parent is None,
            entity_id=request.entity_id,
            uses_left=request.parameters.num_uses,
            parent=request.parent.id if request.parent else None,
        )
        self._tokens[token.id] = token
        return token

    def find(self, identifier: str) -> Token | None:
        """Return a live token, or None when it is unknown, expired or revoked."""
        token = self._tokens.get(identifier)
        if token is not None and token.expires is not None and token.expires <= self._clock():
            self.revoke(token)
            return None
        return token

    def find_by_accessor(self, accessor: str) -> Token | None:
        """Return a live token by its accessor; batch tokens have none."""
        matching = (token for token in self._tokens.values() if accessor and token.accessor == accessor)
        token = next(matching, None)
        return self.find(token.id) if token else None

    def accessors(self) -> list[str]:
        """Return the accessors of all live service tokens, sorted."""
        live = [self.find(identifier) for identifier in list(self._tokens)]
        return sorted(token.accessor for token in live if token is not None and token.accessor)

    def authenticate(self, identifier: str) -> Token:
        """Return the token of a caller and count one use. Raises VaultError 400 without a token, 403 for a bad one."""
        if not identifier:
            raise bad_request("missing client token")
        token = self.find(identifier)
        if token is None or token.spent:
            raise bad_token()
        if token.uses_left:
            token.uses_left -= 1
            token.spent = token.uses_left == 0
        return token

    def renew(self, token: Token, increment: timedelta) -> None:
        """Extend a token. Raises VaultError 400 when it cannot be renewed."""
        if token.type == BATCH:
            raise bad_request("batch tokens cannot be renewed")
        if not token.renewable or token.expires is None:
            raise bad_request("lease is not renewable")
        now = self._clock()
        if token.parameters.period:
            token.expires = now + token.parameters.period
        else:
            token.expires = min(now + (increment or token.creation_ttl), token.latest_expiry())
        token.last_renewal = now

    def revoke(self, token: Token) -> None:
        """Revoke a token and, as Vault does, all tokens made with it."""
        self._tokens.pop(token.id, None)
        for child in list(self._children(token)):
            self.revoke(child)

    def revoke_orphan(self, token: Token) -> None:
        """Revoke a token and keep its children, which become orphans."""
        for child in self._children(token):
            child.parent, child.orphan = None, True
        self.revoke(token)

    def _children(self, token: Token) -> Iterator[Token]:
        return (child for child in self._tokens.values() if child.parent == token.id)


def _first_ttl(request: TokenRequest) -> timedelta:
    parameters = request.parameters
    if "root" in request.policies and not (parameters.ttl or parameters.period or parameters.explicit_max_ttl):
        return _NEVER_EXPIRES
    wanted = parameters.period or parameters.ttl or SYSTEM_MAX_TTL
    limits = (SYSTEM_MAX_TTL, parameters.max_ttl, parameters.explicit_max_ttl)
    return min(wanted, *(limit for limit in limits if limit))
