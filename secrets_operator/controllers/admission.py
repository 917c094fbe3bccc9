"""Judges resources at the moment they are applied, by the same code as the controllers that act on them later.

A courtesy and never the control: what gets past it is caught by the resource's condition. So whatever keeps it from
judging in time (a full thread pool, an API server that does not answer) lets the request through, with a warning.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.errors import InvalidSpec, OperatorError
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.sessions import Denial
from secrets_operator.fetching.store_objects import provider_faults, provider_of
from secrets_operator.flow import Key, Object
from secrets_operator.planning import admission as rules
from secrets_operator.planning.admission import Findings, Review, Verdict
from secrets_operator.planning.controller_classes import is_of_another, is_of_class, named_sources
from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE
from secrets_operator.planning.push_secret import WantedPush, named_stores
from secrets_operator.planning.scope import is_worked_on
from secrets_operator.provider import notice_of
from secrets_operator.provider.discovery import Providers
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SEALED_SECRET,
    SECRET_STORE,
)
from secrets_operator.sealing.failures import Failure
from secrets_operator.settings import Settings

# Well below the timeout of the webhook, which is 5 seconds: an answer that comes too late is none.
_SECONDS = 3.0
# Whoever applies a folder of a thousand files sends them a few at a time.
_MOST_WAITING = 64
_NOT_JUDGED = "not checked before it was applied"
_BUSY = f"{_NOT_JUDGED}, because the operator is busy: see its condition"


@dataclass(frozen=True, slots=True)
class Judges:
    """What judging takes: stores and generators as cached, who may use a store, who reads providers and ciphertext."""

    sources: Callable[[Key], Object | None]
    denial: Denial
    providers: Providers
    templates: TemplateRendering
    unsealer: Unsealer


class Admission:
    """Answers admission reviews; used on the operator's own event loop."""

    def __init__(self, settings: Settings, judges: Judges, *, blocking: Blocking, seconds: float = _SECONDS) -> None:
        """Read specs in the threads of ``blocking``; give up after ``seconds``."""
        self._settings = settings
        self._judges = judges
        self._blocking = blocking
        self._seconds = seconds
        self._waiting = 0
        self._by_kind: dict[str, Callable[[Object], Awaitable[Findings]]] = {
            EXTERNAL_SECRET.kind: self._external_secret,
            CLUSTER_EXTERNAL_SECRET.kind: self._cluster_external_secret,
            PUSH_SECRET.kind: self._push_secret,
            CLUSTER_PUSH_SECRET.kind: self._cluster_push_secret,
            SECRET_STORE.kind: self._store,
            CLUSTER_SECRET_STORE.kind: self._store,
            SEALED_SECRET.kind: self._sealed_secret,
        }

    async def answer(self, review: Review) -> Verdict:
        """Return the verdict on one review; raises nothing that the review may cause."""
        if not rules.needs_judging(review) or review.new is None:
            return Verdict()
        kind = review.new.get("kind", "")
        judge = self._by_kind.get(kind)
        if judge is None or not is_worked_on(kind, self._settings):
            return Verdict()
        if self._waiting >= _MOST_WAITING:
            return _unjudged(_BUSY)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                found = await judge(review.new)
                judged_before = bool(found.problems) and review.old is not None
                before = await judge(review.old) if judged_before and review.old is not None else Findings()
        except TimeoutError:
            return _unjudged(_BUSY)
        except OperatorError as error:
            return _unjudged(f"{_NOT_JUDGED}: {error}")
        finally:
            self._waiting -= 1
        return rules.verdict(found, before)

    async def _external_secret(self, resource: Object) -> Findings:
        namespace = resource["metadata"].get("namespace", "")
        if self._belongs_to_another(resource.get("spec") or {}, namespace):
            return Findings()
        want = await self._blocking.run(partial(rules.external_secret, resource, self._settings))
        if not isinstance(want, Wanted):
            return Findings(want)
        problems = await self._judges.templates.problems(want.spec)
        return Findings((*problems, *await self._denials(want.stores, namespace)))

    async def _cluster_external_secret(self, resource: Object) -> Findings:
        if self._belongs_to_another((resource.get("spec") or {}).get("externalSecretSpec") or {}, ""):
            return Findings()
        want = await self._blocking.run(partial(rules.cluster_external_secret, resource, self._settings))
        if not isinstance(want, Wanted):
            return Findings(want)
        return Findings(
            rules.inner_paths(EXTERNAL_SECRETS_EVERYWHERE, await self._judges.templates.problems(want.spec))
        )

    async def _push_secret(self, resource: Object) -> Findings:
        want = await self._blocking.run(partial(rules.push_secret, resource))
        if not isinstance(want, WantedPush):
            return Findings(want)
        stores, namespace = named_stores(want), want.key.namespace
        if is_of_another(resource, set(filter(self._is_foreign, stores))):
            return Findings()
        problems = await self._judges.templates.problems(want.spec)
        return Findings((*problems, *await self._denials(stores, namespace)))

    async def _cluster_push_secret(self, resource: Object) -> Findings:
        want = await self._blocking.run(partial(rules.cluster_push_secret, resource))
        if not isinstance(want, WantedPush):
            return Findings(want)
        return Findings(rules.inner_paths(PUSH_SECRETS_EVERYWHERE, await self._judges.templates.problems(want.spec)))

    async def _store(self, resource: Object) -> Findings:
        if not is_of_class(resource, self._settings.controller_class):
            return Findings()
        problems = rules.store(resource)
        if problems:
            return Findings(problems)
        return await self._blocking.run(partial(self._provider_findings, resource))

    async def _sealed_secret(self, resource: Object) -> Findings:
        problems = list(rules.sealed_secret_type(resource))
        if not self._judges.unsealer.has_key:
            return Findings(tuple(problems), (f"{_NOT_JUDGED}: there is no sealing key yet",))
        try:
            failed = await self._judges.unsealer.failures(resource)
        except InvalidSpec as error:
            return Findings((*problems, str(error)))
        return Findings((*problems, *map(_described, failed)))

    def _provider_findings(self, store: Object) -> Findings:
        name, _ = provider_of(store)
        try:
            provider = self._judges.providers.get(name)
        except OperatorError as error:
            # A store may be applied before its plug-in is installed: its condition says so until then.
            return Findings(warnings=(str(error),))
        notice = notice_of(provider)
        return Findings(tuple(provider_faults(provider, store)), (f"provider {name} {notice}",) if notice else ())

    def _belongs_to_another(self, spec: Object, namespace: str) -> bool:
        """Tell whether a source that it names is another operator's: its resources are none of our business."""
        return any(map(self._is_foreign, named_sources(spec, namespace)))

    def _is_foreign(self, key: Key) -> bool:
        source = self._judges.sources(key)
        return source is not None and not is_of_class(source, self._settings.controller_class)

    async def _denials(self, keys: Iterable[Key], namespace: str) -> list[str]:
        found = [(key, self._judges.sources(key)) for key in keys]
        denials = [await self._judges.denial(store, namespace) for _, store in found if store is not None]
        return [denial for denial in denials if denial]


def _unjudged(why: str) -> Verdict:
    return Verdict(warnings=(why,), judged=False)


def _described(failure: Failure) -> str:
    return f"{failure.message} ({failure.item})" if failure.item else failure.message
