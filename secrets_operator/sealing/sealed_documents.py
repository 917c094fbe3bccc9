"""The SealedSecrets in a manifest text, where they are in it, and what changing their items means for the text.

Items of a List count one by one. The recorded facts follow every change of an object that has them; an object without
is left without. Neighbours: ``lossless`` changes the text, ``facts`` has the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation, facts_of
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.lossless.changes import Change, Drop, Put, Rename
from secrets_operator.sealing.lossless.nodes import Path
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.scopes import Scope, label, scope_of

_ITEMS = ("spec", "encryptedData")
# The one value of the old form has no name of its own.
_WHOLE = ""
_FACTS = ("metadata", "annotations", FACTS_ANNOTATION)


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """One SealedSecret: the 1-based index of its document, its path in it, and its plain value."""

    index: int
    path: Path
    body: Object = field(repr=False)

    @property
    def where(self) -> str:
        """Return the place as people write it: ``document 2`` or ``document 1, items[3]``."""
        return f"document {self.index}" + "".join(f", items[{step}]" for step in self.path if isinstance(step, int))

    @property
    def name(self) -> str:
        """Return the object's name, empty when it has none."""
        return str(section(self.body, "metadata").get("name") or "")

    @property
    def namespace(self) -> str:
        """Return the object's namespace: its own, else the recorded one, else empty."""
        own = section(self.body, "metadata").get("namespace")
        facts = self.facts if not own else None
        return str(own or (facts.namespace if facts else ""))

    @property
    def scope(self) -> Scope:
        """Return the scope that the object declares."""
        return scope_of(section(self.body, "metadata", "annotations"))

    @property
    def facts(self) -> Facts | None:
        """Return the recorded facts; FactsError when they do not parse."""
        return facts_of(section(self.body, "metadata", "annotations"))

    @property
    def items(self) -> Mapping[str, Any]:
        """Return the sealed values by name."""
        return section(self.body, *_ITEMS)

    @property
    def sealed_values(self) -> Mapping[str, Any]:
        """Return the sealed values by name, with the one of the old form (``spec.data``) under an empty name."""
        whole = section(self.body, "spec").get("data")
        return dict(self.items) if whole is None else {**self.items, _WHOLE: whole}

    def bound_to(self, namespace: str = "") -> bytes:
        """Return the label of the values, with ``namespace`` where the object names none; DocumentError without any."""
        used = self.namespace or namespace
        if not used and self.scope is not Scope.CLUSTER_WIDE:
            raise DocumentError(f"{self.where}: metadata.namespace is missing: add it, or pass --namespace")
        if not self.name and self.scope is Scope.STRICT:
            raise DocumentError(f"{self.where}: metadata.name is missing")
        return label(self.scope, namespace=used, name=self.name)

    def item_path(self, item: str) -> Path:
        """Return where a sealed value is in the document."""
        return (*self.path, *_ITEMS, item) if item else (*self.path, "spec", "data")

    def sealed_again(
        self,
        values: Mapping[str, str],
        sealing: Sealing,
        *,
        new_facts: Facts | None = None,
        gone: Iterable[str] = (),
    ) -> list[Change]:
        """Return what puts sealed values into the text and takes others out.

        ``new_facts`` start the record of an object without one.
        """
        left_out = set(gone)
        changes: list[Change] = [Put(self.item_path(item), text) for item, text in values.items()]
        changes += [Drop(self.item_path(item)) for item in sorted(left_out)]
        facts = self.facts or new_facts
        named = [item for item in values if item]
        if facts is None or not (named or left_out):
            return changes
        return changes + self._recorded(facts.sealed_again(named, sealing).only({*facts.items, *named} - left_out))

    def without(self, *items: str) -> list[Change]:
        """Return what removes items from the text."""
        facts = self.facts
        changes: list[Change] = [Drop(self.item_path(item)) for item in items]
        return changes + self._recorded(facts and facts.only(set(self.items) - set(items)))

    def renamed(self, item: str, new: str) -> list[Change]:
        """Return what renames an item in the text."""
        facts = self.facts
        changes: list[Change] = [Rename(self.item_path(item), new)]
        return changes + self._recorded(facts and facts.renamed(item, new))

    def _recorded(self, facts: Facts | None) -> list[Change]:
        if facts is None:
            return []
        return [Put((*self.path, *_FACTS), facts_annotation(facts)[FACTS_ANNOTATION])]


def sealed_documents(text: ManifestText) -> list[SealedDocument]:
    """Return the SealedSecrets of a text in order, those of Lists among them."""
    return [found for document in text.documents for found in _sealed(document.index, (), document.value)]


def _sealed(index: int, path: Path, body: Any) -> Iterator[SealedDocument]:
    if not isinstance(body, dict):
        return
    if body.get("kind") == SEALED_SECRET.kind and str(body.get("apiVersion", "")).startswith(SEALED_SECRET.group + "/"):
        yield SealedDocument(index, path, body)
    elif isinstance(body.get("items"), list):
        for position, item in enumerate(body["items"]):
            yield from _sealed(index, (*path, "items", position), item)
