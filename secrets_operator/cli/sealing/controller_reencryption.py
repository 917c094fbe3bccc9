"""``seal reencrypt`` through the controller: it opens and seals, private keys stay in the cluster.

The controller seals a whole SealedSecret again; of its answer only the items are taken that are not recorded under its
newest key, so the others keep their ciphertext, and everything else of the file stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from secrets_operator.cli.sealing.controller import Controller
from secrets_operator.cli.sealing.controller_modes import ask_controller
from secrets_operator.cli.sealing.flags import ConnectionFlags, ControllerFlags
from secrets_operator.errors import OperatorError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.reencryption import ItemState, Verdict
from secrets_operator.sealing.sealed_documents import SealedDocument

_OLD_FORM = "the controller changes the form of spec.data: pass --recovery-private-key"
_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class ControllerReencryption:
    """The controller, and the fingerprint of its newest key."""

    controller: ControllerFlags
    connection: ConnectionFlags
    fingerprint: str
    namespace: str

    def verdicts(self, documents: list[SealedDocument]) -> list[list[Verdict]]:
        """Return the verdicts on the items of each document, with the new text of those that were outdated."""

        async def all_of(found: Controller) -> list[list[Verdict]]:
            turns = asyncio.Semaphore(_AT_A_TIME)
            return await asyncio.gather(*(self._of(found, document, turns) for document in documents))

        return ask_controller(self.controller, self.connection, all_of)

    async def _of(self, found: Controller, document: SealedDocument, turns: asyncio.Semaphore) -> list[Verdict]:
        """Return the verdicts on one document; what the controller refuses has failed as a whole."""
        items = sorted(document.sealed_values)
        outdated = [item for item in items if not self._is_current(document, item)]
        if not outdated:
            return [Verdict(item, ItemState.CURRENT) for item in items]
        if "" in outdated:
            return [Verdict(item, ItemState.FAILED, _OLD_FORM) for item in items]
        try:
            async with turns:
                answer = await found.sealed_again(self._addressed(document))
            texts = section(answer, "spec", "encryptedData")
        except OperatorError as error:
            return [Verdict(item, ItemState.FAILED, str(error)) for item in outdated]
        return [_verdict(item, item in outdated, texts) for item in items]

    def _is_current(self, document: SealedDocument, item: str) -> bool:
        facts = document.facts
        sealing = facts.items.get(item) if facts else None
        return sealing is not None and sealing.certificate == self.fingerprint

    def _addressed(self, document: SealedDocument) -> dict[str, object]:
        """Return the object as the cluster would have it: with its namespace."""
        metadata = section(document.body, "metadata")
        namespace = document.namespace or self.namespace
        return {**document.body, "metadata": {**metadata, "namespace": namespace} if namespace else metadata}


def _verdict(item: str, is_outdated: bool, texts: Mapping[str, object]) -> Verdict:
    if not is_outdated:
        return Verdict(item, ItemState.CURRENT)
    text = texts.get(item)
    if not isinstance(text, str) or not text:
        return Verdict(item, ItemState.FAILED, "the controller did not answer with this item")
    return Verdict(item, ItemState.OUTDATED, text=text)
