"""What to do with the target, now that the remote values are known: creation and deletion policies. Pure.

Foreign keys stay under every policy, because each owner applies only its own keys. So Orphan and CreateOrMerge differ
in nothing but how their Secret is repaired: an orphaned one is left alone until the next refresh.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.planning.targets import DesiredSecret, changed_keys

# Reasons of the condition, behind what kind of object it is about: SecretSynced, ResourceSynced.
SYNCED, DELETED, MISSING = "Synced", "Deleted", "Missing"


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


def decide(
    want: Wanted, desired: DesiredSecret, live: SecretState | None, digester: Digester, *, has_values: bool
) -> Decision:
    """Return what to do about ``desired``, the object as the fetched values would have it.

    ``has_values`` says whether any were fetched: a template may make no keys of them, or keys of none.
    """
    target = want.spec.target
    if target.creation_policy == "None":
        return _not_for_writing(want)
    is_emptied = not desired.data and live is not None and bool(live.owned_by(desired.manager).data)
    if target.deletion_policy != "Merge" and (is_emptied or not has_values):
        return _without_data(want, desired, live)
    if target.creation_policy == "Merge" and live is None:
        return _not_there(want)
    if live is not None and live.immutable and changed_keys(desired, live, digester):
        return _immutable(want)
    return desired


def unwritable(want: Wanted, live: SecretState | None) -> Leave | Refuse | None:
    """Return what is said of a target that no new values could be written to, None where they could be.

    Values that would be thrown away are not generated: a lease is held for nothing, and a token used up.
    """
    policy = want.spec.target.creation_policy
    if policy == "None":
        return _not_for_writing(want)
    if policy == "Merge" and live is None:
        return _not_there(want)
    return _immutable(want) if live is not None and live.immutable else None


def marks_are_watched(creation_policy: str) -> bool:
    """Tell whether a Secret of that policy is repaired as soon as somebody else changes it."""
    return creation_policy in ("Owner", "Merge", "CreateOrMerge")


def _without_data(want: Wanted, desired: DesiredSecret, live: SecretState | None) -> Decision:
    target, kind = want.spec.target, want.kind
    if target.deletion_policy == "Retain":
        message = f"{kind.noun} retained: the provider has no data for it any more, and deletionPolicy is Retain"
        return Leave(kind.reason(SYNCED), message)
    if target.creation_policy != "Owner":
        return Refuse(f"deletionPolicy Delete needs creationPolicy Owner: only its owner may delete a {kind.kind}")
    if live is not None and live.controller == want.owner and not _foreign_keys(live, desired.manager):
        return Remove()
    if live is not None and live.owned_by(desired.manager).data:
        # Keys of others keep it alive, and so does another owner: ours go, theirs stay.
        return desired
    return Leave(kind.reason(DELETED), f"{kind.noun} deleted: the provider has no data for it any more")


def _foreign_keys(live: SecretState, manager: str) -> frozenset[str]:
    return frozenset(key for key in live.digests if set(live.writers.get(key, ())) != {manager})


def _not_for_writing(want: Wanted) -> Leave:
    return Leave(want.kind.reason(SYNCED), f"{want.kind.noun} synced: creationPolicy None writes nothing")


def _not_there(want: Wanted) -> Leave:
    return Leave(want.kind.reason(MISSING), f"there is no {want.kind.kind} {want.target} to merge into")


def _immutable(want: Wanted) -> Leave | Refuse:
    if want.spec.target.immutable:
        return Leave(want.kind.reason(SYNCED), f"{want.kind.noun} synced once: it is immutable and stays as it is")
    return Refuse(
        f"{want.kind.kind} {want.target} is immutable and its data would change: delete it, or set target.immutable"
    )
