"""ClusterGenerator: one generator for all namespaces, of a kind that its spec names."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from secrets_operator.resources.generators.acr import ACRAccessTokenSpec
from secrets_operator.resources.generators.aws import ECRAuthorizationTokenSpec, STSSessionTokenSpec
from secrets_operator.resources.generators.beyondtrust import BeyondtrustWorkloadCredentialsDynamicSecretSpec
from secrets_operator.resources.generators.cloudsmith import CloudsmithAccessTokenSpec
from secrets_operator.resources.generators.fake import FakeSpec
from secrets_operator.resources.generators.gcr import GCRAccessTokenSpec
from secrets_operator.resources.generators.github import GithubAccessTokenSpec
from secrets_operator.resources.generators.gitlab import GitlabDeployTokenSpec
from secrets_operator.resources.generators.grafana import GrafanaSpec
from secrets_operator.resources.generators.mfa import MFASpec
from secrets_operator.resources.generators.password import PasswordSpec
from secrets_operator.resources.generators.quay import QuayAccessTokenSpec
from secrets_operator.resources.generators.ssh_key import SSHKeySpec
from secrets_operator.resources.generators.uuid import UUIDSpec
from secrets_operator.resources.generators.vault import VaultDynamicSecretSpec
from secrets_operator.resources.generators.webhook import WebhookSpec
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import NamespacedGeneratorKind
from secrets_operator.resources.resource import Resource

# The first word of a kind: an acronym up to the next word, or one capital letter.
_FIRST_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]")


def spec_property(kind: str) -> str:
    """Return the property of ``spec.generator`` for a kind: ``passwordSpec``, ``ecrAuthorizationTokenSpec``."""
    return _FIRST_WORD.sub(lambda found: found[0].lower(), kind, count=1) + "Spec"


class GeneratorSpecs(Model):
    """The spec of one generator, under a property named after its kind; others than these are kept as written."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"minProperties": 1, "maxProperties": 1, "x-kubernetes-preserve-unknown-fields": True},
    )

    acr_access_token_spec: ACRAccessTokenSpec | None = Field(None, description="Spec of an ACRAccessToken.")
    beyondtrust_workload_credentials_dynamic_secret_spec: BeyondtrustWorkloadCredentialsDynamicSecretSpec | None = (
        Field(None, description="Spec of a BeyondtrustWorkloadCredentialsDynamicSecret.")
    )
    cloudsmith_access_token_spec: CloudsmithAccessTokenSpec | None = Field(
        None, description="Spec of a CloudsmithAccessToken."
    )
    ecr_authorization_token_spec: ECRAuthorizationTokenSpec | None = Field(
        None, description="Spec of an ECRAuthorizationToken."
    )
    fake_spec: FakeSpec | None = Field(None, description="Spec of a Fake.")
    gcr_access_token_spec: GCRAccessTokenSpec | None = Field(None, description="Spec of a GCRAccessToken.")
    github_access_token_spec: GithubAccessTokenSpec | None = Field(None, description="Spec of a GithubAccessToken.")
    gitlab_deploy_token_spec: GitlabDeployTokenSpec | None = Field(None, description="Spec of a GitlabDeployToken.")
    grafana_spec: GrafanaSpec | None = Field(None, description="Spec of a Grafana.")
    mfa_spec: MFASpec | None = Field(None, description="Spec of an MFA.")
    password_spec: PasswordSpec | None = Field(None, description="Spec of a Password.")
    quay_access_token_spec: QuayAccessTokenSpec | None = Field(None, description="Spec of a QuayAccessToken.")
    ssh_key_spec: SSHKeySpec | None = Field(None, description="Spec of an SSHKey.")
    sts_session_token_spec: STSSessionTokenSpec | None = Field(None, description="Spec of an STSSessionToken.")
    uuid_spec: UUIDSpec | None = Field(None, description="Spec of a UUID; it has no fields.")
    vault_dynamic_secret_spec: VaultDynamicSecretSpec | None = Field(None, description="Spec of a VaultDynamicSecret.")
    webhook_spec: WebhookSpec | None = Field(None, description="Spec of a Webhook.")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        # Specs of kinds we do not know may hold values that must not be shown.
        return []


class ClusterGeneratorSpec(Model):
    """A kind of generator and its spec."""

    kind: NamespacedGeneratorKind = Field(description="Kind of the generator.")
    generator: GeneratorSpecs = Field(
        description="The generator's spec, under a property named after the kind, such as passwordSpec."
    )


class ClusterGenerator(Resource):
    """Makes values for ExternalSecrets of every namespace; what it reads, it reads in theirs."""

    kind: Literal["ClusterGenerator"] = Field("ClusterGenerator", description="Kind of this object.")
    spec: ClusterGeneratorSpec = Field(description="A kind of generator and its spec.")
