"""The core: finds the backend of a call, authenticates the token, applies the policies, turns logins into tokens.

`http_api` hands it calls; everything it refuses is a `VaultError`.
"""

from dataclasses import dataclass, replace
from inspect import isawaitable

from devvault.clock import Clock
from devvault.errors import VaultError, bad_request, not_found, one_error, permission_denied
from devvault.framework import Fields, Path
from devvault.identifiers import Identifiers
from devvault.identity import IdentityStore
from devvault.kv_v2 import KvV2
from devvault.ldap import Directory
from devvault.logical import Call, Login, Operation, Request, Response
from devvault.mounts import MountEntry, MountTable
from devvault.policies import PolicyStore
from devvault.system import System
from devvault.system_mounts import SystemMounts
from devvault.token_backend import TokenBackend, auth_block
from devvault.tokens import Token, TokenRequest, TokenStore


@dataclass(frozen=True)
class _Target:
    """Where a call leads: a declared path of a mounted backend."""

    mount: MountEntry
    rest: str
    declared: Path
    fields: Fields


class Core:
    """One Vault: its mounts, policies, tokens and identities."""

    def __init__(self, clock: Clock, identifiers: Identifiers, root_token: str, directory: Directory) -> None:
        self._clock = clock
        self._policies = PolicyStore()
        self._identities = IdentityStore(identifiers)
        self._mounts = MountTable(identifiers)
        self._tokens = TokenStore(clock, identifiers)
        self._tokens.issue_root(root_token)
        system = System(
            SystemMounts(self._mounts, self._policies, identifiers, directory), self._policies, self._tokens
        )
        self._mounts.add("sys", "system", system)
        self._mounts.add("auth/token", "token", TokenBackend(self._tokens, self._policies))
        # Like Vault in dev mode: a versioned key/value engine is there from the start.
        self._mounts.add("secret", "kv", KvV2()).options = {"version": "2"}

    def accessor(self, identifier: str) -> str:
        """Return the accessor of a token, empty when the token is unknown."""
        token = self._tokens.find(identifier)
        return token.accessor if token else ""

    async def handle(self, call: Call) -> Response:
        """Answer a call. Raises VaultError."""
        target = self._target(call.path)
        if target is not None and target.declared.login:
            return await self._answer(call, target, self._tokens.find(call.token))
        token = self._tokens.authenticate(call.token)
        try:
            return await self._answer_authorised(call, target, token)
        finally:
            if token.spent:
                self._tokens.revoke(token)

    def _target(self, path: str) -> _Target | None:
        mount = self._mounts.route(path)
        if mount is None:
            return None
        rest = path.removeprefix(mount.path) if path.startswith(mount.path) else ""
        found = mount.backend.match(rest)
        return _Target(mount, rest, *found) if found else None

    async def _answer_authorised(self, call: Call, target: _Target | None, token: Token) -> Response:
        if target is not None:
            call = replace(call, operation=self._create_or_update(call, target, token))
        sudo = target is not None and target.declared.sudo
        if not self._policies.acl(token.policies).allows(call.operation, call.path, sudo=sudo):
            raise permission_denied()
        if target is None:
            raise self._no_route(call.path)
        return await self._answer(call, target, token)

    def _no_route(self, path: str) -> VaultError:
        if self._mounts.route(path) is None:
            return VaultError(404, f"no handler for route '{path}'")
        return one_error(404, "unsupported path")

    def _create_or_update(self, call: Call, target: _Target, token: Token) -> Operation:
        exists = target.declared.exists
        if call.operation is not Operation.UPDATE or exists is None:
            return call.operation
        return Operation.UPDATE if exists(self._request(call, target, token), target.fields) else Operation.CREATE

    def _request(self, call: Call, target: _Target, token: Token | None) -> Request:
        return Request(
            call.operation, target.rest, call.data, target.mount, self._clock(), token, call.client_certificate
        )

    async def _answer(self, call: Call, target: _Target, token: Token | None) -> Response:
        handler = target.declared.operations.get(call.operation)
        if handler is None:
            raise one_error(405, "unsupported operation")
        if call.operation in {Operation.CREATE, Operation.UPDATE} and call.path.endswith("/"):
            raise bad_request("cannot write to a path ending in '/'")
        request = self._request(call, target, token)
        answered = handler(request, target.fields)
        response = await answered if isawaitable(answered) else answered
        if response is None and call.operation in {Operation.READ, Operation.LIST}:
            raise not_found()
        if response is None:
            return Response(status=204)
        if isinstance(response.auth, Login):
            return replace(response, auth=auth_block(self._logged_in(request, response.auth), request.now))
        return response

    def _logged_in(self, request: Request, login: Login) -> Token:
        return self._tokens.issue(
            TokenRequest(
                parameters=login.parameters,
                policies=login.parameters.policy_names(),
                path=f"{request.mount.path}{request.path}",
                display_name=login.display_name,
                meta=login.metadata,
                entity_id=self._identities.entity(request.mount.accessor, login.alias),
            ),
        )
