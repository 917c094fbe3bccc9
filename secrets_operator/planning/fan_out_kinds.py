"""The kinds that make one object of another kind in every namespace that is selected. Pure.

Fields of their specs are named after the kind they make: ``externalSecretName``, ``externalSecretSpec``,
``externalSecretMetadata``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from secrets_operator.flow import Object
from secrets_operator.resources.cluster_external_secret import ExternalSecretFanOut
from secrets_operator.resources.cluster_push_secret import PushSecretFanOut
from secrets_operator.resources.conditions import PUSH_ERRORED
from secrets_operator.resources.fan_out import FanOutSpec
from secrets_operator.resources.labels import FORCE_SYNC_ANNOTATION as FORCE_SYNC
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_PUSH_SECRET,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    ResourceType,
)


@dataclass(frozen=True, slots=True)
class FanOutKind:
    """A kind of parent and the kind of its children."""

    parent: ResourceType
    child: ResourceType
    spec: type[FanOutSpec]
    """The spec of the parent but for that of the children, which is the API server's to judge."""

    noun: str
    """What a child is called in messages, as External Secrets Operator does."""

    passes_on_force_sync: bool = False
    """Whether the wish of a parent to sync now is its children's, and whether they can have none of their own."""

    unusable_reason: str = ""
    """The reason of the condition when namespaces cannot be selected; an Event says so too unless it is empty."""

    @property
    def name_field(self) -> str:
        """The field of the parent, in its spec and its status, that says what the children are called."""
        return f"{self._stem}Name"

    @property
    def spec_field(self) -> str:
        """The field of the parent's spec that is the spec of the children."""
        return f"{self._stem}Spec"

    @property
    def already_exists(self) -> str:
        """What is said of a namespace where somebody else's object has the name."""
        return (
            f"{self.noun} already exists in namespace, and not of this {self.parent.kind}: delete it, or choose "
            f"another spec.{self.name_field}"
        )

    @property
    def being_deleted(self) -> str:
        """What is said of a namespace where the former child is on its way out."""
        return f"{self.noun} is being deleted: it is made anew when it is gone"

    def child_name(self, parent: Object) -> str:
        """Return the name of the children of a parent."""
        name: str = parent["spec"].get(self.name_field) or parent["metadata"]["name"]
        return name

    def child_annotations(self, spec: FanOutSpec, own: Mapping[str, str]) -> dict[str, str]:
        """Return the annotations of the children of a parent whose annotations are ``own``."""
        given = spec.child_metadata.annotations
        if not self.passes_on_force_sync:
            return dict(given)
        passed = {FORCE_SYNC: own[FORCE_SYNC]} if FORCE_SYNC in own else {}
        return {name: text for name, text in given.items() if name != FORCE_SYNC} | passed

    @property
    def _stem(self) -> str:
        return self.child.kind[0].lower() + self.child.kind[1:]


EXTERNAL_SECRETS_EVERYWHERE: Final = FanOutKind(
    CLUSTER_EXTERNAL_SECRET, EXTERNAL_SECRET, ExternalSecretFanOut, noun="external secret", passes_on_force_sync=True
)
PUSH_SECRETS_EVERYWHERE: Final = FanOutKind(
    CLUSTER_PUSH_SECRET, PUSH_SECRET, PushSecretFanOut, noun="push secret", unusable_reason=PUSH_ERRORED
)
