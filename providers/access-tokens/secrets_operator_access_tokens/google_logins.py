"""Logins to Google Cloud that google-auth knows: a service account key, federation, the operator's own identity.

The SDK signs and decides what to ask; its requests go out through the guards, since a key and the configuration of an
external account say where a token is asked for. It blocks, so it runs in threads, and this module is imported in one.
Checks of a configuration are those of External Secrets Operator
(providers/v1/gcp/secretmanager/workload_identity_federation.go).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC
from typing import Any, NamedTuple

import google.auth
from google.auth import aws, identity_pool
from google.auth.exceptions import GoogleAuthError, TransportError
from google.oauth2 import service_account

from secrets_operator.errors import InvalidSpec, OperatorError, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Host
from secrets_operator.provider.guarded_http import Reply
from secrets_operator.resources.generators.gcr import GcpAwsSecurityCredentials, GcpWorkloadIdentityFederation
from secrets_operator_access_tokens.google_workloads import ACCOUNT_ANNOTATION, SCOPE, GoogleToken
from secrets_operator_access_tokens.replies import error_for, unexpected
from secrets_operator_access_tokens.web import Call, Web

_FEDERATION = "auth.workloadIdentityFederation"
_CONFIG = f"{_FEDERATION}.credConfig"
_JWT, _AWS = "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:aws:token-type:aws4_request"
_TOKEN_URI = "https://oauth2.googleapis.com/token"
_DOMAIN = "googleapis.com"
_ACCOUNT_URL = "service_account_impersonation_url"
# More than the web itself waits.
_PATIENCE = 30.0

Subject = Callable[[], str]


class _Answer(NamedTuple):
    """A reply as the SDK reads it."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Transport:
    """Sends what the SDK wants to send, from its thread through the loop; keeps the last thing that went wrong."""

    def __init__(self, web: Web, *, field: str, of_the_machine: bool = False) -> None:
        self._web = web
        self._field = field
        self._of_the_machine = of_the_machine
        self._loop = asyncio.get_running_loop()
        self.failure: OperatorError | None = None

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 the web has its own
        **_more: Any,
    ) -> _Answer:
        content = body.encode() if isinstance(body, str) else body or b""
        field = "" if _is_google(url) or self._of_the_machine else self._field
        call = Call(
            "Authenticate",
            method,
            url,
            dict(headers or {}),
            content,
            url_field=field,
            fields=dict.fromkeys((400, 401, 403, 404), self._field),
            of_the_machine=self._of_the_machine,
        )
        asked: Future[Reply] = asyncio.run_coroutine_threadsafe(self._web.reply(call), self._loop)
        try:
            reply = asked.result(_PATIENCE)
        except OperatorError as error:
            self.failure = error
            raise _no_answer() from None
        if not 200 <= reply.status < 300:
            self.failure = error_for(reply, self._web.service, fields=call.fields)
        return _Answer(reply.status, {"content-type": "application/json"}, reply.body)


class _ShownToken(identity_pool.SubjectTokenSupplier):
    """Hands out a token that is known already."""

    def __init__(self, token: SecretBytes) -> None:
        self._token = token

    def get_subject_token(self, context: Any, request: Any) -> str:  # noqa: ARG002 the SDK's signature
        return self._token.reveal().decode()


class _ShownKeys(aws.AwsSecurityCredentialsSupplier):
    """Hands out keys of AWS that are known already."""

    def __init__(self, region: str, keys: Mapping[str, SecretBytes]) -> None:
        self._region = region
        self._keys = keys

    def get_aws_security_credentials(self, context: Any, request: Any) -> Any:  # noqa: ARG002 the SDK's signature
        known = {name: self._keys[name].reveal().decode("utf-8", "replace").strip() for name in self._keys}
        session = known.get("aws_session_token") or None
        return aws.AwsSecurityCredentials(known["aws_access_key_id"], known["aws_secret_access_key"], session)

    def get_aws_region(self, context: Any, request: Any) -> str:  # noqa: ARG002 the SDK's signature
        return self._region


async def by_key(key: SecretBytes, host: Host, web: Web, *, field: str) -> GoogleToken:
    """Return a token for a service account key; raises InvalidSpec for what is no such key, Refused or Retryable."""

    def credentials() -> Any:
        known = json.loads(key.reveal())
        if known["type"] != "service_account":
            raise ValueError(field)
        make: Any = service_account.Credentials.from_service_account_info
        return make({"token_uri": _TOKEN_URI, **known}, scopes=[SCOPE])

    says = "the Secret does not hold the JSON key of a Google service account there"
    return await _refreshed(credentials, host, _Transport(web, field=field), says=says, field=field)


