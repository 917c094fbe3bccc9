"""The cluster roles and bindings that every Kubernetes cluster starts with, as far as clients rely on them."""

from devcluster.documents import Document

_API = "rbac.authorization.k8s.io"
_LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_WORKLOADS = ["daemonsets", "deployments", "statefulsets"]
_REVIEWS = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
_HEALTH = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_HEALTH]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Document:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _workload_rules(core: list[str], verbs: list[str]) -> list[Document]:
    return [_rule([""], core, verbs), _rule(["apps"], _WORKLOADS, verbs)]


def _roles() -> dict[str, list[Document]]:
    everything = [_rule(["*"], ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    plain = ["configmaps", "events", "pods", "serviceaccounts", "services"]
    edit = [*_workload_rules([*plain, "secrets"], _WRITE), _rule(["coordination.k8s.io"], ["leases"], _WRITE)]
    rights = [_rule([_API], ["roles", "rolebindings"], _WRITE)]
    myself = [_rule(["authorization.k8s.io"], _REVIEWS, ["create"])]
    myself.append(_rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]))
    reviews = [_rule(["authentication.k8s.io"], ["tokenreviews"], ["create"])]
    reviews.append(_rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]))
    return {
        "cluster-admin": everything,
        "admin": edit + rights,
        "edit": edit,
        "view": _workload_rules(plain, _READ),
        "system:auth-delegator": reviews,
        "system:basic-user": myself,
        "system:discovery": [{"nonResourceURLs": _DISCOVERY, "verbs": ["get"]}],
        "system:public-info-viewer": [{"nonResourceURLs": _HEALTH, "verbs": ["get"]}],
    }


_BINDINGS = {
    "cluster-admin": ["system:masters"],
    "system:basic-user": ["system:authenticated"],
    "system:discovery": ["system:authenticated"],
    "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
}


def bootstrap_objects() -> list[tuple[str, Document]]:
    """Return (plural, object) pairs to create in a new cluster."""
    roles = [("clusterroles", _role(name, rules)) for name, rules in _roles().items()]
    return roles + [("clusterrolebindings", _binding(name, groups)) for name, groups in _BINDINGS.items()]


def _role(name: str, rules: list[Document]) -> Document:
    meta = {"name": name, "labels": dict(_LABELS)}
    return {"apiVersion": f"{_API}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules}


def _binding(name: str, groups: list[str]) -> Document:
    return {
        "apiVersion": f"{_API}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "labels": dict(_LABELS)},
        "roleRef": {"apiGroup": _API, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "Group", "apiGroup": _API, "name": group} for group in groups],
    }
