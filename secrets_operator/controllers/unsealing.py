"""Opens SealedSecrets off the event loop: RSA on all cores, templates in threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from threading import Event

from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Object
from secrets_operator.sealing.diagnosis import FailureReason
from secrets_operator.sealing.failures import Failure, UnsealError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.unseal import Result, SealedItem, Unopened, Unsealed, Unsealing

# Handing work to a thread costs little beside one private-key operation, and nothing beside this many.
_ITEMS_PER_JOB = 4


class Unsealer:
    """Turns a SealedSecret into the values of its Secret."""

    def __init__(
        self,
        keyring: Callable[[], Keyring],
        *,
        decrypting: Blocking,
        templates: TemplateRendering,
        accept_legacy: bool = True,
    ) -> None:
        """Decrypt in the threads of ``decrypting``, of which there should be as many as cores."""
        self._keyring = keyring
        self._decrypting = decrypting
        self._templates = templates
        self._accept_legacy = accept_legacy

    @property
    def has_key(self) -> bool:
        """Whether there is a key at all."""
        return bool(len(self._keyring()))

    async def unseal(self, sealed: Object, *, remembered: Mapping[str, str]) -> Unsealed:
        """Return the values, those of templates included, trying the ``remembered`` key of each item first.

        Raises UnsealError with every failing item and template, InvalidSpec for an object of another form.
        """
        unsealing = Unsealing(sealed, self._keyring(), remembered=remembered, accept_legacy=self._accept_legacy)
        results = await self._open(unsealing, Event())
        # The old form ignores the template.
        templates = {} if unsealing.is_legacy else section(sealed, "spec", "template", "data")
        try:
            unsealed = await self._finish(unsealing, results)
        except UnsealError as error:
            broken = (await self._templates.render_items(templates, None)).failures
            raise _failed(error.failures, broken) from None
        rendered = await self._templates.render_items(templates, unsealed.data)
        if rendered.failures:
            raise _failed((), rendered.failures)
        return replace(unsealed, data=rendered.data)

    async def failures(self, sealed: Object) -> list[Failure]:
        """Return why the values of a SealedSecret do not open and its templates do not parse; nothing is rendered.

        A wait that is cancelled ends the work in the threads after the value under way. Raises InvalidSpec for an
        object of another form.
        """
        try:
            unsealing = Unsealing(sealed, self._keyring(), accept_legacy=self._accept_legacy)
        except UnsealError as error:
            return list(error.failures)
        left = Event()
        try:
            results = await self._open(unsealing, left)
            failed = await self._decrypting.run(partial(unsealing.failures, results.values()))
        finally:
            left.set()
        templates = {} if unsealing.is_legacy else section(sealed, "spec", "template", "data")
        broken = (await self._templates.render_items(templates, None)).failures
        return [*failed, *_broken(broken)]

    async def _finish(self, unsealing: Unsealing, results: Mapping[str, Result]) -> Unsealed:
        # Looking for the reason of a failure takes private-key operations too.
        if any(isinstance(result, Unopened) for result in results.values()):
            return await self._decrypting.run(partial(unsealing.finish, results))
        return unsealing.finish(results)

    async def _open(self, unsealing: Unsealing, left: Event) -> dict[str, Result]:
        """Try every item, many of them in several threads at once; the results are in the order of the items.

        Once ``left`` is set nobody waits for them any more.
        """
        items = unsealing.items
        jobs = min(self._decrypting.threads, -(-len(items) // _ITEMS_PER_JOB)) or 1
        if jobs == 1:
            return await self._decrypting.run(partial(_open_all, unsealing, items, left))
        parts = [partial(_open_all, unsealing, items[start::jobs], left) for start in range(jobs)]
        opened: dict[str, Result] = {}
        for part in await asyncio.gather(*map(self._decrypting.run, parts)):
            opened |= part
        return {item.name: opened[item.name] for item in items}


def _open_all(unsealing: Unsealing, items: Sequence[SealedItem], left: Event) -> dict[str, Result]:
    return {item.name: unsealing.open(item) for item in takewhile(lambda _: not left.is_set(), items)}


def _failed(failures: Sequence[Failure], templates: Mapping[str, str]) -> UnsealError:
    return UnsealError([*failures, *_broken(templates)])


def _broken(templates: Mapping[str, str]) -> list[Failure]:
    return [Failure(FailureReason.TEMPLATE_ERROR, message, key) for key, message in sorted(templates.items())]
