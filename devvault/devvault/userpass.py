"""The userpass auth method: users with a password, login.

Source: https://developer.hashicorp.com/vault/api-docs/auth/userpass
"""

import hmac
from dataclasses import dataclass, field

from devvault.entry_paths import entry_paths
from devvault.errors import bad_request, not_found
from devvault.fields import text, texts
from devvault.framework import Backend, Fields, path
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated


@dataclass
class User:
    """One user."""

    password: str = field(repr=False)
    parameters: TokenParameters = field(default_factory=TokenParameters)


class UserPass(Backend):
    """Users by name, which is not case-sensitive."""

    kind = "userpass"

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        user = "users/(?P<user>[^/]+)"
        super().__init__(
            path("login/(?P<user>[^/]+)", write=self._login, login=True),
            *entry_paths("users", self._users, read=self._read, write=self._write, field="user", known_as=str.lower),
            path(f"{user}/password", write=self._set_password),
            path(f"{user}/policies", write=self._set_policies),
        )

    def _user(self, fields: Fields) -> User:
        user = self._users.get(fields["user"].lower())
        if user is None:
            raise not_found()
        return user

    def _read(self, _: Request, fields: Fields) -> Response:
        return Response(described(self._user(fields).parameters))

    def _write(self, request: Request, fields: Fields) -> None:
        name, password = fields["user"].lower(), text(request.data, "password")
        user = self._users.get(name)
        if user is None and not password:
            raise bad_request("missing password")
        user = user or User(password)
        user.parameters = updated(user.parameters, request.data)
        user.password = password or user.password
        self._users[name] = user

    def _set_password(self, request: Request, fields: Fields) -> None:
        password = text(request.data, "password")
        if not password:
            raise bad_request("missing password")
        self._user(fields).password = password

    def _set_policies(self, request: Request, fields: Fields) -> None:
        user, names = self._user(fields), texts(request.data, "policies")
        user.parameters = updated(user.parameters, {"token_policies": list(names), **request.data})

    def _login(self, request: Request, fields: Fields) -> Response:
        name, password = fields["user"].lower(), text(request.data, "password")
        if not password:
            raise bad_request("missing password")
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise bad_request("invalid username or password")
        display_name = f"{request.mount.name}-{name}"
        return Response(auth=Login(user.parameters, {"username": name}, display_name, alias=name))
