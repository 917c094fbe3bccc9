"""The AWS auth method, type `iam`: a signed `sts:GetCallerIdentity` that the stand-in sends on to STS.

STS is whatever `sts_endpoint` of `config/client` names, such as moto's HTTP server; AWS itself is never called. The
signature is judged there, so it is as good as that server is strict. Roles of type `ec2` are refused.
Source: https://developer.hashicorp.com/vault/api-docs/auth/aws
"""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import aiohttp

from devvault.aws_requests import SERVER_ID_HEADER, SignedRequest, signed_request_in
from devvault.entry_paths import entry_paths
from devvault.errors import VaultError, bad_request
from devvault.fields import refuse_unsupported, text, texts
from devvault.framework import Backend, Fields, path
from devvault.logical import Login, Request, Response
from devvault.token_parameters import TokenParameters, described, updated

_ARN = re.compile(r"<Arn>([^<]+)</Arn>")
_USER_ID = re.compile(r"<UserId>([^<]+)</UserId>")
_ASSUMED = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.*")
_SECONDS = 10


@dataclass(frozen=True)
class AwsRole:
    """Whose identities may log in."""

    principals: tuple[str, ...]
    parameters: TokenParameters = field(default_factory=TokenParameters)


class AwsAuth(Backend):
    """Roles by name."""

    kind = "aws"

    def __init__(self) -> None:
        self._endpoint = ""
        self._server_id = ""
        self._roles: dict[str, AwsRole] = {}
        super().__init__(
            path("config/client", read=self._read_config, write=self._write_config),
            path("login", write=self._login, login=True),
            *entry_paths(
                "role",
                self._roles,
                read=self._read_role,
                write=self._write_role,
                list_at="roles?",
                known_as=str.lower,
            ),
        )

    def _read_config(self, _request: Request, _fields: Fields) -> Response:
        return Response({"iam_server_id_header_value": self._server_id, "sts_endpoint": self._endpoint})

    def _write_config(self, request: Request, _: Fields) -> None:
        self._endpoint = text(request.data, "sts_endpoint", self._endpoint).rstrip("/")
        self._server_id = text(request.data, "iam_server_id_header_value", self._server_id)

    def _read_role(self, _: Request, fields: Fields) -> Response | None:
        role = self._roles.get(fields["role"].lower())
        if role is None:
            return None
        return Response(
            {"auth_type": "iam", "bound_iam_principal_arn": list(role.principals), **described(role.parameters)}
        )

    def _write_role(self, request: Request, fields: Fields) -> None:
        refuse_unsupported(request.data, "inferred_entity_type", "bound_ami_id", "bound_vpc_id")
        if text(request.data, "auth_type", "iam") != "iam":
            raise bad_request("devvault supports auth_type iam only")
        principals = texts(request.data, "bound_iam_principal_arn")
        if not principals:
            raise bad_request("at least be one bound parameter should be specified on the role")
        self._roles[fields["role"].lower()] = AwsRole(principals, updated(TokenParameters(), request.data))

    async def _login(self, request: Request, _: Fields) -> Response:
        name = text(request.data, "role").lower()
        role = self._roles.get(name)
        if role is None:
            raise bad_request(f"entry for role {name} not found")
        signed = signed_request_in(request.data)
        if self._server_id and signed.signed_header(SERVER_ID_HEADER) != self._server_id:
            raise bad_request(f'error validating {SERVER_ID_HEADER} header: expected "{self._server_id}"')
        if not self._endpoint:
            raise bad_request("devvault calls no AWS: set sts_endpoint in config/client")
        arn, user_id = await _caller(self._endpoint, signed)
        principal = _ASSUMED.sub(r"arn:\1:iam::\2:role/\3", arn)
        if not any(fnmatchcase(principal, bound) for bound in role.principals):
            raise bad_request(f'IAM Principal "{arn}" does not belong to the role "{name}"')
        metadata = {"auth_type": "iam", "canonical_arn": principal, "client_arn": arn, "role_id": name}
        return Response(auth=Login(role.parameters, metadata, principal.rpartition("/")[2], alias=user_id))


async def _caller(endpoint: str, signed: SignedRequest) -> tuple[str, str]:
    """Send the request on and return the ARN and the id of who has signed it. Raises VaultError 400 or 500."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{endpoint}/", data=signed.body, headers=signed.headers) as response,
        ):
            answer = await response.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise VaultError(500, "error making upstream request: STS does not answer") from error
    arn, user_id = _ARN.search(answer), _USER_ID.search(answer)
    if response.status != 200 or arn is None or user_id is None:
        raise bad_request(f"error making upstream request: received error code {response.status} from STS")
    return arn[1], user_id[1]
