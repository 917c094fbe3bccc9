"""Labels and annotations that say who applied or wrote an object, and so are true of that object only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from secrets_operator.resources.labels import OWN_ANNOTATION_PREFIX, RECONCILE_PREFIX, SEALED_PREFIX

# What GitOps tools and kubectl write on the objects they apply. Copied to a Secret, it would make the tool believe
# that the Secret came from Git too, and prune it. Options of ours speak to the operator, not to the Secret's readers.
_TRACKING_PREFIXES: Final = (
    "argocd.argoproj.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "meta.helm.sh/",
    "helm.sh/",
    OWN_ANNOTATION_PREFIX,
    "config.k8s.io/",
    "kustomize.config.k8s.io/",
)
_TRACKING_NAMES: Final = frozenset({"app.kubernetes.io/instance", "app.kubernetes.io/managed-by"})
# By these an operator knows the Secrets it wrote; on a copy they would make it repair or delete what it never wrote.
_OPERATORS_PREFIXES: Final = (RECONCILE_PREFIX, SEALED_PREFIX)


def without_tracking(metadata: Mapping[str, str]) -> dict[str, str]:
    """Leave out the labels or annotations by which GitOps tools and kubectl track the objects they applied."""
    return {
        name: value
        for name, value in metadata.items()
        if not name.startswith(_TRACKING_PREFIXES) and name not in _TRACKING_NAMES
    }


def of_a_copy(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the labels or annotations that a copy of a Secret may have: no tracking, no mark of an operator."""
    return {
        name: value for name, value in without_tracking(metadata).items() if not name.startswith(_OPERATORS_PREFIXES)
    }
