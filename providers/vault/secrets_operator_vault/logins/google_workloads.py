"""Workload Identity: the token of a Kubernetes service account becomes one of a Google account. Blocks.

The cluster's token is exchanged for a federated one, that for one of the Google account it may speak for, and with
this the account signs what Vault wants to see.
https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import requests

from secrets_operator.errors import Refused, Retryable
from secrets_operator.resources.providers.vault_cloud_auth import GcpWorkloadIdentity, VaultGcpAuth
from secrets_operator_vault.logins import google_metadata
from secrets_operator_vault.logins.ticket import GoogleServices

_FIELD = "auth.gcp.workloadIdentity"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT = (5.0, 10.0)
# How long the account's tokens last. Vault refuses logins that last for more than 15 minutes.
_LIFETIME = "600s"


class Pool(NamedTuple):
    """A cluster's pool of identities, and the address by which Google knows the cluster."""

    name: str
    provider: str


class Asking(NamedTuple):
    """Which Google account is to sign for which role of Vault, and where that is asked for."""

    email: str
    role: str
    services: GoogleServices


def pool_of(method: VaultGcpAuth, wanted: GcpWorkloadIdentity, environ: Mapping[str, str]) -> Pool:
    """Return the pool of the cluster; what the store does not say is asked of the machine's metadata server."""

    def known(given: str | None, path: str) -> str:
        return given or google_metadata.ask(environ, path, field=_FIELD)

    project = known(wanted.cluster_project_id or method.project_id, "project/project-id")
    location = known(wanted.cluster_location, "instance/attributes/cluster-location")
    name = known(wanted.cluster_name, "instance/attributes/cluster-name")
    place = f"projects/{project}/locations/{location}/clusters/{name}"
    return Pool(f"{project}.svc.id.goog", f"https://container.googleapis.com/v1/{place}")


def signed_token(asking: Asking, pool: Pool, token: str) -> str:
    """Return a login token signed by the Google account; raises Refused or Retryable."""
    exchange = {
        "audience": f"identitynamespace:{pool.name}:{pool.provider}",
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "scope": _SCOPE,
        "subjectToken": token,
        "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
    }
    federated = _answer(f"{asking.services.tokens}/v1/token", exchange, bearer="")
    account = f"{asking.services.signatures}/v1/projects/-/serviceAccounts/{asking.email}"
    wanted = {"scope": [_SCOPE], "lifetime": _LIFETIME}
    granted = _answer(f"{account}:generateAccessToken", wanted, bearer=_text(federated, "access_token"))
    # Google's own clock says when the login ends.
    ends = datetime.fromisoformat(_text(granted, "expireTime"))
    claims = {"sub": asking.email, "aud": f"vault/{asking.role}", "exp": int(ends.timestamp())}
    signed = _answer(f"{account}:signJwt", {"payload": json.dumps(claims)}, bearer=_text(granted, "accessToken"))
    return _text(signed, "signedJwt")


def _answer(url: str, body: Mapping[str, Any], *, bearer: str) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        answer = requests.post(url, json=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
        document = answer.json()
    except requests.RequestException:
        # Not chained: the error holds the request, and so the tokens.
        raise Retryable("Google Cloud does not answer", field=_FIELD) from None
    if answer.status_code == 429 or answer.status_code >= 500:
        raise Retryable(f"Google Cloud asks to try later (status {answer.status_code})", field=_FIELD)
    if answer.status_code != 200 or not isinstance(document, dict):
        raise Refused(f"Google Cloud refuses the login (status {answer.status_code})", field=_FIELD)
    return document


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    if not isinstance(found, str) or not found:
        raise Retryable("the answer is not one of Google Cloud's", field=_FIELD)
    return found