async def by_federation(wanted: GcpWorkloadIdentityFederation, host: Host, web: Web) -> GoogleToken:
    """Return a token for an identity from elsewhere; raises as :func:`by_key`."""
    options: dict[str, Any] = {"audience": wanted.audience, "scopes": [SCOPE]}
    domain = wanted.universe_domain
    email = wanted.gcp_service_account_email
    if wanted.cred_config is not None:
        selector = wanted.cred_config.model_dump(exclude_none=True)
        text = await host.config_map_value(selector, field=_CONFIG)
        options, domain = configured(text, wanted), domain or _domain_of(text)
    elif wanted.service_account_ref is not None:
        account = wanted.service_account_ref
        field = f"{_FEDERATION}.serviceAccountRef"
        who = account.model_dump(exclude={"audiences"}, exclude_none=True)
        annotations = await host.service_account_annotations(who, field=field)
        email = email or annotations.get(ACCOUNT_ANNOTATION)
        shown = await host.service_account_token(who, audiences=account.audiences, field=field, seconds=900)
        options |= {"subject_token_type": _JWT, "subject_token_supplier": _ShownToken(shown)}
    else:
        assert wanted.aws_security_credentials is not None, "a spec without problems has one of three"
        keys = await _aws_keys(wanted.aws_security_credentials, host)
        supplier = _ShownKeys(wanted.aws_security_credentials.region, keys)
        options |= {"subject_token_type": _AWS, "aws_security_credentials_supplier": supplier}
    domain = domain or _DOMAIN
    options |= {"token_url": f"https://sts.{domain}/v1/token", "universe_domain": domain}
    if email:
        account_url = f"https://iamcredentials.{domain}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        options[_ACCOUNT_URL] = account_url

    def credentials() -> Any:
        kind: Any = aws.Credentials if wanted.aws_security_credentials is not None else identity_pool.Credentials
        return kind(**options)

    says = "the SDK of Google Cloud does not accept it: compare it with the documentation of external accounts"
    return await _refreshed(credentials, host, _Transport(web, field=_FEDERATION), says=says, field=_FEDERATION)


async def of_the_operator(host: Host, web: Web) -> GoogleToken:
    """Return a token of the operator itself, as Google's libraries find it; raises as :func:`by_key`."""
    transport = _Transport(web, field="auth", of_the_machine=True)

    def credentials() -> Any:
        find: Any = google.auth.default
        return find(scopes=[SCOPE], request=transport)[0]

    return await _refreshed(
        credentials, host, transport, says="the operator has no identity of Google Cloud", field="auth"
    )


def configured(text: str, wanted: GcpWorkloadIdentityFederation) -> dict[str, Any]:
    """Return the options for a configuration of an external account; raises InvalidSpec.

    It may have a token fetched from a URL that the spec names as well, and nothing of the operator's: no program, no
    file, no identity of its machine.
    """
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    if not isinstance(known, dict) or known.get("type") != "external_account":
        raise InvalidSpec(
            "is no configuration of an external account: its type must be external_account", field=_CONFIG
        )
    source = known.get("credential_source")
    source = source if isinstance(source, dict) else {}
    url = source.get("url")
    if not url or "environment_id" in source:
        raise InvalidSpec(
            "must have a credential_source with a url: files, programs and the machine of the operator are not used",
            field=_CONFIG,
        )
    if url != wanted.external_token_endpoint:
        raise InvalidSpec(
            "must be the credential_source.url of the configuration", field=f"{_FEDERATION}.externalTokenEndpoint"
        )
    domain = wanted.universe_domain or _domain_of(text)
    _require(known.get("token_url") in (None, f"https://sts.{domain}/v1/token"), "token_url", domain)
    account = known.get(_ACCOUNT_URL)
    pattern = rf"https://iamcredentials\.{re.escape(domain)}/v1/projects/-/serviceAccounts/[^\s/]+:generateAccessToken"
    _require(
        account is None or re.fullmatch(pattern, str(account)) is not None, "service_account_impersonation_url", domain
    )
    passed = (
        "client_id",
        "client_secret",
        "quota_project_id",
        "service_account_impersonation_url",
        "credential_source",
    )
    audience = wanted.audience or known.get("audience")
    if not audience:
        raise InvalidSpec("is required where the configuration has none", field=f"{_FEDERATION}.audience")
    return {
        **{name: known[name] for name in passed if known.get(name)},
        "audience": audience,
        "subject_token_type": known.get("subject_token_type") or _JWT,
        "service_account_impersonation_options": known.get("service_account_impersonation") or {},
        "scopes": [SCOPE],
    }


def _domain_of(text: str) -> str:
    return str(json.loads(text).get("universe_domain") or _DOMAIN)


def _require(holds: bool, name: str, domain: str) -> None:
    if not holds:
        raise InvalidSpec(f"{name} of the configuration is none of {domain}", field=_CONFIG)


async def _aws_keys(wanted: GcpAwsSecurityCredentials, host: Host) -> dict[str, SecretBytes]:
    field = f"{_FEDERATION}.awsSecurityCredentials.awsCredentialsSecretRef"
    selector = wanted.aws_credentials_secret_ref.model_dump(exclude_none=True)
    found = await host.secret_data(selector, labels={}, field=field)
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    keys = {name: found[name] for name in names if name in found}
    for name in names[:2]:
        if name not in keys:
            raise InvalidSpec(f"the Secret has no key {name}", field=field)
    return keys


async def _refreshed(
    credentials: Callable[[], Any], host: Host, transport: _Transport, *, says: str, field: str
) -> GoogleToken:
    """Have the SDK fetch a token, in a thread; ``says`` is for what it cannot even begin with."""

    def fetch() -> GoogleToken:
        try:
            login = credentials()
        except (ValueError, TypeError, KeyError, AttributeError, GoogleAuthError):
            # Not chained: the error may quote a key.
            raise transport.failure or InvalidSpec(says, field=field) from None
        try:
            login.refresh(transport)
        except (ValueError, TypeError, KeyError, GoogleAuthError):
            raise transport.failure or Refused("Google Cloud does not accept the login", field=field) from None
        if not login.token or login.expiry is None:
            raise unexpected("Google Cloud")
        return GoogleToken(login.token, int(login.expiry.replace(tzinfo=UTC).timestamp()))

    try:
        return await host.run_blocking(fetch)
    except TimeoutError as error:
        raise Retryable("Google Cloud does not answer in time") from error


def _no_answer() -> Exception:
    made: Any = TransportError
    error: Exception = made("no answer")
    return error


def _is_google(url: str) -> bool:
    return re.match(rf"https://[a-z0-9.-]+\.{re.escape(_DOMAIN)}/", url) is not None
