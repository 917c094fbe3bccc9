"""Which sealing keys are still needed, by what: read from what generated Secrets remember, at no cost. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from secrets_operator.flow import Object
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.sealing_key_memory import read_memory, remembered_keys

OPENABLE = "Openable"
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Inventory:
    """By fingerprint how many sealed values, and how many SealedSecrets, a key opened last."""

    items: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    """SealedSecrets that no key has opened so far, so that nothing is known of theirs."""


def inventory(sealed: Iterable[tuple[Object, str]]) -> Inventory:
    """Count the items of SealedSecrets, each given with what its Secret remembers; empty for one never opened."""
    items: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    unknown = 0
    for resource, remembered in sealed:
        memory, names = read_memory(remembered), item_names(resource)
        if memory is None:
            unknown += 1
        elif not memory.others and names:
            items[memory.usual] += len(names)
            objects[memory.usual] += 1
        else:
            counts = Counter(map(memory.of, names))
            items.update(counts)
            objects.update(counts.keys())
    return Inventory(items, objects, unknown)


def memory_of(sealed: Object, remembered: str) -> dict[str, str]:
    """Return which key opened each item of a SealedSecret, by the annotation of its Secret; empty when unknown."""
    return remembered_keys(remembered, item_names(sealed))


def item_names(sealed: Object) -> list[str]:
    """Return the names of the sealed values; the one value of the old form has the empty name."""
    spec = sealed.get("spec") or {}
    encrypted = spec.get("encryptedData")
    if spec.get("data") is not None or not isinstance(encrypted, dict):
        return [""]
    return list(encrypted)


def openable(memory: Mapping[str, str], active: frozenset[str]) -> Condition | None:
    """Return the condition of a SealedSecret whose Secret is as it should be but could not be made again.

    None when every key that opened it is active, or nothing is known.
    """
    lost: dict[str, list[str]] = {}
    for item, fingerprint in sorted(memory.items()):
        if fingerprint not in active:
            lost.setdefault(fingerprint, []).append(item)
    if not lost:
        return None
    keys = "; ".join(f"{fingerprint} ({_named(items)})" for fingerprint, items in sorted(lost.items()))
    message = (
        "the Secret stays, but these keys opened it and are not active any more, so it could not be made again: "
        f"{keys}. Restore them, or seal these items with the newest key"
    )
    return Condition(OPENABLE, False, "KeyNotActive", message)


def _named(items: list[str]) -> str:
    named = [item or "spec.data" for item in items[:_MOST_NAMED]]
    more = len(items) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
