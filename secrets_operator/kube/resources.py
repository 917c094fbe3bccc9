"""The kinds of objects the operator reads and writes, and where the API server serves them.

Paths follow https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris. Names come from users'
manifests, so they are checked before they become part of a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from secrets_operator.errors import InvalidSpec


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object. ``confidential`` says that a body may hold secret values, so no answer to it is quoted."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    confidential: bool = True

    @property
    def api_version(self) -> str:
        """``apiVersion`` as it stands in a manifest."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def collection(self, namespace: str = "") -> str:
        """Return the path of all objects in ``namespace``, or in the whole cluster when it is empty.

        Raises InvalidSpec for a namespace no object can be in.
        """
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        if not namespace:
            return f"{root}/{self.plural}"
        if not self.namespaced:
            message = f"{self.kind} is cluster-wide: it cannot be looked up in namespace {namespace!r}"
            raise InvalidSpec(message, field="metadata.namespace")
        return f"{root}/namespaces/{_segment(namespace, 'metadata.namespace')}/{self.plural}"

    def path(self, namespace: str, name: str, subresource: str = "") -> str:
        """Return the path of one object, or of its ``subresource``.

        Raises InvalidSpec for a name no object can have, and for a missing namespace: without one, a request meant for
        one object would reach a whole collection.
        """
        if self.namespaced and not namespace:
            message = f"a {self.kind} is looked up in a namespace, and none is given"
            raise InvalidSpec(message, field="metadata.namespace")
        path = f"{self.collection(namespace)}/{_segment(name, 'metadata.name')}"
        return f"{path}/{subresource}" if subresource else path


def group_version_path(group: str, version: str) -> str:
    """Return where the kinds of a version of a group are listed; raises InvalidSpec for names no group can have."""
    field = "apiVersion"
    return f"/apis/{_segment(group, field)}/{_segment(version, field)}" if group else f"/api/{_segment(version, field)}"


def _segment(name: str, field: str) -> str:
    # The API server's own rule for names in paths. Without it "../x" in a manifest would leave its namespace.
    if name in {"", ".", ".."} or "/" in name or "%" in name:
        raise InvalidSpec(f"{name!r} cannot be the name of an object", field=field)
    return quote(name, safe="")


SECRETS = Resource("", "v1", "secrets", "Secret")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False, confidential=False)
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount", confidential=False)
EVENTS = Resource("", "v1", "events", "Event", confidential=False)
PODS = Resource("", "v1", "pods", "Pod")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets", "StatefulSet")
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease", confidential=False)
VALIDATING_WEBHOOK_CONFIGURATIONS = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
    confidential=False,
)
EXTERNAL_SECRETS = Resource("external-secrets.io", "v1", "externalsecrets", "ExternalSecret", confidential=False)
SECRET_STORES = Resource("external-secrets.io", "v1", "secretstores", "SecretStore", confidential=False)
CLUSTER_SECRET_STORES = Resource(
    "external-secrets.io", "v1", "clustersecretstores", "ClusterSecretStore", namespaced=False, confidential=False
)
CLUSTER_EXTERNAL_SECRETS = Resource(
    "external-secrets.io", "v1", "clusterexternalsecrets", "ClusterExternalSecret", namespaced=False, confidential=False
)
PUSH_SECRETS = Resource("external-secrets.io", "v1alpha1", "pushsecrets", "PushSecret", confidential=False)
CLUSTER_PUSH_SECRETS = Resource(
    "external-secrets.io", "v1alpha1", "clusterpushsecrets", "ClusterPushSecret", namespaced=False, confidential=False
)
TOKEN_REVIEWS = Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced=False)
SUBJECT_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False, confidential=False
)


GENERATOR_STATES = Resource(
    "generators.external-secrets.io", "v1alpha1", "generatorstates", "GeneratorState", confidential=False
)


def generators(kind: str, *, namespaced: bool = True) -> Resource:
    """Return a kind of generator; all are named and served alike."""
    return Resource("generators.external-secrets.io", "v1alpha1", f"{kind.lower()}s", kind, namespaced=namespaced)


SEALED_SECRETS = Resource("bitnami.com", "v1alpha1", "sealedsecrets", "SealedSecret", confidential=False)
