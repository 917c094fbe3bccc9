"""Three versions of a file merged item by item: what each side changed is taken, whatever stands on the lines beside.

In: the texts of the common ancestor, of ours and of theirs. Out: the same three texts in which every item that can be
decided is alike, so that a merge by lines finds nothing left to quarrel about but real conflicts and other lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.comparison import identities
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation
from secrets_operator.sealing.lossless.changes import Change, Drop, Put
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.sealed_documents import SealedDocument, sealed_documents


@dataclass(frozen=True, slots=True)
class Sides:
    """Something of the common ancestor, of ours and of theirs."""

    base: ManifestText
    ours: ManifestText
    theirs: ManifestText


@dataclass(frozen=True, slots=True)
class _Versions:
    """One SealedSecret on the three sides."""

    base: SealedDocument
    ours: SealedDocument
    theirs: SealedDocument


def aligned(sides: Sides) -> tuple[Sides, list[str]]:
    """Return the texts with decided items alike, and the items both sides changed; DocumentError if it cannot be."""
    conflicts: list[str] = []
    for identity in sorted(_identities(sides)):
        versions = _versions(sides, identity)
        decided, undecided = _decided(versions)
        facts = _facts(versions, decided)
        conflicts += [f"{identity}: {item}" for item in undecided]
        sides = Sides(
            *(
                _with(text, version, decided, undecided, facts)
                for text, version in (
                    (sides.base, versions.base),
                    (sides.ours, versions.ours),
                    (sides.theirs, versions.theirs),
                )
            )
        )
    return sides, conflicts


def _identities(sides: Sides) -> set[str]:
    """Return the SealedSecrets that all three sides have; others are a matter of lines."""
    base, ours, theirs = (identities(sealed_documents(text)).keys() for text in (sides.base, sides.ours, sides.theirs))
    return base & ours & theirs


def _versions(sides: Sides, identity: str) -> _Versions:
    return _Versions(*(identities(sealed_documents(text))[identity] for text in (sides.base, sides.ours, sides.theirs)))


def _decided(versions: _Versions) -> tuple[dict[str, str | None], set[str]]:
    """Return the text of each item that only one side changed (None: it goes), and the items both changed."""
    base, ours, theirs = (
        {item: text for item, text in version.items.items() if isinstance(text, str)}
        for version in (versions.base, versions.ours, versions.theirs)
    )
    decided: dict[str, str | None] = {}
    undecided = set()
    for item in {*base, *ours, *theirs}:
        before, own, other = base.get(item), ours.get(item), theirs.get(item)
        if other in {own, before}:
            decided[item] = own
        elif own == before:
            decided[item] = other
        else:
            undecided.add(item)
    return decided, undecided


def _facts(versions: _Versions, decided: Mapping[str, str | None]) -> Facts | None:
    """Return the record of the merged items: of each the one of the side it comes from."""
    ours, theirs = versions.ours.facts, versions.theirs.facts
    start = ours or theirs
    if start is None:
        return None
    record: dict[str, Sealing] = dict(ours.items) if ours else {}
    for item, text in decided.items():
        source = ours if text == versions.ours.items.get(item) else theirs
        sealing = source.items.get(item) if source else None
        if text is None or sealing is None:
            record.pop(item, None)
        else:
            record[item] = sealing
    return replace(start, items=record)


def _with(
    text: ManifestText,
    version: SealedDocument,
    decided: Mapping[str, str | None],
    undecided: set[str],
    facts: Facts | None,
) -> ManifestText:
    """Return one side's text with the decided items."""
    changes: list[Change] = []
    for item, sealed in sorted(decided.items()):
        present = version.items.get(item)
        if sealed is None and present is not None:
            changes.append(Drop(version.item_path(item)))
        elif sealed is not None and sealed != present:
            changes.append(Put(version.item_path(item), sealed))
    if facts is not None:
        path = (*version.path, "metadata", "annotations", FACTS_ANNOTATION)
        changes.append(Put(path, facts_annotation(facts.only({*decided, *undecided}))[FACTS_ANNOTATION]))
    return text.changed(version.index, changes) if changes else text
