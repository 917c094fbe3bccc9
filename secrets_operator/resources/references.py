"""How a resource names another object: stores, generators, Secret keys, service accounts, CA certificates."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ConfigDict, Field

from secrets_operator.resources.formats import DnsLabel, DnsName, SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.names import GENERATORS_API_VERSION
from secrets_operator.resources.policies import StoreKind
from secrets_operator.resources.validation_rules import checked_by, exactly_one_of

NamespacedGeneratorKind = Literal[
    "ACRAccessToken",
    "BeyondtrustWorkloadCredentialsDynamicSecret",
    "CloudsmithAccessToken",
    "ECRAuthorizationToken",
    "Fake",
    "GCRAccessToken",
    "GithubAccessToken",
    "GitlabDeployToken",
    "Grafana",
    "MFA",
    "Password",
    "QuayAccessToken",
    "SSHKey",
    "STSSessionToken",
    "UUID",
    "VaultDynamicSecret",
    "Webhook",
]
GeneratorKind = Literal["ClusterGenerator", NamespacedGeneratorKind]

SOURCE_REF_RULE: Final = exactly_one_of("storeRef", "generatorRef")


class StoreRef(Model):
    """Names a SecretStore of the same namespace, or a ClusterSecretStore."""

    name: DnsName | None = Field(None, description="Name of the store.")
    kind: StoreKind = Field("SecretStore", description="Kind of the store. Default: SecretStore.")


class GeneratorRef(Model):
    """Names a generator of the same namespace, or a ClusterGenerator."""

    api_version: str = Field(
        GENERATORS_API_VERSION,
        description=f"Group and version of the generator. Default: {GENERATORS_API_VERSION}.",
    )
    kind: GeneratorKind = Field(description="Kind of the generator.")
    name: DnsName = Field(description="Name of the generator.")


class SourceRef(Model):
    """Overrides, for one entry, where its values come from."""

    model_config = ConfigDict(json_schema_extra=checked_by(SOURCE_REF_RULE))

    store_ref: StoreRef | None = Field(
        None, description="Store to read this entry from, in place of spec.secretStoreRef."
    )
    generator_ref: GeneratorRef | None = Field(
        None, description="Generator that makes the values. It has an effect in dataFrom only, not in data."
    )


class SecretKeySelector(Model):
    """One key of a Kubernetes Secret."""

    name: DnsName | None = Field(None, description="Name of the Secret.")
    namespace: DnsLabel | None = Field(
        None, description="Namespace of the Secret; heeded in a ClusterSecretStore only. Default: the consumer's."
    )
    key: SecretKey | None = Field(None, description="Key inside the Secret.")


class ServiceAccountSelector(Model):
    """A Kubernetes service account to request a token for."""

    name: DnsName = Field(description="Name of the ServiceAccount.")
    namespace: DnsLabel | None = Field(
        None,
        description="Namespace of the ServiceAccount; heeded in a ClusterSecretStore only. Default: the consumer's.",
    )
    audiences: tuple[str, ...] = Field((), description="Audiences the token is requested for.")


class CAProvider(Model):
    """Where the CA certificate of a server is kept."""

    type: Literal["Secret", "ConfigMap"] = Field(description="Kind of the object that holds the certificate.")
    name: DnsName = Field(description="Name of that object.")
    key: SecretKey | None = Field(None, description="Key inside that object.")
    namespace: DnsLabel | None = Field(
        None, description="Namespace of that object; required in a ClusterSecretStore, not allowed to differ otherwise."
    )
