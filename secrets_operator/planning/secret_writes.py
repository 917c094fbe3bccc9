"""What to do with the target Secret, now that the remote values are known: creation and deletion policies. Pure.

Foreign keys stay under every policy, because each owner applies only its own keys. So Orphan and CreateOrMerge differ
in nothing but how their Secret is repaired: an orphaned one is left alone until the next refresh.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.planning.targets import DesiredSecret, changed_keys

SYNCED, DELETED, MISSING = "SecretSynced", "SecretDeleted", "SecretMissing"


@dataclass(frozen=True, slots=True)
class Leave:
    """Write nothing; ``reason`` and ``message`` say why that is right."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Writing would break a rule that only a change of the resource or of the Secret can mend."""

    message: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete the Secret: the provider definitely has nothing for it any more, and the policy says so."""


Decision = Leave | Refuse | Remove | DesiredSecret


def decide(want: Wanted, desired: DesiredSecret, live: SecretState | None, digester: Digester) -> Decision:
    """Return what to do about ``desired``, the Secret as the fetched values would have it."""
    target = want.spec.target
    if target.creation_policy == "None":
        return Leave(SYNCED, "secret synced: creationPolicy None writes nothing")
    if not desired.data and target.deletion_policy != "Merge":
        return _without_data(want, desired, live)
    if target.creation_policy == "Merge" and live is None:
        return Leave(MISSING, f"there is no Secret {desired.name} to merge into")
    if live is not None and live.immutable and changed_keys(desired, live, digester):
        return _immutable(want, desired)
    return desired


def marks_are_watched(creation_policy: str) -> bool:
    """Tell whether a Secret of that policy is repaired as soon as somebody else changes it."""
    return creation_policy in ("Owner", "Merge", "CreateOrMerge")


def _without_data(want: Wanted, desired: DesiredSecret, live: SecretState | None) -> Decision:
    target = want.spec.target
    if target.deletion_policy == "Retain":
        return Leave(SYNCED, "secret retained: the provider has no data for it any more, and deletionPolicy is Retain")
    if target.creation_policy != "Owner":
        return Refuse("deletionPolicy Delete needs creationPolicy Owner: only its owner may delete a Secret")
    if live is None:
        return Leave(DELETED, "secret deleted: the provider has no data for it any more")
    # Keys of others keep the Secret alive: ours go, theirs stay.
    return desired if _foreign_keys(live, desired.manager) else Remove()


def _foreign_keys(live: SecretState, manager: str) -> frozenset[str]:
    return frozenset(key for key in live.digests if set(live.writers.get(key, ())) != {manager})


def _immutable(want: Wanted, desired: DesiredSecret) -> Decision:
    if want.spec.target.immutable:
        return Leave(SYNCED, "secret synced once: it is immutable and stays as it is")
    return Refuse(f"Secret {desired.name} is immutable and its data would change: delete it, or set target.immutable")
