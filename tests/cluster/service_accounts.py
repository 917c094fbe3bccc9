"""Identities with few rights: ServiceAccounts that may write SealedSecrets, with their tokens, and users by name."""

from __future__ import annotations

from typing import Any

from tests.cluster_world import World

RIGHTS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{}"
CI = "ci"


def make_ci_account(world: World, namespace: str) -> None:
    """Make the ServiceAccount ``ci`` of a namespace, which may create SealedSecrets there."""
    world.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", body={"metadata": {"name": CI}})
    rule = {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": ["create"]}
    _bind(world, namespace, {"kind": "ServiceAccount", "name": CI, "namespace": namespace}, rule)


def allow(world: World, namespace: str, user: str, resources: list[str], verbs: list[str]) -> None:
    """Let a user do something to resources of the core group in a namespace."""
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    _bind(world, namespace, subject, {"apiGroups": [""], "resources": resources, "verbs": verbs})


def _bind(world: World, namespace: str, subject: dict[str, Any], rule: dict[str, Any]) -> None:
    where = {"name": subject["name"]}
    world.call("POST", RIGHTS.format(namespace, "roles"), body={"metadata": where, "rules": [rule]})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", **where}
    body = {"metadata": where, "roleRef": role, "subjects": [subject]}
    world.call("POST", RIGHTS.format(namespace, "rolebindings"), body=body)


def token_of_ci(world: World, namespace: str, *audiences: str) -> str:
    """Return a token of that account, by default one for the API server."""
    spec = {"expirationSeconds": 600, "audiences": list(audiences)}
    issued = world.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{CI}/token", body={"spec": spec})
    return str(issued["status"]["token"])
