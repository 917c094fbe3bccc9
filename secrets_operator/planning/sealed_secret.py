"""Decides what to do about one SealedSecret, and what its native Secret looks like. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.conditions import find
from secrets_operator.planning.marks import SEALED_SECRET_MARKS, sealed_secret_manager
from secrets_operator.planning.refresh import synced_version
from secrets_operator.planning.secret_state import LAST_APPLIED_ANNOTATION, Digester, Owner, SecretState
from secrets_operator.planning.targets import DesiredSecret, data_hash, secret_is_intact
from secrets_operator.resources.labels import (
    SEALED_MANAGED_ANNOTATION,
    SEALED_PATCH_ANNOTATION,
    SKIP_OWNER_REFERENCES_ANNOTATION,
    TRUE,
)
from secrets_operator.resources.names import SEALED_SECRET


@dataclass(frozen=True, slots=True)
class Settled:
    """The Secret is what the SealedSecret says."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The Secret belongs to somebody else."""

    message: str


@dataclass(frozen=True, slots=True)
class Unseal:
    """Decrypt and apply; ``heals`` says that the Secret was changed or deleted by somebody else."""

    heals: bool = False


def plan(
    resource: Object, live: SecretState | None, *, unsealed_version: str, digester: Digester
) -> Settled | Blocked | Unseal:
    """Decide. ``unsealed_version`` is the version last unsealed by this process, empty when it did not yet."""
    metadata = resource["metadata"]
    if not may_write(resource, live):
        return Blocked(f'Resource "{metadata["name"]}" already exists and is not managed by SealedSecret')
    manager = sealed_secret_manager(metadata["name"])
    intact = secret_is_intact(live, manager, SEALED_SECRET_MARKS, digester)
    synced = _was_synced(resource)
    if intact and synced and unsealed_version in ("", synced_version(resource)):
        return Settled()
    return Unseal(heals=not intact and synced)


def may_write(resource: Object, live: SecretState | None) -> bool:
    """Tell whether the Secret is absent, this SealedSecret's own, or offered to it by annotation.

    The annotations ``managed`` and ``patch`` count on the live Secret only: its owner gives it away, nobody else.
    """
    if live is None:
        return True
    uid = resource["metadata"]["uid"]
    if live.controller is not None and live.controller.uid == uid:
        return True
    if sealed_secret_manager(resource["metadata"]["name"]) in live.applied and live.controller is None:
        return True  # written by us before, without an owner reference as its template asks
    return _says(live, SEALED_MANAGED_ANNOTATION) or _says(live, SEALED_PATCH_ANNOTATION)


def desired(
    resource: Object, data: Mapping[str, SecretBytes], live: SecretState | None, digester: Digester
) -> DesiredSecret:
    """Return the Secret of a SealedSecret, by its template. Other metadata of the template stays behind."""
    metadata, template = resource["metadata"], resource["spec"].get("template") or {}
    wanted = template.get("metadata") or {}
    annotations = dict(wanted.get("annotations") or {})
    annotations.pop(LAST_APPLIED_ANNOTATION, None)  # old sealing tools left it in, values included
    return DesiredSecret(
        name=metadata["name"],
        namespace=metadata["namespace"],
        manager=sealed_secret_manager(metadata["name"]),
        data=data,
        labels={**(wanted.get("labels") or {}), **SEALED_SECRET_MARKS.labels},
        annotations={**annotations, SEALED_SECRET_MARKS.hash_annotation: data_hash(data, digester)},
        owner=_owner(resource, live) if annotations.get(SKIP_OWNER_REFERENCES_ANNOTATION) != TRUE else None,
        owner_api_version=SEALED_SECRET.api_version,
        type=template.get("type") or "",
        immutable=bool(template.get("immutable")),
    )


def _owner(resource: Object, live: SecretState | None) -> Owner | None:
    metadata = resource["metadata"]
    owner = Owner(SEALED_SECRET.group, SEALED_SECRET.kind, metadata["name"], metadata["uid"])
    if live is None or live.controller == owner or not _says(live, SEALED_PATCH_ANNOTATION):
        return owner
    # Merged into somebody's Secret: it is taken over only when that somebody gave it away as well.
    return owner if _says(live, SEALED_MANAGED_ANNOTATION) else None


def _says(live: SecretState, annotation: str) -> bool:
    # Only the exact value counts, as upstream: "True" and "1" do not.
    return live.annotations.get(annotation) == TRUE


def _was_synced(resource: Object) -> bool:
    status = resource.get("status") or {}
    condition = find(status.get("conditions") or (), "Synced")
    generation = resource["metadata"].get("generation", 0)
    return (
        condition is not None and condition.get("status") == "True" and status.get("observedGeneration") == generation
    )
