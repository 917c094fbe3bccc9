"""Workload Identity: the token of a Kubernetes service account becomes one of Google Cloud.

https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity. Requests are those of External Secrets
Operator (providers/v1/gcp/secretmanager/workload_identity.go): without an annotation the federated token is handed out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from secrets_operator.errors import Refused
from secrets_operator.provider import Host
from secrets_operator.resources.providers.vault_cloud_auth import GcpWorkloadIdentity
from secrets_operator_access_tokens.environment import GCE_METADATA_HOST
from secrets_operator_access_tokens.replies import unexpected
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, Web

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Which Google service account a Kubernetes one stands for.
ACCOUNT_ANNOTATION = "iam.gke.io/gcp-service-account"
_FIELD = "auth.workloadIdentity"
_ACCOUNT = f"{_FIELD}.serviceAccountRef"
_SERVER = "metadata.google.internal"


class GoogleToken(NamedTuple):
    """An access token and its end in Unix seconds."""

    text: str
    ends: int

    def __repr__(self) -> str:
        return f"GoogleToken(***, {self.ends})"


async def token(
    wanted: GcpWorkloadIdentity, host: Host, web: Web, places: Surroundings, *, now: datetime
) -> GoogleToken:
    """Return a token of the Google account that the annotation names, else of the cluster's pool."""
    account = wanted.service_account_ref
    selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
    annotations = await host.service_account_annotations(selector, field=_ACCOUNT)
    pool, provider = await _pool(wanted, web, places.environ)
    issued = await host.service_account_token(
        selector, audiences=(pool, *account.audiences), field=_ACCOUNT, seconds=900
    )
    call = Call("IdentityBindingToken", "POST", f"{places.google.tokens}/v1/identitybindingtoken", fields=_blamed())
    federated = await web.ask(
        call.with_json(exchange(f"identitynamespace:{pool}:{provider}", issued.reveal().decode()))
    )
    email = annotations.get(ACCOUNT_ANNOTATION)
    if not email:
        lasts = federated.get("expires_in")
        if not isinstance(lasts, int | float):
            raise unexpected(web.service)
        return GoogleToken(web.text(federated, "access_token"), int(now.timestamp() + lasts))
    bearer = web.text(federated, "access_token")
    url = f"{places.google.accounts}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
    call = Call("GenerateAccessToken", "POST", url, {"Authorization": f"Bearer {bearer}"}, fields=_blamed())
    granted = await web.ask(call.with_json({"scope": [SCOPE]}))
    try:
        ends = datetime.fromisoformat(web.text(granted, "expireTime"))
    except ValueError:
        raise unexpected(web.service) from None
    return GoogleToken(web.text(granted, "accessToken"), int(ends.timestamp()))


def exchange(audience: str, subject: str) -> dict[str, str]:
    """Return the body of the request that trades the token of a cluster (RFC 8693)."""
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token": subject,
        "audience": audience,
        "scope": SCOPE,
    }


async def _pool(wanted: GcpWorkloadIdentity, web: Web, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the pool of the cluster and the address by which Google knows it; what is not said, the machine knows."""

    async def known(given: str | None, path: str) -> str:
        if given:
            return given
        server = GCE_METADATA_HOST.read(environ) or _SERVER
        url = f"http://{server}/computeMetadata/v1/{path}"
        call = Call("GetMetadata", "GET", url, {"Metadata-Flavor": "Google"}, of_the_machine=True)
        text = (await web.body(call)).decode("utf-8", "replace").strip()
        if not text.isascii() or not text.isprintable() or not text:
            raise Refused(f"the metadata server of Google Cloud has no {path}", field=_FIELD)
        return text

    project = await known(wanted.cluster_project_id, "project/project-id")
    location = await known(wanted.cluster_location, "instance/attributes/cluster-location")
    name = await known(wanted.cluster_name, "instance/attributes/cluster-name")
    place = f"projects/{project}/locations/{location}/clusters/{name}"
    return f"{project}.svc.id.goog", f"https://container.googleapis.com/v1/{place}"


def _blamed() -> dict[int, Any]:
    return dict.fromkeys((400, 401, 403, 404), _FIELD)
