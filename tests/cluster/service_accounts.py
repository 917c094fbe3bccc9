"""ServiceAccounts that may write SealedSecrets, and tokens of them."""

from __future__ import annotations

from tests.cluster_world import World

RIGHTS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{}"
CI = "ci"


def make_ci_account(world: World, namespace: str) -> None:
    """Make the ServiceAccount ``ci`` of a namespace, which may create SealedSecrets there."""
    world.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", body={"metadata": {"name": CI}})
    rule = {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": ["create"]}
    world.call("POST", RIGHTS.format(namespace, "roles"), body={"metadata": {"name": CI}, "rules": [rule]})
    binding = {
        "metadata": {"name": CI},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": CI},
        "subjects": [{"kind": "ServiceAccount", "name": CI, "namespace": namespace}],
    }
    world.call("POST", RIGHTS.format(namespace, "rolebindings"), body=binding)


def token_of_ci(world: World, namespace: str, *audiences: str) -> str:
    """Return a token of that account, by default one for the API server."""
    spec = {"expirationSeconds": 600, "audiences": list(audiences)}
    issued = world.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{CI}/token", body={"spec": spec})
    return str(issued["status"]["token"])
