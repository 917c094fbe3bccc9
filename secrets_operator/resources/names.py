"""Groups, versions, kinds and plurals: how each resource is addressed at the API server, and tokens to the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EXTERNAL_SECRETS_GROUP: Final = "external-secrets.io"
GENERATORS_GROUP: Final = "generators.external-secrets.io"
SEALED_SECRETS_GROUP: Final = "bitnami.com"
OWN_GROUP: Final = "secrets-operator.dev"

# Whom tokens are for that are shown to the operator and to nobody else, and the header that takes them through the API
# server's proxy, which takes the usual one out.
OPERATOR_AUDIENCE: Final = "secrets-operator"
OPERATOR_TOKEN_HEADER: Final = "X-Secrets-Operator-Token"

GENERATORS_API_VERSION: Final = f"{GENERATORS_GROUP}/v1alpha1"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind; the first version is the stored one, the one objects are read and owned in."""

    group: str
    kind: str
    plural: str
    versions: tuple[str, ...]
    namespaced: bool = True

    @property
    def version(self) -> str:
        """The stored version."""
        return self.versions[0]

    @property
    def api_version(self) -> str:
        """``group/version`` of the stored version."""
        return f"{self.group}/{self.version}"

    @property
    def api_versions(self) -> tuple[str, ...]:
        """``group/version`` of every served version."""
        return tuple(f"{self.group}/{version}" for version in self.versions)

    @property
    def singular(self) -> str:
        """Lower-case singular name."""
        return self.kind.lower()

    @property
    def full_name(self) -> str:
        """Name of the CustomResourceDefinition: ``plural.group``."""
        return f"{self.plural}.{self.group}"


EXTERNAL_SECRET: Final = ResourceType(EXTERNAL_SECRETS_GROUP, "ExternalSecret", "externalsecrets", ("v1", "v1beta1"))
SECRET_STORE: Final = ResourceType(EXTERNAL_SECRETS_GROUP, "SecretStore", "secretstores", ("v1", "v1beta1"))
CLUSTER_SECRET_STORE: Final = ResourceType(
    EXTERNAL_SECRETS_GROUP, "ClusterSecretStore", "clustersecretstores", ("v1", "v1beta1"), namespaced=False
)
CLUSTER_EXTERNAL_SECRET: Final = ResourceType(
    EXTERNAL_SECRETS_GROUP, "ClusterExternalSecret", "clusterexternalsecrets", ("v1", "v1beta1"), namespaced=False
)
PUSH_SECRET: Final = ResourceType(EXTERNAL_SECRETS_GROUP, "PushSecret", "pushsecrets", ("v1alpha1",))
CLUSTER_PUSH_SECRET: Final = ResourceType(
    EXTERNAL_SECRETS_GROUP, "ClusterPushSecret", "clusterpushsecrets", ("v1alpha1",), namespaced=False
)
SEALED_SECRET: Final = ResourceType(SEALED_SECRETS_GROUP, "SealedSecret", "sealedsecrets", ("v1alpha1",))


def _generator(kind: str, *, namespaced: bool = True) -> ResourceType:
    return ResourceType(GENERATORS_GROUP, kind, f"{kind.lower()}s", ("v1alpha1",), namespaced=namespaced)


CLUSTER_GENERATOR: Final = _generator("ClusterGenerator", namespaced=False)
ACR_ACCESS_TOKEN: Final = _generator("ACRAccessToken")
BEYONDTRUST_DYNAMIC_SECRET: Final = _generator("BeyondtrustWorkloadCredentialsDynamicSecret")
CLOUDSMITH_ACCESS_TOKEN: Final = _generator("CloudsmithAccessToken")
ECR_AUTHORIZATION_TOKEN: Final = _generator("ECRAuthorizationToken")
FAKE: Final = _generator("Fake")
GCR_ACCESS_TOKEN: Final = _generator("GCRAccessToken")
GENERATOR_STATE: Final = _generator("GeneratorState")
GITHUB_ACCESS_TOKEN: Final = _generator("GithubAccessToken")
GITLAB_DEPLOY_TOKEN: Final = _generator("GitlabDeployToken")
GRAFANA: Final = _generator("Grafana")
MFA: Final = _generator("MFA")
PASSWORD: Final = _generator("Password")
QUAY_ACCESS_TOKEN: Final = _generator("QuayAccessToken")
SSH_KEY: Final = _generator("SSHKey")
STS_SESSION_TOKEN: Final = _generator("STSSessionToken")
UUID: Final = _generator("UUID")
VAULT_DYNAMIC_SECRET: Final = _generator("VaultDynamicSecret")
WEBHOOK: Final = _generator("Webhook")
