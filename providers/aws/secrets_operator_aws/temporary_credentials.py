"""Asks AWS for the logins of registries and for session tokens, each time with a client of its own.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from secrets_operator.environment import Variable
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import DEFAULT_FRESH_SECONDS, Generated, Host
from secrets_operator.resources.generators.aws import AwsGeneratorSpec, ECRAuthorizationTokenSpec, STSSessionTokenSpec
from secrets_operator.resources.providers.aws import AwsAuth
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.endpoints import ONE_ATTEMPT, endpoint
from secrets_operator_aws.environment import ECR, ECR_PUBLIC, STS
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, error_for, meaning_of, no_answer
from secrets_operator_aws.identity import Identity, identity
from secrets_operator_aws.login import login
from secrets_operator_aws.roles import Hop


@dataclass(frozen=True, slots=True)
class _Service:
    """A service: its name in the SDK, the variable of its endpoint, its name in the metrics, and where it is."""

    sdk: str
    variable: Variable
    counted_as: str
    region: str = ""
    """The only region it is in; nothing where it is in all."""


_REGISTRY: Final = _Service("ecr", ECR, "AWS/ECR")
_PUBLIC_REGISTRY: Final = _Service("ecr-public", ECR_PUBLIC, "AWS/ECRPublic", region="us-east-1")
_STS: Final = _Service("sts", STS, "AWS/STS")
_GET_AUTHORIZATION_TOKEN: Final = Call("GetAuthorizationToken", {})
# What errors mean where no secret is read; others have the sentences of ``errors``.
_SENTENCES: Final = {
    ("GetAuthorizationToken", Meaning.DENIED): "access is denied: allow the action in IAM",
    ("GetSessionToken", Meaning.DENIED): (
        "access is denied: AWS gives session tokens to users with long-term keys only, not to roles, "
        "and asks for the MFA device where a policy does"
    ),
    ("GetSessionToken", Meaning.REQUEST): "the request is not accepted: check requestParameters",
}


async def registry_login(settings: ECRAuthorizationTokenSpec, host: Host, now: datetime) -> Generated:
    """Return a login for private registries or ECR Public; raises Terminal or Retryable."""
    is_public = settings.scope == "public"
    answer = await _ask(_PUBLIC_REGISTRY if is_public else _REGISTRY, settings, host, _GET_AUTHORIZATION_TOKEN)
    # One login for all registries of an account, though in a list for private ones.
    found = answer.get("authorizationData")
    data: Any = found[0] if isinstance(found, list) and found else found
    try:
        user, colon, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        expires: datetime = data["expiresAt"]
        values = {"username": user, "password": password, "expires_at": _seconds(expires)}
        if not is_public:
            values["proxy_endpoint"] = data["proxyEndpoint"]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise no_answer(_GET_AUTHORIZATION_TOKEN.operation, "login") from None
    if not colon:
        raise no_answer(_GET_AUTHORIZATION_TOKEN.operation, "login")
    return _generated(values, expires, now)


async def session_token(settings: STSSessionTokenSpec, host: Host, now: datetime) -> Generated:
    """Return temporary keys; raises Terminal or Retryable."""
    asked = settings.request_parameters
    arguments: dict[str, Any] = {}
    if asked is not None:
        named = {
            "DurationSeconds": asked.session_duration,
            "SerialNumber": asked.serial_number,
            "TokenCode": asked.token_code,
        }
        arguments = {name: value for name, value in named.items() if value}
    call = Call("GetSessionToken", arguments)
    answer = await _ask(_STS, settings, host, call)
    try:
        keys = answer["Credentials"]
        expires: datetime = keys["Expiration"]
        values = {
            "access_key_id": keys["AccessKeyId"],
            "secret_access_key": keys["SecretAccessKey"],
            "session_token": keys["SessionToken"],
            "expiration": _seconds(expires),
        }
    except (LookupError, TypeError, AttributeError):
        raise no_answer(call.operation, "credentials") from None
    return _generated(values, expires, now)


async def _ask(service: _Service, settings: AwsGeneratorSpec, host: Host, call: Call) -> Mapping[str, Any]:
    auth = settings.auth or AwsAuth()
    if auth.secret_ref is not None:
        # The other way round than in stores.
        auth = AwsAuth(secret_ref=auth.secret_ref)
    source = await identity(auth, host)
    chain = [Hop(settings.role)] if settings.role else []
    try:
        client = await host.run_blocking(partial(_connect, service, settings.region, source, chain))
        calls = Calls(client, host, service.counted_as)
        try:
            return await calls.make(call)
        finally:
            await calls.close()
    except SDK_ERRORS as error:
        # Not chained: AWS quotes signed headers in some errors, session tokens included, and a traceback shows them.
        raise _error(error) from None


def _connect(service: _Service, region: str, source: Identity, chain: list[Hop]) -> Any:
    sdk = login(region, source, chain).session
    return sdk.client(
        service.sdk,
        region_name=service.region or region,
        endpoint_url=endpoint(service.variable),
        config=ONE_ATTEMPT,
    )


def _error(error: Exception) -> OperatorError:
    known = error_for(error)
    if not isinstance(error, ClientError):
        return known
    sentence = _SENTENCES.get((error.operation_name, meaning_of(error)))
    return Terminal(f"{error.operation_name}: {sentence}") if sentence else known


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _generated(values: Mapping[str, str], expires: datetime, now: datetime) -> Generated:
    fresh = min(DEFAULT_FRESH_SECONDS, (expires - now).total_seconds())
    return Generated({name: SecretBytes(text.encode()) for name, text in values.items()}, fresh)
