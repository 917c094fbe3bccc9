"""GCRAccessToken: access tokens of Google Cloud, which its registries take for a password.

Fields: External Secrets Operator, apis/generators/v1alpha1 (types_gcr.go) and its GCP provider
(apis/externalsecrets/v1/secretstore_gcpsm_types.go).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from secrets_operator.resources.formats import DnsLabel, DnsName, NonEmpty, SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.vault_cloud_auth import GcpSecretRef, GcpWorkloadIdentity
from secrets_operator.resources.references import ServiceAccountSelector
from secrets_operator.resources.resource import Resource

_Region = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[a-z0-9-]+$")]
_Email = Annotated[str, StringConstraints(min_length=1, pattern=r"^.*@.*\.iam\.gserviceaccount\.com$")]
_Domain = Annotated[
    str,
    StringConstraints(
        max_length=238,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$",
    ),
]


class GcpConfigMapRef(Model):
    """One key of a ConfigMap."""

    name: DnsName = Field(description="Name of the ConfigMap.")
    key: SecretKey = Field(description="Key inside it.")
    namespace: DnsLabel | None = Field(None, description="Not heeded by a generator.")


class GcpAwsSecretRef(Model):
    """A Secret with the keys aws_access_key_id, aws_secret_access_key and, for temporary ones, aws_session_token."""

    name: DnsName = Field(description="Name of the Secret.")
    namespace: DnsLabel | None = Field(None, description="Not heeded by a generator.")


class GcpAwsSecurityCredentials(Model):
    """An identity of AWS that the pool trusts."""

    aws_credentials_secret_ref: GcpAwsSecretRef = Field(
        description="Secret with aws_access_key_id, aws_secret_access_key and, if temporary, aws_session_token."
    )
    region: _Region = Field(description="AWS region whose STS confirms the identity.")


class GcpWorkloadIdentityFederation(Model):
    """An identity from outside of Google Cloud, traded for one inside."""

    audience: str = Field(
        "",
        description="Resource name of the pool and its provider. Required but with credConfig, whose own it replaces.",
    )
    service_account_ref: ServiceAccountSelector | None = Field(
        None, description="ServiceAccount of this cluster that the pool trusts."
    )
    cred_config: GcpConfigMapRef | None = Field(
        None, description="ConfigMap key with the configuration of an external account, in JSON."
    )
    aws_security_credentials: GcpAwsSecurityCredentials | None = Field(
        None, description="Identity of AWS that the pool trusts."
    )
    external_token_endpoint: str = Field(
        "", description="URL that credential_source.url of the credConfig must be, if it has one."
    )
    gcp_service_account_email: _Email | None = Field(
        None, description="Google service account to become afterwards. Default: what the annotation or credConfig say."
    )
    universe_domain: _Domain | None = Field(None, description="Domain of the cloud. Default: googleapis.com.")


class GCRAuth(Model):
    """One way to log in; with none, the identity of the operator itself, which only a ClusterGenerator may use."""

    secret_ref: GcpSecretRef | None = Field(None, description="Key of a service account, kept in a Secret.")
    workload_identity: GcpWorkloadIdentity | None = Field(None, description="Workload Identity of a GKE cluster.")
    workload_identity_federation: GcpWorkloadIdentityFederation | None = Field(
        None, description="Workload Identity Federation, from any cluster."
    )


class GCRAccessTokenSpec(Model):
    """How to log in."""

    auth: GCRAuth = Field(description="How to log in; secretRef wins over workloadIdentity, and that over federation.")
    project_id: Annotated[NonEmpty, Field(alias="projectID")] = Field(description="Google Cloud project.")


class GCRAccessToken(Resource):
    """Fetches a login for the registries of Google Cloud."""

    kind: Literal["GCRAccessToken"] = Field("GCRAccessToken", description="Kind of this object.")
    spec: GCRAccessTokenSpec = Field(description="How to log in.")
