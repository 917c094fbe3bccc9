"""Pure checks of a target Secret: is it intact, may it be written, is there anything to write.

A Secret is *intact* for a field manager when everything that manager applied is still there, unchanged: any other
writer of a key takes it out of the manager's managedFields, so the keys it still holds, with their digests, must add up
to the digest in the data-hash annotation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind
from secrets_operator.planning.marks import Marks
from secrets_operator.planning.secret_state import Digester, Owner, SecretState


@dataclass(frozen=True, slots=True)
class DesiredSecret:
    """A native Secret as one resource wants it: only the fields that resource owns."""

    name: str
    namespace: str
    manager: str
    data: Mapping[str, SecretBytes]
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owner: Owner | None = None
    """The resource it is of; named as its controller when ``controlled``."""

    controlled: bool = True
    owner_api_version: str = ""
    blocks_owner_deletion: bool = False
    type: str = ""
    """Empty leaves the type as it is (``Opaque`` for a new Secret)."""

    immutable: bool = False
    finalizers: tuple[str, ...] = ()
    kind: TargetKind = SECRET_KIND
    fields: Mapping[str, Any] | None = field(default=None, repr=False)
    """What an object that is no Secret consists of besides its metadata, in plain values; ``data`` are its leaves."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What somebody else changed: the keys, and the field managers that hold them now."""

    keys: tuple[str, ...]
    writers: tuple[str, ...]

    def __str__(self) -> str:
        keys = ", ".join(self.keys) or "metadata"
        return f"{keys} (changed by {', '.join(self.writers)})" if self.writers else keys


def secret_is_intact(state: SecretState | None, manager: str, marks: Marks, digester: Digester) -> bool:
    """Tell whether the Secret still is what ``manager`` applied; foreign keys do not count."""
    if state is None or state.deleting or not marks.labels.items() <= state.labels.items():
        return False
    owned = state.owned_by(manager).data
    if not owned <= state.digests.keys():
        return False
    return state.annotations.get(marks.hash_annotation) == digester.combine({key: state.digests[key] for key in owned})


def data_hash(data: Mapping[str, SecretBytes], digester: Digester) -> str:
    """Return the value of the data-hash annotation for applied ``data``."""
    return digester.combine({key: digester.digest(value.reveal()) for key, value in data.items()})


def nothing_to_write(desired: DesiredSecret, live: SecretState | None, digester: Digester) -> bool:
    """Tell whether applying ``desired`` would change nothing, so that no call is made."""
    if live is None or live.deleting:
        return False
    owned = live.owned_by(desired.manager)
    return (
        owned.data == desired.data.keys()
        and owned.labels == desired.labels.keys()
        and owned.annotations == desired.annotations.keys()
        and all(live.digests.get(key) == digester.digest(value.reveal()) for key, value in desired.data.items())
        and desired.labels.items() <= live.labels.items()
        and desired.annotations.items() <= live.annotations.items()
        and (desired.owner is None or (live.controller == desired.owner) == desired.controlled)
        and desired.type in ("", live.type)
        and live.finalizers.issuperset(desired.finalizers)
        and (not desired.immutable or live.immutable)
    )


def keeping_finalizers(desired: DesiredSecret, live: SecretState | None) -> DesiredSecret:
    """Return ``desired`` with the finalizers that its manager added before.

    They are never removed, as in External Secrets Operator: what they hold up may be about to happen.
    """
    added = live.owned_by(desired.manager).finalizers if live is not None else frozenset()
    if added <= set(desired.finalizers):
        return desired
    return replace(desired, finalizers=(*desired.finalizers, *sorted(added - set(desired.finalizers))))


def changed_keys(desired: DesiredSecret, live: SecretState | None, digester: Digester) -> tuple[str, ...]:
    """Return the keys whose value differs from the live one or is missing there, sorted."""
    digests = live.digests if live is not None else {}
    return tuple(
        sorted(key for key, value in desired.data.items() if digests.get(key) != digester.digest(value.reveal()))
    )


def drift_of(desired: DesiredSecret, live: SecretState, digester: Digester) -> Drift:
    """Name the keys that differ from ``desired`` and who wrote them."""
    keys = changed_keys(desired, live, digester)
    writers = {writer for key in keys for writer in live.writers.get(key, ()) if writer != desired.manager}
    return Drift(keys, tuple(sorted(writers)))


def is_taken_over(live: SecretState | None, manager: str) -> bool:
    """Tell whether another operator wrote the Secret under our manager's name, by plain updates instead of applies.

    External Secrets Operator does. Its entry would hold on to keys that we no longer apply.
    """
    if live is None or manager in live.applied:
        return False
    return any(manager in writers for writers in live.writers.values())


def secret_is_owned_by_another(live: SecretState | None, owner: Owner) -> Owner | None:
    """Return the controller that owns the Secret when it is not ``owner``.

    As in External Secrets Operator the same kind and name count as the same owner, whatever the version and the uid:
    a resource deleted and applied again takes its Secret back.
    """
    if live is None or live.controller is None:
        return None
    controller = live.controller
    if (controller.group, controller.kind, controller.name) == (owner.group, owner.kind, owner.name):
        return None
    return controller
