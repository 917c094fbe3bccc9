"""What differs between two versions of a SealedSecret, key by key, without any value.

Two ciphertexts of one value are never equal, so only who can open both (or remembers a keyed digest) knows whether the
value changed; ``same_value`` answers that, and None means that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.errors import FactsError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.sealed_documents import SealedDocument

SameValue = Callable[[SealedDocument, SealedDocument, str], bool | None]
"""(old, new, item) -> whether both have the same value, None when nobody can tell."""


class ChangeKind(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    VALUE_CHANGED = "value changed"
    REENCRYPTED = "re-encrypted only"
    CIPHERTEXT_CHANGED = "ciphertext changed"
    """The value may be another one or not."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the field, what became of it, and more words where they are no secret."""

    field: str
    kind: ChangeKind
    detail: str = ""


def identities(documents: list[SealedDocument]) -> dict[str, SealedDocument]:
    """Return the documents by ``namespace/name``, which is how two versions of a file find each other."""
    return {f"{document.namespace}/{document.name}": document for document in documents}


def differences(old: SealedDocument, new: SealedDocument, same_value: SameValue) -> list[Difference]:
    """Return what differs, items first."""
    return [
        *_items(old, new, same_value),
        *_scope(old, new),
        *_other(old.body, new.body),
    ]


def _items(old: SealedDocument, new: SealedDocument, same_value: SameValue) -> Iterator[Difference]:
    before, after = old.sealed_values, new.sealed_values
    for item in sorted({*before, *after}):
        where = f"spec.encryptedData.{item}" if item else "spec.data"
        if item not in after:
            yield Difference(where, ChangeKind.REMOVED)
        elif item not in before:
            yield Difference(where, ChangeKind.ADDED)
        elif before[item] != after[item]:
            yield Difference(where, *_resealed(old, new, item, same_value))


def _resealed(old: SealedDocument, new: SealedDocument, item: str, same_value: SameValue) -> tuple[ChangeKind, str]:
    """Return what another ciphertext of an item means, and between which certificates it was recorded to move."""
    kinds = {True: ChangeKind.REENCRYPTED, False: ChangeKind.VALUE_CHANGED, None: ChangeKind.CIPHERTEXT_CHANGED}
    before, after = (_certificate(document, item) for document in (old, new))
    moved = f"{before} -> {after}" if before and after and before != after else ""
    return kinds[same_value(old, new, item)], moved


def _certificate(document: SealedDocument, item: str) -> str:
    try:
        facts = document.facts
    except FactsError:
        return ""
    sealing = facts.items.get(item) if facts else None
    return sealing.certificate if sealing else ""


def _scope(old: SealedDocument, new: SealedDocument) -> Iterator[Difference]:
    if old.scope is not new.scope:
        yield Difference("scope", ChangeKind.CHANGED, f"{old.scope} -> {new.scope}")


def _other(old: Object, new: Object) -> Iterator[Difference]:
    """Yield differences of everything but items; metadata and the type are told, texts of templates are not."""
    places = (("metadata",), ("spec", "template"), ("spec", "template", "metadata"))
    for path in places:
        yield from _members(section(old, *path), section(new, *path), ".".join(path))
    for path in (("metadata",), ("spec", "template", "metadata"), ("spec", "template")):
        for member in ("labels", "annotations") if path[-1] == "metadata" else ("data",):
            before, after = section(old, *path, member), section(new, *path, member)
            yield from _entries(before, after, ".".join((*path, member)))


def _members(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[Difference]:
    """Yield differences of single fields; what holds entries of its own is compared entry by entry."""
    for name in sorted({*old, *new} - {"labels", "annotations", "data", "metadata"}):
        if old.get(name) != new.get(name):
            shown = name in {"name", "namespace", "type", "immutable"}
            detail = f"{old.get(name)} -> {new.get(name)}" if shown else ""
            yield Difference(f"{where}.{name}", ChangeKind.CHANGED, detail)


def _entries(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[Difference]:
    for name in sorted({*old, *new} - {FACTS_ANNOTATION}):
        if name not in new:
            yield Difference(f"{where}[{name}]", ChangeKind.REMOVED)
        elif name not in old:
            yield Difference(f"{where}[{name}]", ChangeKind.ADDED)
        elif old[name] != new[name]:
            yield Difference(f"{where}[{name}]", ChangeKind.CHANGED)
