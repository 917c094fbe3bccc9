"""What each CustomResourceDefinition says besides its schema: names, printer columns, selectable fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from secrets_operator.resources import names
from secrets_operator.resources.cluster_external_secret import ClusterExternalSecret
from secrets_operator.resources.cluster_push_secret import ClusterPushSecret
from secrets_operator.resources.cluster_secret_store import ClusterSecretStore
from secrets_operator.resources.external_secret import ExternalSecret
from secrets_operator.resources.generators.acr import ACRAccessToken
from secrets_operator.resources.generators.aws import ECRAuthorizationToken, STSSessionToken
from secrets_operator.resources.generators.beyondtrust import BeyondtrustWorkloadCredentialsDynamicSecret
from secrets_operator.resources.generators.cloudsmith import CloudsmithAccessToken
from secrets_operator.resources.generators.cluster_generator import ClusterGenerator
from secrets_operator.resources.generators.fake import Fake
from secrets_operator.resources.generators.gcr import GCRAccessToken
from secrets_operator.resources.generators.generator_state import GeneratorState
from secrets_operator.resources.generators.github import GithubAccessToken
from secrets_operator.resources.generators.gitlab import GitlabDeployToken
from secrets_operator.resources.generators.grafana import Grafana
from secrets_operator.resources.generators.mfa import MFA
from secrets_operator.resources.generators.password import Password
from secrets_operator.resources.generators.quay import QuayAccessToken
from secrets_operator.resources.generators.ssh_key import SSHKey
from secrets_operator.resources.generators.uuid import UUID
from secrets_operator.resources.generators.vault import VaultDynamicSecret
from secrets_operator.resources.generators.webhook import Webhook
from secrets_operator.resources.labels import COMPONENT_CONTROLLER, COMPONENT_LABEL
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SEALED_SECRET,
    SECRET_STORE,
    ResourceType,
)
from secrets_operator.resources.push_secret import PushSecret
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.sealed_secret import SealedSecret
from secrets_operator.resources.secret_store import SecretStore


@dataclass(frozen=True, slots=True)
class Column:
    """One column of ``kubectl get``."""

    name: str
    path: str
    type: str = "string"


@dataclass(frozen=True, slots=True)
class Definition:
    """One CustomResourceDefinition."""

    resource: ResourceType
    model: type[Resource]
    columns: tuple[Column, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


_READY_REASON: Final = '.status.conditions[?(@.type=="Ready")].reason'
_READY_STATUS: Final = '.status.conditions[?(@.type=="Ready")].status'
_CREATED: Final = ".metadata.creationTimestamp"
_ESO_CATEGORIES: Final = ("external-secrets",)
_GENERATOR_CATEGORIES: Final = ("external-secrets", "external-secrets-generators")
_ESO_LABELS: Final = {COMPONENT_LABEL: COMPONENT_CONTROLLER}
_STORE_COLUMNS: Final = (
    Column("AGE", _CREATED, "date"),
    Column("Status", _READY_REASON),
    Column("Capabilities", ".status.capabilities"),
    Column("Ready", _READY_STATUS),
)

EXTERNAL_SECRETS: Final = Definition(
    EXTERNAL_SECRET,
    ExternalSecret,
    columns=(
        Column("StoreType", ".spec.secretStoreRef.kind"),
        Column("Store", ".spec.secretStoreRef.name"),
        Column("Refresh Interval", ".spec.refreshInterval"),
        Column("Status", _READY_REASON),
        Column("Ready", _READY_STATUS),
        Column("Last Sync", ".status.refreshTime", "date"),
    ),
    short_names=("es",),
    categories=_ESO_CATEGORIES,
    selectable=(
        ".spec.secretStoreRef.name",
        ".spec.secretStoreRef.kind",
        ".spec.target.name",
        ".spec.refreshInterval",
    ),
    labels=_ESO_LABELS,
)
SECRET_STORES: Final = Definition(
    SECRET_STORE,
    SecretStore,
    columns=_STORE_COLUMNS,
    short_names=("ss",),
    categories=_ESO_CATEGORIES,
    labels=_ESO_LABELS,
)
CLUSTER_SECRET_STORES: Final = Definition(
    CLUSTER_SECRET_STORE,
    ClusterSecretStore,
    columns=_STORE_COLUMNS,
    short_names=("css",),
    categories=_ESO_CATEGORIES,
    labels=_ESO_LABELS,
)
CLUSTER_EXTERNAL_SECRETS: Final = Definition(
    CLUSTER_EXTERNAL_SECRET,
    ClusterExternalSecret,
    columns=(
        Column("Store", ".spec.externalSecretSpec.secretStoreRef.name"),
        Column("Refresh Interval", ".spec.refreshTime"),
        Column("Ready", _READY_STATUS),
    ),
    short_names=("ces",),
    categories=_ESO_CATEGORIES,
    labels=_ESO_LABELS,
)
PUSH_SECRETS: Final = Definition(
    PUSH_SECRET,
    PushSecret,
    columns=(
        Column("AGE", _CREATED, "date"),
        Column("Status", _READY_REASON),
        Column("Last Sync", ".status.refreshTime", "date"),
    ),
    short_names=("ps",),
    categories=_ESO_CATEGORIES,
    labels=_ESO_LABELS,
)
CLUSTER_PUSH_SECRETS: Final = Definition(
    CLUSTER_PUSH_SECRET,
    ClusterPushSecret,
    columns=(
        Column("AGE", _CREATED, "date"),
        Column("Status", _READY_REASON),
        # A success has no reason, so that Status is empty when all is well.
        Column("Ready", _READY_STATUS),
    ),
    categories=_ESO_CATEGORIES,
    labels=_ESO_LABELS,
)
SEALED_SECRETS: Final = Definition(
    SEALED_SECRET,
    SealedSecret,
    columns=(
        Column("Status", ".status.conditions[0].message"),
        Column("Synced", ".status.conditions[0].status"),
        Column("Age", _CREATED, "date"),
    ),
)


def _generator(resource: ResourceType, model: type[Resource]) -> Definition:
    return Definition(resource, model, columns=(), categories=_GENERATOR_CATEGORIES, labels=_ESO_LABELS)


GENERATORS: Final = (
    _generator(names.CLUSTER_GENERATOR, ClusterGenerator),
    _generator(names.ACR_ACCESS_TOKEN, ACRAccessToken),
    _generator(names.BEYONDTRUST_DYNAMIC_SECRET, BeyondtrustWorkloadCredentialsDynamicSecret),
    _generator(names.CLOUDSMITH_ACCESS_TOKEN, CloudsmithAccessToken),
    _generator(names.ECR_AUTHORIZATION_TOKEN, ECRAuthorizationToken),
    _generator(names.FAKE, Fake),
    _generator(names.GCR_ACCESS_TOKEN, GCRAccessToken),
    _generator(names.GITHUB_ACCESS_TOKEN, GithubAccessToken),
    _generator(names.GITLAB_DEPLOY_TOKEN, GitlabDeployToken),
    _generator(names.GRAFANA, Grafana),
    _generator(names.MFA, MFA),
    _generator(names.PASSWORD, Password),
    _generator(names.QUAY_ACCESS_TOKEN, QuayAccessToken),
    _generator(names.SSH_KEY, SSHKey),
    _generator(names.STS_SESSION_TOKEN, STSSessionToken),
    _generator(names.UUID, UUID),
    _generator(names.VAULT_DYNAMIC_SECRET, VaultDynamicSecret),
    _generator(names.WEBHOOK, Webhook),
)

GENERATOR_STATES: Final = Definition(
    names.GENERATOR_STATE,
    GeneratorState,
    columns=(
        Column("GC Deadline", ".spec.garbageCollectionDeadline"),
        Column("Age", _CREATED, "date"),
    ),
    short_names=("gs",),
    categories=_GENERATOR_CATEGORIES,
    labels=_ESO_LABELS,
)

DEFINITIONS: Final = (
    EXTERNAL_SECRETS,
    SECRET_STORES,
    CLUSTER_SECRET_STORES,
    CLUSTER_EXTERNAL_SECRETS,
    PUSH_SECRETS,
    CLUSTER_PUSH_SECRETS,
    SEALED_SECRETS,
    *GENERATORS,
    GENERATOR_STATES,
)
