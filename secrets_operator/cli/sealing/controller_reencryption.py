"""``seal reencrypt`` through the controller: it opens and seals, private keys stay in the cluster.

The recorded facts say which key each value is under, or the operator does, to a ServiceAccount that may write
SealedSecrets there. The controller is given the outdated items alone, so the others keep their ciphertext, and
everything else of the file stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from secrets_operator.cli.sealing.controller import Controller
from secrets_operator.cli.sealing.controller_modes import ask_controller
from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.reencryption import ItemState, NewForm, Verdict, by_record
from secrets_operator.sealing.sealed_documents import SealedDocument

_AT_A_TIME = 4
# A body may have 2 MiB and ask about 100 namespaces.
_DOCUMENTS_PER_QUESTION = 50
_CHARACTERS_PER_QUESTION = 1 << 20


@dataclass(frozen=True, slots=True)
class ControllerReencryption:
    """The controller, the fingerprint of its newest key, and whether to seal or only to look."""

    cluster: ClusterFlags
    fingerprint: str
    namespace: str
    seal: bool
    service_account: tuple[str, str] | None = None
    """Namespace and name of the ServiceAccount that asks which key values are under; without one nobody does."""

    def verdicts(self, documents: list[SealedDocument]) -> list[list[Verdict]]:
        """Return the verdicts on the items of each document, with the new text of those that were outdated."""

        async def all_of(found: Controller) -> list[list[Verdict]]:
            known = await self._looked_at(found, documents)
            if not self.seal:
                return known
            turns = asyncio.Semaphore(_AT_A_TIME)
            pairs = zip(documents, known, strict=True)
            return await asyncio.gather(*(self._sealed(found, document, of, turns) for document, of in pairs))

        if not self.seal and self.service_account is None:
            return [self._by_record(document) for document in documents]
        return ask_controller(self.cluster, all_of)

    async def _looked_at(self, found: Controller, documents: list[SealedDocument]) -> list[list[Verdict]]:
        """Return the state of every item, by the controller's word or else by the record."""
        if self.service_account is None:
            return [self._by_record(document) for document in documents]
        token = await found.token_of(*self.service_account)
        verdicts = []
        for batch in _batches(documents):
            answers = await found.verdicts([self._addressed(document, document.body) for document in batch], token)
            for document, told in zip(batch, answers, strict=True):
                verdicts.append([self._told(document, item, told) for item in sorted(document.sealed_values)])
        return verdicts

    def _by_record(self, document: SealedDocument) -> list[Verdict]:
        return [by_record(document, item, newest=self.fingerprint) for item in sorted(document.sealed_values)]

    def _told(self, document: SealedDocument, item: str, told: Object) -> Verdict:
        """Return the state of one item by what the operator says of its document."""
        by_facts = by_record(document, item, newest=self.fingerprint)
        said = section(told, "items").get(item)
        if not isinstance(said, dict):
            unknown = by_facts.state is ItemState.UNKNOWN and "error" in told
            return replace(by_facts, reason=str(told["error"])) if unknown else by_facts
        key = said.get("key")
        if not key:
            return Verdict(item, ItemState.FAILED, str(said.get("message") or said.get("reason") or "it does not open"))
        if not item:
            return by_facts
        return Verdict(item, *self._compared(str(key)))

    def _compared(self, key: str) -> tuple[ItemState, str]:
        return (ItemState.CURRENT, "") if key == self.fingerprint else (ItemState.OUTDATED, f"it is under {key}")

    async def _sealed(
        self, found: Controller, document: SealedDocument, verdicts: list[Verdict], turns: asyncio.Semaphore
    ) -> list[Verdict]:
        """Return the verdicts with the new texts; what the controller refuses has failed together."""
        wanted = [one.item for one in verdicts if one.state in {ItemState.OUTDATED, ItemState.UNKNOWN}]
        if not wanted:
            return verdicts
        try:
            async with turns:
                answer = await found.sealed_again(self._addressed(document, _only(document, wanted)))
            spec = section(answer, "spec")
            texts = section(answer, "spec", "encryptedData")
        except OperatorError as error:
            return [
                replace(one, state=ItemState.FAILED, reason=str(error)) if one.item in wanted else one
                for one in verdicts
            ]
        return [_again(one, texts, section(spec, "template")) if one.item in wanted else one for one in verdicts]

    def _addressed(self, document: SealedDocument, body: Object) -> Object:
        """Return the object as the cluster would have it: with its namespace."""
        metadata = section(body, "metadata")
        namespace = document.namespace or self.namespace
        return {**body, "metadata": {**metadata, "namespace": namespace} if namespace else metadata}


def _only(document: SealedDocument, items: list[str]) -> Object:
    """Return the object with these items alone and without templates, whose output would take the place of items."""
    if "" in items:
        return document.body
    spec = section(document.body, "spec")
    template = {name: member for name, member in section(spec, "template").items() if name != "data"}
    sealed = {item: document.items[item] for item in items}
    return {**document.body, "spec": {**spec, "template": template, "encryptedData": sealed}}


def _again(verdict: Verdict, texts: Mapping[str, Any], template: Object) -> Verdict:
    """Return the verdict on what the controller sealed again."""
    if not verdict.item:
        items = {item: text for item, text in texts.items() if isinstance(text, str) and text}
        if items and len(items) == len(texts):
            return Verdict("", ItemState.OUTDATED, verdict.reason, new_form=NewForm(items, template))
        return Verdict("", ItemState.FAILED, "the controller did not answer with its items")
    text = texts.get(verdict.item)
    if not isinstance(text, str) or not text:
        return Verdict(verdict.item, ItemState.FAILED, "the controller did not answer with this item")
    return Verdict(verdict.item, ItemState.OUTDATED, text=text)


def _batches(documents: list[SealedDocument]) -> Iterator[list[SealedDocument]]:
    """Yield the documents in portions that one question may hold."""
    batch: list[SealedDocument] = []
    size = 0
    for document in documents:
        characters = sum(len(str(text)) for text in document.sealed_values.values())
        if batch and (len(batch) == _DOCUMENTS_PER_QUESTION or size + characters > _CHARACTERS_PER_QUESTION):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += characters
    if batch:
        yield batch
