"""Provider ``kubernetes``: Secrets of another namespace or cluster."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from secrets_operator.resources.formats import DnsLabel
from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.certificates import TrustedCA
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector
from secrets_operator.resources.validation_rules import both_or_neither, checked_by, exactly_one_of


class KubernetesServer(TrustedCA):
    """The API server to read from."""

    url: str = Field("kubernetes.default", description="Address of the API server. Default: kubernetes.default.")


class KubernetesCertAuth(Model):
    """A client certificate."""

    model_config = ConfigDict(json_schema_extra=checked_by(both_or_neither("clientCert", "clientKey")))

    client_cert: SecretKeySelector | None = Field(None, description="Secret key that holds the certificate.")
    client_key: SecretKeySelector | None = Field(None, description="Secret key that holds the private key.")


class KubernetesTokenAuth(Model):
    """A bearer token."""

    bearer_token: SecretKeySelector | None = Field(None, description="Secret key that holds the token.")


class KubernetesAuth(Model):
    """How to log in; exactly one way."""

    model_config = ConfigDict(json_schema_extra=checked_by(exactly_one_of("cert", "token", "serviceAccount")))

    cert: KubernetesCertAuth | None = Field(None, description="Client certificate.")
    token: KubernetesTokenAuth | None = Field(None, description="Bearer token kept in a Secret.")
    service_account: ServiceAccountSelector | None = Field(
        None, description="ServiceAccount of this cluster to request a token for."
    )


class KubernetesProvider(Model):
    """The server, the login and the namespace to read."""

    model_config = ConfigDict(json_schema_extra=checked_by(exactly_one_of("auth", "authRef")))

    server: KubernetesServer = Field(default_factory=KubernetesServer, description="The API server to read from.")
    auth: KubernetesAuth | None = Field(None, description="How to log in; the operator's own identity is never used.")
    auth_ref: SecretKeySelector | None = Field(
        None, description="Secret key that holds a kubeconfig, in place of auth."
    )
    remote_namespace: DnsLabel = Field("default", description="Namespace to read Secrets from. Default: default.")
