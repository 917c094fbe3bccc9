"""Gets AWS keys for an identity and signs ``sts:GetCallerIdentity`` with them. Blocks: runs in a thread.

The signed request is not sent from here: Vault sends it, and learns from AWS's answer who has signed it.
"""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.session import Session

from secrets_operator.errors import Refused
from secrets_operator.resources.providers.vault_cloud_auth import VaultIamAuth
from secrets_operator_vault.logins import aws_errors
from secrets_operator_vault.logins.aws_identities import Identity, StaticKeys, WebIdentity

_FIELD = "auth.iam"
_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
_SESSION_NAME = "secrets-operator"
_SERVER_ID_HEADER = "X-Vault-AWS-IAM-Server-ID"
# The region whose address is the global one, which Vault asks unless it is configured otherwise.
_GLOBAL = "us-east-1"
# Seconds, and no retries: the operator's queue tries again with backoff.
_CONFIG = {"connect_timeout": 5, "read_timeout": 10, "retries": {"mode": "standard", "total_max_attempts": 1}}


def signed_request(method: VaultIamAuth, identity: Identity, endpoint: str) -> dict[str, str]:
    """Return the fields of a login; raises Refused where AWS says no, Retryable where it says nothing.

    ``endpoint`` is the address of STS for roles that are assumed first, empty for AWS's own.
    """
    # On DEBUG the SDK logs whole requests, the tokens in them included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    try:
        keys = _assumed(method, _keys_of(identity, method.region, endpoint), endpoint)
    except aws_errors.ERRORS as error:
        # Not chained: the SDK's error quotes what it was called with.
        raise aws_errors.failure(error) from None
    return _signed(method, keys)


def _keys_of(identity: Identity, region: str, endpoint: str) -> Credentials:
    if isinstance(identity, StaticKeys):
        return Credentials(identity.access_key_id, identity.secret_access_key, identity.session_token or None)
    if isinstance(identity, WebIdentity):
        sts = _client(Session(), None, region, endpoint, Config(**_CONFIG, signature_version=UNSIGNED))
        return _keys_in(
            sts.assume_role_with_web_identity(
                RoleArn=identity.role, RoleSessionName=_SESSION_NAME, WebIdentityToken=identity.token
            )
        )
    return _pod_keys()


def _pod_keys() -> Credentials:
    resolver: Any = Session().get_component("credential_provider")
    found = resolver.get_provider("container-role").load()
    if found is None:
        raise Refused("the identity of the operator's pod gives no AWS keys", field=_FIELD)
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


def _assumed(method: VaultIamAuth, keys: Credentials, endpoint: str) -> Credentials:
    if not method.role:
        return keys
    external = {"ExternalId": method.external_id} if method.external_id else {}
    sts = _client(Session(), keys, method.region, endpoint, Config(**_CONFIG))
    return _keys_in(sts.assume_role(RoleArn=method.role, RoleSessionName=_SESSION_NAME, **external))


def _client(session: Session, keys: Credentials | None, region: str, endpoint: str, config: Config) -> Any:
    given = {
        "aws_access_key_id": keys.access_key if keys else None,
        "aws_secret_access_key": keys.secret_key if keys else None,
        "aws_session_token": keys.token if keys else None,
    }
    return session.create_client("sts", region_name=region, endpoint_url=endpoint or None, config=config, **given)


def _keys_in(answer: Any) -> Credentials:
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _signed(method: VaultIamAuth, keys: Credentials) -> dict[str, str]:
    host = "sts.amazonaws.com" if method.region == _GLOBAL else f"sts.{method.region}.amazonaws.com"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": host}
    if method.vault_aws_iam_server_id:
        # Signed with the rest, so that the request is of no use to another server.
        headers[_SERVER_ID_HEADER] = method.vault_aws_iam_server_id
    request = AWSRequest(method="POST", url=f"https://{host}/", data=_BODY, headers=headers)
    SigV4Auth(keys, "sts", method.region).add_auth(request)
    return {
        "iam_http_request_method": "POST",
        "iam_request_url": _encoded(f"https://{host}/"),
        "iam_request_body": _encoded(_BODY),
        "iam_request_headers": _encoded(json.dumps({name: [value] for name, value in request.headers.items()})),
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
