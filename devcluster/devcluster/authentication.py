"""Who sends a request: the admin's token, a service account's token, nobody, or somebody impersonated."""

import hmac
from collections.abc import Mapping

from devcluster.calls import User
from devcluster.clock import Clock
from devcluster.service_account_tokens import ISSUER, AccountClaims, TokenSigner
from devcluster.statuses import unauthorized
from devcluster.storage import Store

AUTHENTICATED = "system:authenticated"
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
ADMIN = User("kubernetes-admin", ("system:masters", AUTHENTICATED))
_SERVICE_ACCOUNTS = ("", "serviceaccounts")
_CACHE_LIMIT = 1000


class Authenticator:
    """Turns bearer tokens into users."""

    def __init__(self, admin_token: str, signer: TokenSigner, store: Store, clock: Clock) -> None:
        self._admin_token = admin_token
        self._signer = signer
        self._store = store
        self._clock = clock
        self._read: dict[str, AccountClaims] = {}

    def authenticate(self, headers: Mapping[str, str]) -> User:
        """Return the sender of a request with these headers.

        Raises:
            ApiError: 401, the token is not valid.

        """
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if not scheme:
            return ANONYMOUS
        user = self.by_token(token.strip(), (ISSUER,)) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return user

    def by_token(self, token: str, audiences: tuple[str, ...]) -> User | None:
        """Return whose token it is, None when it is not valid for one of the audiences."""
        if hmac.compare_digest(token.encode(), self._admin_token.encode()):
            return ADMIN
        claims = self.claims(token)
        if claims is None or not set(claims.audiences) & set(audiences):
            return None
        return service_account(claims)

    def claims(self, token: str) -> AccountClaims | None:
        """Return what a service account's token says, None when it is damaged, expired or its account is gone."""
        found = self._read.get(token) or self._signer.read(token)
        if found is None or found.expires <= self._clock():
            self._read.pop(token, None)
            return None
        # Signatures are checked once per token: an operator sends the same one with every request.
        if len(self._read) >= _CACHE_LIMIT:
            self._read.clear()
        self._read[token] = found
        account = self._store.collection(_SERVICE_ACCOUNTS).get((found.namespace, found.name))
        return found if account and account.document["metadata"]["uid"] == found.uid else None


def service_account(claims: AccountClaims) -> User:
    """Return a service account as a user."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{claims.namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{claims.namespace}:{claims.name}", groups, uid=claims.uid)


def impersonated(headers: Mapping[str, str], groups: list[str]) -> User | None:
    """Return whom the headers ask to act as, None when nobody."""
    name = headers.get("Impersonate-User", "")
    if not name:
        return None
    implied = [] if AUTHENTICATED in groups or name == ANONYMOUS.name else [AUTHENTICATED]
    if name.startswith("system:serviceaccount:") and name.count(":") == 3 and not groups:
        namespace = name.split(":")[2]
        implied = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED]
    return User(name, (*groups, *implied))
