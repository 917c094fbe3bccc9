"""How a Secret shows that the operator wrote it: labels, the digest annotation, the field manager.

The names are those of External Secrets Operator where it has one, so that selectors, dashboards and migrations made
for it go on working.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from secrets_operator.resources.labels import (
    DATA_HASH_ANNOTATION,
    MANAGED_LABEL,
    OWN_ANNOTATION_PREFIX,
    RECONCILE_PREFIX,
    TRUE,
    WATCHED_LABEL,
)
from secrets_operator.resources.names import CLUSTER_EXTERNAL_SECRET, CLUSTER_PUSH_SECRET, ResourceType

WATCHED_SELECTOR = f"{WATCHED_LABEL}={TRUE}"

# What begins like this is written by the operator itself, never by a template.
OPERATOR_MARK_PREFIXES = (OWN_ANNOTATION_PREFIX, RECONCILE_PREFIX)

STATUS_MANAGER = "secrets-operator"


@dataclass(frozen=True, slots=True)
class Marks:
    """What a Secret must carry to count as ours, by the kind of resource that wrote it."""

    labels: Mapping[str, str]
    hash_annotation: str


EXTERNAL_SECRET_MARKS = Marks({MANAGED_LABEL: TRUE, WATCHED_LABEL: TRUE}, DATA_HASH_ANNOTATION)


def external_secret_marks(creation_policy: str, name: str) -> Marks:
    """Return the marks of the Secret that the ExternalSecret ``name`` writes.

    Only an owner has the Secret to itself; of several that merge into one, each needs a digest of its own.
    """
    if creation_policy == "Owner":
        return EXTERNAL_SECRET_MARKS
    return Marks(EXTERNAL_SECRET_MARKS.labels, f"{OWN_ANNOTATION_PREFIX}data-hash-{_suffix(name)}")


def generated_annotation(name: str) -> str:
    """Return the annotation by which a Secret records what the ExternalSecret ``name`` generated."""
    return f"{OWN_ANNOTATION_PREFIX}generated-{_suffix(name)}"


def _suffix(name: str) -> str:
    return hashlib.sha3_224(name.encode()).hexdigest()[:16]


SEALED_SECRET_MARKS = Marks({WATCHED_LABEL: TRUE}, f"{OWN_ANNOTATION_PREFIX}data-hash")

_EXTERNAL_SECRET_MANAGER = "externalsecrets.external-secrets.io/"
_SEALED_SECRET_MANAGER = "sealedsecrets.bitnami.com/"
# The field managers of objects that a cluster-wide resource makes begin with one of these.
FAN_OUT_MANAGER_PREFIXES = (f"{CLUSTER_EXTERNAL_SECRET.full_name}/", f"{CLUSTER_PUSH_SECRET.full_name}/")
_MANAGER_LIMIT = 63
_API_SERVER_LIMIT = 128


def external_secret_manager(name: str) -> str:
    """Return the field manager by which the ExternalSecret ``name`` writes its Secret; long names are hashed."""
    return _manager(_EXTERNAL_SECRET_MANAGER, name)


def sealed_secret_manager(name: str) -> str:
    """Return the field manager of the Secret that the SealedSecret ``name`` writes."""
    return _manager(_SEALED_SECRET_MANAGER, name)


def fan_out_manager(parent: ResourceType, name: str) -> str:
    """Return the field manager by which the resource ``name`` of a cluster-wide kind writes what it makes."""
    return _manager(f"{parent.full_name}/", name, limit=_API_SERVER_LIMIT)


def created_by(namespace: str, name: str) -> str:
    """Return the value of the created-by label: SHA3-224 of ``namespace/name``, as External Secrets Operator has it."""
    return hashlib.sha3_224(f"{namespace}/{name}".encode()).hexdigest()


def _manager(prefix: str, name: str, *, limit: int = _MANAGER_LIMIT) -> str:
    manager = prefix + name
    if len(manager) <= limit:
        return manager
    return f"{prefix}sha3/{hashlib.sha3_224(name.encode()).hexdigest()}"
