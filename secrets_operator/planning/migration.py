"""What the incumbents leave in a cluster that this operator has no use for. Pure.

Names are those of External Secrets Operator and Sealed Secrets; nothing else is touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from secrets_operator.flow import Object

_DOMAINS = ("externalsecrets.external-secrets.io/", "secretstore.externalsecrets.io/")
ESO_WEBHOOKS = ("externalsecret-validate", "secretstore-validate")
_ESO_NAMES = ("external-secrets", "external-secrets-webhook", "external-secrets-cert-controller")
_SEALED_NAME = "sealed-secrets-controller"


def kept_finalizers(resource: Object) -> list[str] | None:
    """Return the finalizers without those of External Secrets Operator; None when it has set none.

    Nobody removes them once that operator is gone, so a deletion would wait for ever. Those of PushSecrets, and of
    stores that something is to be deleted from, are this operator's too: see :mod:`.push_stores`.
    """
    present = resource["metadata"].get("finalizers") or []
    kept = [name for name in present if not name.startswith(_DOMAINS)]
    return kept if len(kept) < len(present) else None


def is_running(deployment: Object) -> bool:
    """Tell whether a Deployment is to have pods."""
    return bool(deployment.get("spec", {}).get("replicas", 1))


def is_of_external_secrets(deployment: Object) -> bool:
    """Tell whether a Deployment is one of External Secrets Operator's, by the labels of its chart."""
    return (deployment["metadata"].get("labels") or {}).get("app.kubernetes.io/name") in _ESO_NAMES


def is_of_sealed_secrets(deployment: Object) -> bool:
    """Tell whether a Deployment is the Sealed Secrets controller, by its chart's label or its manifest's name."""
    metadata = deployment["metadata"]
    name = (metadata.get("labels") or {}).get("app.kubernetes.io/name")
    return name == "sealed-secrets" or metadata["name"] == _SEALED_NAME


def copied_key(secret: Object, namespace: str) -> Object:
    """Return the Secret of a sealing key as it is to be made in another namespace: same name, labels and data."""
    metadata = secret["metadata"]
    kept = {member: metadata[member] for member in ("labels", "annotations") if metadata.get(member)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": metadata["name"], "namespace": namespace, **kept},
        "type": secret.get("type", "kubernetes.io/tls"),
        "data": secret.get("data") or {},
    }


def named(resources: Iterable[Object]) -> list[str]:
    """Return namespace and name of each resource, sorted, for people."""
    places = ((one["metadata"].get("namespace"), one["metadata"]["name"]) for one in resources)
    return sorted("/".join(filter(None, place)) for place in places)
