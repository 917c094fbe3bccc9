"""Manifests as users write them, for the cluster tests."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def fake_store(namespace: str, data: dict[str, str], *, name: str = "store") -> Object:
    entries = [{"key": key, "value": value} for key, value in data.items()]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"provider": {"fake": {"data": entries}}},
    }


def shared_fake_store(name: str, data: dict[str, str], *, conditions: list[Object] | None = None) -> Object:
    """Return a ClusterSecretStore."""
    store = fake_store("", data) | {"kind": "ClusterSecretStore", "metadata": {"name": name}}
    store["spec"] |= {"conditions": conditions} if conditions is not None else {}
    return store


def cluster_external_secret(name: str, data: dict[str, str], **spec: Any) -> Object:
    """Return a ClusterExternalSecret whose ExternalSecrets read from the ClusterSecretStore of its name."""
    inner = external_secret("", data, store=name, kind="ClusterSecretStore")["spec"]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "metadata": {"name": name},
        "spec": {"externalSecretSpec": inner, **spec},
    }


def cluster_push_secret(name: str, **spec: Any) -> Object:
    """Return a ClusterPushSecret whose PushSecrets push Secret ``source`` to the ClusterSecretStore of its name."""
    inner = {
        "secretStoreRefs": [{"name": name, "kind": "ClusterSecretStore"}],
        "selector": {"secret": {"name": "source"}},
        "data": [{"match": {"secretKey": "k", "remoteRef": {"remoteKey": f"{name}-pushed"}}}],
    }
    return {
        "apiVersion": "external-secrets.io/v1alpha1",
        "kind": "ClusterPushSecret",
        "metadata": {"name": name},
        "spec": {"pushSecretSpec": inner, **spec},
    }


def push_secret(namespace: str, data: list[Object], *, name: str = "app", **spec: Any) -> Object:
    """Return a PushSecret that pushes Secret ``source`` to SecretStore ``store``."""
    return {
        "apiVersion": "external-secrets.io/v1alpha1",
        "kind": "PushSecret",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "secretStoreRefs": [{"name": "store"}],
            "selector": {"secret": {"name": "source"}},
            "data": data,
            **spec,
        },
    }


def pushed_to(key: str, member: str = "", *, of: str = "") -> Object:
    """Return an entry of a PushSecret: a key of its source, or all of it, and where it goes."""
    remote = {"remoteKey": key, **({"property": member} if member else {})}
    return {"match": {**({"secretKey": of} if of else {}), "remoteRef": remote}}


def external_secret(
    namespace: str,
    data: dict[str, str] | None = None,
    *,
    name: str = "app",
    store: str = "store",
    kind: str = "SecretStore",
    **spec: Any,
) -> Object:
    """Return an ExternalSecret with one entry of ``data`` per key: data key -> remote key, or remote key#property."""
    entries = [{"secretKey": key, "remoteRef": _remote(text)} for key, text in (data or {}).items()]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"name": store, "kind": kind},
            **({"data": entries} if entries else {}),
            **spec,
        },
    }


def aws_store(namespace: str, *, name: str = "aws", **aws: Any) -> Object:
    """Return a SecretStore for moto with its credential in Secret ``aws-credentials``."""
    reference = {"name": "aws-credentials"}
    auth = {
        "accessKeyIDSecretRef": {**reference, "key": "id"},
        "secretAccessKeySecretRef": {**reference, "key": "key"},
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "provider": {
                "aws": {"service": "SecretsManager", "region": "eu-west-1", "auth": {"secretRef": auth}, **aws}
            }
        },
    }


def vault_store(namespace: str, address: str, mount: str) -> Object:
    """Return a SecretStore for Vault with its token in Secret ``vault-token``."""
    auth = {"tokenSecretRef": {"name": "vault-token", "key": "token"}}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "vault", "namespace": namespace},
        "spec": {"provider": {"vault": {"server": address, "path": mount, "version": "v2", "auth": auth}}},
    }


def sealed_secret(namespace: str, encrypted: dict[str, str], *, name: str = "sealed", **metadata: Any) -> Object:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {"encryptedData": encrypted},
    }


def generator(namespace: str, kind: str, spec: Object, *, name: str = "make") -> Object:
    """Return a generator; without a namespace a ClusterGenerator that holds one of that kind."""
    word = kind[0].lower() + kind[1:] if kind[1].islower() else kind.lower()
    held = {"kind": kind, "generator": {f"{word}Spec": spec}}
    return {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": kind if namespace else "ClusterGenerator",
        "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
        "spec": spec if namespace else held,
    }


def generated(kind: str, *, name: str = "make", **entry: Any) -> Object:
    """Return an entry of ``dataFrom`` that a generator makes."""
    return {"sourceRef": {"generatorRef": {"kind": kind, "name": name}}, **entry}


def _remote(text: str) -> dict[str, str]:
    key, _, path = text.partition("#")
    return {"key": key, "property": path} if path else {"key": key}
