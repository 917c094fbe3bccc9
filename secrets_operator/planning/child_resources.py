"""A resource that another resource makes in many namespaces: what is known of it, what it should be. Pure.

A child is as desired when all that its parent applied is there and its spec says nothing else. Labels and annotations
of others are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.planning.secret_state import OwnedFields, Owner, controller_of, field_owners


@dataclass(frozen=True, slots=True)
class Child:
    """A live resource of the children's kind, no matter whose."""

    namespace: str
    name: str
    uid: str
    spec: Mapping[str, Any]
    controller: Owner | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    applied: Mapping[str, OwnedFields] = field(default_factory=dict)
    """Field manager -> which labels and annotations it applied."""

    deleting: bool = False


@dataclass(frozen=True, slots=True)
class DesiredChild:
    """A child as its parent wants it: only what the parent owns."""

    namespace: str
    name: str
    parent: Owner
    manager: str
    spec: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    """Of the child it is to become, so that no other is taken for it; empty when there was none."""


def child(resource: Object) -> Child:
    """Read a child from a resource as cached."""
    metadata = resource["metadata"]
    applied, _ = field_owners(metadata.get("managedFields") or ())
    return Child(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        spec=resource["spec"],
        controller=controller_of(metadata.get("ownerReferences") or ()),
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        applied=applied,
        deleting="deletionTimestamp" in metadata,
    )


def is_child_of(live: Child, parent: Owner) -> bool:
    """Tell whether ``parent`` controls ``live``; the same kind and name count, whatever the uid.

    A resource deleted and applied again takes its children back, as in External Secrets Operator.
    """
    owner = live.controller
    return owner is not None and (owner.group, owner.kind, owner.name) == (parent.group, parent.kind, parent.name)


def is_as_desired(live: Child, desired: DesiredChild) -> bool:
    """Tell whether applying ``desired`` would change nothing, so that no call is made."""
    owned = live.applied.get(desired.manager, OwnedFields())
    return (
        live.spec == desired.spec
        and live.controller == desired.parent
        and owned.labels == desired.labels.keys()
        and owned.annotations == desired.annotations.keys()
        and desired.labels.items() <= live.labels.items()
        and desired.annotations.items() <= live.annotations.items()
    )


def surplus(live: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch (RFC 7386) that removes the members of ``live`` that ``desired`` does not have.

    Server-side apply leaves the members of other field managers: what somebody added to a spec goes only this way.
    """
    patch: dict[str, Any] = {name: None for name in live if name not in desired}
    for name, wanted in desired.items():
        found = live.get(name)
        if isinstance(wanted, Mapping) and isinstance(found, Mapping) and (below := surplus(found, wanted)):
            patch[name] = below
    return patch
