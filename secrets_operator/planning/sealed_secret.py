"""Decides what to do about one SealedSecret, and what its native Secret looks like. Pure.

The Secret itself remembers what it was made from: a keyed digest of the spec and the scope, and which key opened which
item. So a restart decrypts nothing that is in order, and templates that print something else each time are rendered
once for each version of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.conditions import find
from secrets_operator.planning.marks import SEALED_SECRET_MARKS, sealed_secret_manager
from secrets_operator.planning.sealing_key_memory import key_memory
from secrets_operator.planning.secret_state import LAST_APPLIED_ANNOTATION, Digester, Owner, SecretState
from secrets_operator.planning.targets import DesiredSecret, changed_keys, data_hash, secret_is_intact
from secrets_operator.resources.labels import (
    CLUSTER_WIDE_ANNOTATION,
    NAMESPACE_WIDE_ANNOTATION,
    SEALED_KEYS_ANNOTATION,
    SEALED_MANAGED_ANNOTATION,
    SEALED_PATCH_ANNOTATION,
    SEALED_SOURCE_ANNOTATION,
    SKIP_OWNER_REFERENCES_ANNOTATION,
    TRUE,
)
from secrets_operator.resources.names import SEALED_SECRET

# Part of every digest: another number makes every Secret be made anew, once.
_FORM = b"sealed-source/1\n"


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


@dataclass(frozen=True, slots=True)
class Content:
    """What decryption gave: the values, which key opened each, and the rest of the Secret (``spec.template``)."""

    data: Mapping[str, SecretBytes]
    template: Object
    opened_by: Mapping[str, str]


def plan(resource: Object, live: SecretState | None, digester: Digester) -> Settled | Blocked | Unseal:
    """Decide from the SealedSecret and the Secret alone; nothing of an earlier run is needed."""
    name = resource["metadata"]["name"]
    if not may_write(resource, live):
        return Blocked(f'Resource "{name}" already exists and is not managed by SealedSecret')
    if live is None:
        return Unseal(heals=says_synced(resource))
    intact = secret_is_intact(live, sealed_secret_manager(name), SEALED_SECRET_MARKS, digester)
    current = live.annotations.get(SEALED_SOURCE_ANNOTATION) == source_digest(resource, digester)
    if intact and current and _shell_is_intact(resource, live):
        return Settled()
    return Unseal(heals=current or (not intact and says_synced(resource)))


def source_digest(resource: Object, digester: Digester) -> str:
    """Return the keyed digest of everything that decides what the Secret is made of.

    The sealing keys are left out: what they opened once stays as it is, whichever of them come and go.
    """
    annotations = resource["metadata"].get("annotations") or {}
    scopes = [annotations.get(name) == TRUE for name in (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION)]
    return digester.digest(_FORM + orjson.dumps([scopes, resource.get("spec")], option=orjson.OPT_SORT_KEYS))


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


def desired(resource: Object, content: Content, live: SecretState | None, digester: Digester) -> DesiredSecret:
    """Return the Secret of a SealedSecret. Of the template's metadata labels and annotations count, nothing else."""
    metadata, template = resource["metadata"], content.template
    annotations = _texts(template, "annotations")
    annotations.pop(LAST_APPLIED_ANNOTATION, None)  # old sealing tools left it in, values included
    ours = {
        SEALED_SECRET_MARKS.hash_annotation: data_hash(content.data, digester),
        SEALED_SOURCE_ANNOTATION: source_digest(resource, digester),
    }
    if content.opened_by:
        ours[SEALED_KEYS_ANNOTATION] = key_memory(content.opened_by)
    return DesiredSecret(
        name=metadata["name"],
        namespace=metadata["namespace"],
        manager=sealed_secret_manager(metadata["name"]),
        data=content.data,
        labels={**_texts(template, "labels"), **SEALED_SECRET_MARKS.labels},
        annotations={**annotations, **ours},
        owner=None if _skips_owner(resource) else _owner(resource, live),
        owner_api_version=SEALED_SECRET.api_version,
        type=template.get("type") or "",
        # What is immutable cannot be made mutable again: asking for it would only be refused.
        immutable=bool(template.get("immutable")) or (live is not None and live.immutable),
    )


def obstacle(wanted: DesiredSecret, live: SecretState | None, digester: Digester) -> str:
    """Return why the API server would refuse ``wanted`` for as long as the live Secret exists; empty if nothing."""
    if live is None or live.deleting:
        return ""
    if wanted.type not in ("", live.type):
        return (
            f"Secret {wanted.name} is of type {live.type} and the template says {wanted.type}: "
            "the type of a Secret cannot be changed, delete it and it is made anew"
        )
    gone = live.owned_by(wanted.manager).data - wanted.data.keys()
    if live.immutable and (gone or changed_keys(wanted, live, digester)):
        return f"the target Secret {wanted.name} is immutable and its data would change: delete it and it is made anew"
    return ""


def _shell_is_intact(resource: Object, live: SecretState) -> bool:
    """Tell whether labels, annotations and owner are still those of the template.

    For the old form, whose template is itself encrypted, only the owner can be told.
    """
    owned = live.controller is not None and live.controller.uid == resource["metadata"]["uid"]
    if not owned and not _skips_owner(resource) and _owner(resource, live) is not None:
        return False
    if resource["spec"].get("data") is not None:
        return True
    template = resource["spec"].get("template") or {}
    annotations = _texts(template, "annotations")
    annotations.pop(LAST_APPLIED_ANNOTATION, None)
    own = {SEALED_SECRET_MARKS.hash_annotation, SEALED_SOURCE_ANNOTATION, SEALED_KEYS_ANNOTATION}
    expected = {name: text for name, text in annotations.items() if name not in own}
    labels = {**_texts(template, "labels"), **SEALED_SECRET_MARKS.labels}
    return expected.items() <= live.annotations.items() and labels.items() <= live.labels.items()


def _texts(template: Object, member: str) -> dict[str, str]:
    return dict((template.get("metadata") or {}).get(member) or {})


def _skips_owner(resource: Object) -> bool:
    # Read from the template in the old form too, whose template is ignored otherwise.
    template = resource["spec"].get("template") or {}
    return _texts(template, "annotations").get(SKIP_OWNER_REFERENCES_ANNOTATION) == TRUE


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


def says_synced(resource: Object) -> bool:
    """Tell whether the status says that this version of the spec was written."""
    status = resource.get("status") or {}
    condition = find(status.get("conditions") or (), "Synced")
    generation = resource["metadata"].get("generation", 0)
    return (
        condition is not None and condition.get("status") == "True" and status.get("observedGeneration") == generation
    )
