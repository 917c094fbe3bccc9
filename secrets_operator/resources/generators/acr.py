"""ACRAccessToken: logins for a registry of Azure.

Fields and defaults: External Secrets Operator, apis/generators/v1alpha1/types_acr.go.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector
from secrets_operator.resources.resource import Resource

AzureEnvironment = Literal["PublicCloud", "USGovernmentCloud", "ChinaCloud", "GermanCloud", "AzureStackCloud"]


class AzureServicePrincipalSecretRef(Model):
    """Id and secret of a service principal."""

    client_id: SecretKeySelector = Field(
        default_factory=SecretKeySelector, description="Secret key with the client id."
    )
    client_secret: SecretKeySelector = Field(
        default_factory=SecretKeySelector, description="Secret key with the client secret."
    )


class AzureServicePrincipal(Model):
    """A service principal with a secret."""

    secret_ref: AzureServicePrincipalSecretRef = Field(description="Where its id and secret are kept.")


class AzureManagedIdentity(Model):
    """An identity of the operator's machine."""

    identity_id: str = Field(
        "", description="Which one, if there are several: its client id or resource id. Default: the system's."
    )


class AzureWorkloadIdentity(Model):
    """A Kubernetes service account that stands for an identity of Azure."""

    service_account_ref: ServiceAccountSelector | None = Field(
        None, description="The ServiceAccount, with the annotations of Azure. Default: that of the operator."
    )


class ACRAuth(Model):
    """One way to log in."""

    service_principal: AzureServicePrincipal | None = Field(None, description="A service principal; needs tenantId.")
    managed_identity: AzureManagedIdentity | None = Field(None, description="An identity of the operator's machine.")
    workload_identity: AzureWorkloadIdentity | None = Field(None, description="A Kubernetes service account.")


class ACRAccessTokenSpec(Model):
    """How to log in, and what for."""

    auth: ACRAuth = Field(
        description="How to log in; servicePrincipal wins over managedIdentity, and that over workloadIdentity."
    )
    tenant_id: str = Field("", description="Tenant of Azure; required with servicePrincipal.")
    registry: NonEmpty = Field(description="Host of the registry, such as shop.azurecr.io.")
    scope: str = Field(
        "",
        description="What the token may do, such as repository:shop/web:pull. Default: all that the "
        "identity may do, by a refresh token.",
    )
    environment_type: AzureEnvironment = Field("PublicCloud", description="Which cloud. Default: PublicCloud.")


class ACRAccessToken(Resource):
    """Fetches a login for a registry of Azure."""

    kind: Literal["ACRAccessToken"] = Field("ACRAccessToken", description="Kind of this object.")
    spec: ACRAccessTokenSpec = Field(description="How to log in, and what for.")
