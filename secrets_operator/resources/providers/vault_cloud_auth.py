"""Logins to Vault with an identity of a cloud: AWS (``iam``) and Google Cloud (``gcp``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.aws import AwsJwtAuth, AwsSecretRef
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector


class VaultIamAuth(Model):
    """A request to AWS STS, signed here and sent by Vault."""

    path: str = Field("aws", description="Mount of the login method. Default: aws.")
    region: str = Field("us-east-1", description="AWS region. Default: us-east-1.")
    role: str | None = Field(None, description="ARN of an AWS role to assume first.")
    vault_role: str = Field(description="Vault role to log in as.")
    external_id: Annotated[str | None, Field(alias="externalID")] = Field(
        None, description="External id presented when the AWS role is assumed."
    )
    vault_aws_iam_server_id: Annotated[str | None, Field(alias="vaultAwsIamServerID")] = Field(
        None, description="Value of the header X-Vault-AWS-IAM-Server-ID, when the server asks for it."
    )
    jwt: AwsJwtAuth | None = Field(
        None, description="Service account (IRSA) to get AWS credentials for; wins over secretRef."
    )
    secret_ref: AwsSecretRef | None = Field(
        None, description="Static AWS keys. Without jwt and secretRef the identity of the operator's pod is used."
    )


class GcpSecretRef(Model):
    """A Google Cloud service account key kept in a Kubernetes Secret."""

    secret_access_key_secret_ref: SecretKeySelector | None = Field(
        None, description="Secret key that holds the service account key (JSON)."
    )


class GcpWorkloadIdentity(Model):
    """A Kubernetes service account bound to a Google Cloud one."""

    service_account_ref: ServiceAccountSelector = Field(description="ServiceAccount that is bound.")
    cluster_location: str | None = Field(None, description="Location of the cluster. Default: asked of the node.")
    cluster_name: str | None = Field(None, description="Name of the cluster. Default: asked of the node.")
    cluster_project_id: Annotated[str | None, Field(alias="clusterProjectID")] = Field(
        None, description="Project of the cluster. Default: asked of the node."
    )


class VaultGcpAuth(Model):
    """A Google Cloud service account, or the machine the operator runs on."""

    path: str = Field("gcp", description="Mount of the login method. Default: gcp.")
    role: str = Field(description="Vault role to log in as.")
    project_id: Annotated[str | None, Field(alias="projectID")] = Field(None, description="Google Cloud project.")
    location: str | None = Field(None, description="Google Cloud location.")
    secret_ref: GcpSecretRef | None = Field(None, description="Service account key kept in a Secret.")
    workload_identity: GcpWorkloadIdentity | None = Field(None, description="Workload Identity.")
    service_account_ref: ServiceAccountSelector | None = Field(
        None, description="ServiceAccount to log in with as the machine's identity."
    )
