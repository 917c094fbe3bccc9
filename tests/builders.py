"""Raw Kubernetes objects for tests, as the API server sends them: keyword-based, with defaults that sync."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from secrets_operator.applying.secrets import manifest
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.namespaces import NAME_LABEL, Namespace
from secrets_operator.planning.refresh import format_time
from secrets_operator.planning.secret_state import Digester, SecretState, secret_state
from secrets_operator.planning.targets import DesiredSecret

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DIGESTER = Digester(SecretBytes(b"k" * 32))


def at(seconds: float) -> datetime:
    """Return the moment that many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def values(**data: str) -> dict[str, SecretBytes]:
    return {key: SecretBytes(value.encode()) for key, value in data.items()}


def condition(kind: str, status: str, *, reason: str = "", message: str = "", since: datetime = NOW) -> dict[str, str]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": format_time(since),
    }


def metadata(name: str, namespace: str, **others: Any) -> Object:
    base: Object = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1"}
    return {**({} if namespace else {"namespace": ""}), **base, **others}


def external_secret(
    name: str = "app", namespace: str = "team", *, spec: Object | None = None, status: Object | None = None, **meta: Any
) -> Object:
    """Build an ExternalSecret; ``spec`` replaces members of a complete one, ``meta`` members of the metadata."""
    complete = {
        "secretStoreRef": {"name": "store"},
        "data": [{"secretKey": "password", "remoteRef": {"key": "db"}}],
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(name, namespace, **meta),
        "spec": {**complete, **(spec or {})},
        **({"status": status} if status is not None else {}),
    }


def store(
    name: str = "store",
    namespace: str = "team",
    *,
    spec: Object | None = None,
    ready: bool | None = True,
    message: str = "",
    **meta: Any,
) -> Object:
    """Build a SecretStore, or without a namespace a ClusterSecretStore; ``ready`` None means never validated."""
    status = {} if ready is None else {"conditions": [condition("Ready", str(ready), message=message)]}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore" if namespace else "ClusterSecretStore",
        "metadata": metadata(name, namespace, creationTimestamp=format_time(at(-3600)), **meta),
        "spec": {"provider": {"fake": {}}, **(spec or {})},
        "status": status,
    }


def cluster_external_secret(
    name: str = "shared", *, spec: Object | None = None, status: Object | None = None, **meta: Any
) -> Object:
    """Build a ClusterExternalSecret that selects ``team: red``; ``spec`` replaces members of a complete one."""
    complete = {
        "namespaceSelectors": [{"matchLabels": {"team": "red"}}],
        "externalSecretSpec": {"dataFrom": [{"extract": {"key": "db"}}]},
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "metadata": {"name": name, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1", **meta},
        "spec": {**complete, **(spec or {})},
        **({"status": status} if status is not None else {}),
    }


def cluster_push_secret(
    name: str = "shared", *, spec: Object | None = None, status: Object | None = None, **meta: Any
) -> Object:
    """Build a ClusterPushSecret that selects ``team: red``; ``spec`` replaces members of a complete one."""
    complete = {
        "namespaceSelectors": [{"matchLabels": {"team": "red"}}],
        "pushSecretSpec": {
            "secretStoreRefs": [{"name": "vault", "kind": "ClusterSecretStore"}],
            "selector": {"secret": {"name": "db"}},
            "data": [{"match": {"remoteRef": {"remoteKey": "db"}}}],
        },
    }
    return {
        "apiVersion": "external-secrets.io/v1alpha1",
        "kind": "ClusterPushSecret",
        "metadata": {"name": name, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1", **meta},
        "spec": {**complete, **(spec or {})},
        **({"status": status} if status is not None else {}),
    }


def push_secret(
    name: str = "app", namespace: str = "team", *, spec: Object | None = None, status: Object | None = None, **meta: Any
) -> Object:
    """Build a PushSecret that pushes all of Secret ``db`` to SecretStore ``store``; ``spec`` replaces members."""
    complete = {
        "secretStoreRefs": [{"name": "store"}],
        "selector": {"secret": {"name": "db"}},
        "data": [{"match": {"remoteRef": {"remoteKey": "db"}}}],
    }
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1"}
    return {
        "apiVersion": "external-secrets.io/v1alpha1",
        "kind": "PushSecret",
        "metadata": {**metadata, **meta},
        "spec": {**complete, **(spec or {})},
        **({"status": status} if status is not None else {}),
    }


def namespace(name: str, *, terminating: bool = False, **labels: str) -> Namespace:
    """Build what is kept of a Namespace, with the label that the API server sets."""
    return Namespace(name, {NAME_LABEL: name, **labels}, terminating)


def sealed_secret(
    name: str = "app",
    namespace: str = "team",
    *,
    template: Object | None = None,
    synced: bool | None = None,
    **meta: Any,
) -> Object:
    """Build a SealedSecret; ``synced`` is what its status says about its generation."""
    made = metadata(name, namespace, **meta)
    status = {} if synced is None else {"conditions": [condition("Synced", str(synced))]}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": made,
        "spec": {"encryptedData": {"password": "AgB="}, **({"template": template} if template is not None else {})},
        "status": {**status, "observedGeneration": made["generation"]},
    }


def managed(
    manager: str,
    *,
    data: Iterable[str] = (),
    labels: Iterable[str] = (),
    annotations: Iterable[str] = (),
    operation: str = "Apply",
) -> Object:
    """Build an entry of managedFields."""
    fields: Object = {
        "f:data": {".": {}, **{f"f:{name}": {} for name in data}},
        "f:metadata": {
            "f:labels": {".": {}, **{f"f:{name}": {} for name in labels}},
            "f:annotations": {".": {}, **{f"f:{name}": {} for name in annotations}},
        },
        "f:type": {},
    }
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}


def secret(
    name: str = "app",
    namespace: str = "team",
    *,
    data: Mapping[str, str] | None = None,
    managers: Sequence[Object] = (),
    kind: str = "Opaque",
    **meta: Any,
) -> Object:
    """Build a Secret with plain-text ``data`` of type ``kind``."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata(name, namespace, **meta), "managedFields": list(managers)},
        "type": kind,
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in (data or {}).items()},
    }


def applied(desired: DesiredSecret) -> Object:
    """Build the Secret that the API server holds after ``desired`` was applied to nothing."""
    body = manifest(desired)
    entry = managed(
        desired.manager, data=desired.data.keys(), labels=desired.labels, annotations=desired.annotations.keys()
    )
    meta = {**metadata(desired.name, desired.namespace), **body["metadata"], "managedFields": [entry]}
    return {"type": "Opaque", **body, "metadata": meta}


def live(desired: DesiredSecret) -> SecretState:
    """Return the state of the Secret after ``desired`` was applied to nothing."""
    return secret_state(applied(desired), DIGESTER)
