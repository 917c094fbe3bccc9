"""Stores whose logins need more of the chart's roles than those of a fake one."""

from __future__ import annotations

from tests.cluster_world import Object


def aws_with_a_service_account(namespace: str, kind: str = "SecretStore") -> Object:
    """Return a store that logs in to AWS with a token of ServiceAccount ``aws`` in ``namespace``."""
    place = {"namespace": namespace}
    account = {"name": "aws"} | (place if kind == "ClusterSecretStore" else {})
    auth = {"jwt": {"serviceAccountRef": account}}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": kind,
        "metadata": {"name": "aws"} | (place if kind == "SecretStore" else {}),
        "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1", "auth": auth}}},
    }


def vault_with_a_private_authority(namespace: str) -> Object:
    """Return a ClusterSecretStore whose token and authority are in ``namespace``."""
    token = {"name": "login", "key": "token", "namespace": namespace}
    authority = {"type": "ConfigMap", "name": "authority", "key": "ca.crt", "namespace": namespace}
    vault = {
        "server": "https://127.0.0.1:1",
        "path": "kv",
        "auth": {"tokenSecretRef": token},
        "caProvider": authority,
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": {"name": "vault"},
        "spec": {"provider": {"vault": vault}},
    }
