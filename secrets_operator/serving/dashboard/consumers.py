"""Which workloads use a Secret, by their pod templates. Pure: names are read, nothing else of a workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secrets_operator.flow import Object

# Their pods are named by the workload that made them.
_CONTROLLED = frozenset({"ReplicaSet", "StatefulSet", "DaemonSet"})


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment, StatefulSet, DaemonSet or Pod: the Secrets that it names, and how it uses each."""

    name: str
    secrets: Mapping[str, tuple[str, ...]]


def workload(found: Object) -> Workload:
    """Read an object; a pod that belongs to a workload which is listed itself names nothing."""
    spec = found.get("spec") or {}
    pod = (spec.get("template") or {}).get("spec") or spec
    secrets: dict[str, tuple[str, ...]] = {}
    if not _is_of_another(found):
        for how, name in _named(pod):
            if name and how not in secrets.get(name, ()):
                secrets[name] = (*secrets.get(name, ()), how)
    return Workload(found["metadata"]["name"], secrets)


def _is_of_another(found: Object) -> bool:
    return any(one.get("kind") in _CONTROLLED for one in found["metadata"].get("ownerReferences") or ())


def _named(pod: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for volume in pod.get("volumes") or ():
        yield "volume", (volume.get("secret") or {}).get("secretName")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield "volume", (source.get("secret") or {}).get("name")
        yield "volume", ((volume.get("csi") or {}).get("nodePublishSecretRef") or {}).get("name")
    for pull in pod.get("imagePullSecrets") or ():
        yield "image pulls", pull.get("name")
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        for source in container.get("envFrom") or ():
            yield "environment", (source.get("secretRef") or {}).get("name")
        for variable in container.get("env") or ():
            yield "environment", ((variable.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name")
