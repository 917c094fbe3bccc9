"""Renders the templates of both kinds off the event loop, with bounds on time, memory and output."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from secrets_operator.clock import Clock, thread_cpu_seconds
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.template_sources import template_sources
from secrets_operator.flow import Fetched, Key, SecretBytes
from secrets_operator.rendering.external_secret import secret_data
from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    EXTERNAL_SECRETS_LENIENT,
    SEALED_SECRETS,
    Context,
    TemplateCache,
)
from secrets_operator.rendering.manifest_template import RenderedManifest, render_manifest
from secrets_operator.rendering.rewriting import Transform
from secrets_operator.rendering.sealed_secret import RenderedItems, check_items, render_items
from secrets_operator.rendering.secret_template import Rendered, render_template
from secrets_operator.rendering.template_checks import template_problems
from secrets_operator.rendering.template_printing import Printing, Sources
from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.push_secret import PushSecretSpec
from secrets_operator.resources.templates import Template

T = TypeVar("T")


class TemplateRendering:
    """Turns fetched values into what a template makes of them."""

    def __init__(self, referents: Referents, blocking: Blocking, clock: Clock) -> None:
        self._referents = referents
        self._blocking = blocking
        self._clock = clock
        self._compiled = TemplateCache()

    async def values(self, fetched: Fetched) -> dict[str, SecretBytes]:
        """Return the fetched values under the keys they get; raises InvalidSpec naming the entry to blame."""
        if any(value.read.rewrite for value in fetched.values):
            return await self._blocking.run(partial(self._rewritten, fetched))
        return secret_data(fetched)

    async def render(self, key: Key, template: Template, values: Mapping[str, SecretBytes]) -> Rendered:
        """Return the parts of the Secret of resource ``key``; raises InvalidSpec naming what fails, or a Retryable."""
        sources = await template_sources(self._referents, key, template)
        return await self._blocking.run(partial(self._render, template, values, sources))

    async def render_items(
        self, templates: Mapping[str, object], values: Mapping[str, SecretBytes] | None
    ) -> RenderedItems:
        """Return what ``template.data`` of a SealedSecret makes of its ``values``; without any, only check the texts.

        Raises nothing: what fails is in the result.
        """
        if not templates:
            return RenderedItems(values or {})
        return await self._blocking.run(partial(self._render_items, templates, values))

    def _render_items(self, templates: Mapping[str, object], values: Mapping[str, SecretBytes] | None) -> RenderedItems:
        context = self._context()

        def check(name: str, source: str) -> None:
            self._compiled.get(source, name=name, dialect=SEALED_SECRETS)

        def render(name: str, source: str, data: Mapping[str, bytes]) -> bytes:
            return self._compiled.get(source, name=name, dialect=SEALED_SECRETS).render(data, context=context)

        if values is None:
            return RenderedItems({}, check_items(templates, check=check))
        return render_items(templates, values, render=render)

    async def with_transform(self, work: Callable[[Transform], T]) -> T:
        """Return what ``work`` makes with the renderer of ``rewrite.transform``; it may take its time."""
        return await self._blocking.run(lambda: work(self._transform()))

    async def problems(self, spec: ExternalSecretSpec | PushSecretSpec) -> list[str]:
        """Return which templates in the manifest that has ``spec`` do not parse; nothing is rendered."""
        return await self._blocking.run(partial(template_problems, spec, self._check))

    def _check(self, name: str, source: str) -> None:
        # As they are rendered, so that what was looked at is compiled for its first use.
        dialect = EXTERNAL_SECRETS_LENIENT if ".rewrite[" in name else EXTERNAL_SECRETS
        self._compiled.get(source, name=name, dialect=dialect)

    async def render_manifest(
        self, key: Key, template: Template | None, values: Mapping[str, SecretBytes], *, is_config_map: bool
    ) -> RenderedManifest:
        """Return the parts of an object that is no Secret; raises as :meth:`render`."""
        sources = await template_sources(self._referents, key, template) if template is not None else {}
        return await self._blocking.run(partial(self._render_manifest, template, values, sources, is_config_map))

    def _render(self, template: Template, values: Mapping[str, SecretBytes], sources: Sources) -> Rendered:
        return render_template(template, values, self._printing(values, sources))

    def _render_manifest(
        self, template: Template | None, values: Mapping[str, SecretBytes], sources: Sources, is_config_map: bool
    ) -> RenderedManifest:
        return render_manifest(template, values, self._printing(values, sources), is_config_map=is_config_map)

    def _printing(self, values: Mapping[str, SecretBytes], sources: Sources) -> Printing:
        # One account for all templates of an object: a thousand small ones may not take what one large one may not.
        context = self._context()

        def render(name: str, source: str, data: Mapping[str, bytes]) -> bytes:
            return self._compiled.get(source, name=name, dialect=EXTERNAL_SECRETS).render(data, context=context)

        return Printing(values, sources, render)

    def _rewritten(self, fetched: Fetched) -> dict[str, SecretBytes]:
        return secret_data(fetched, transform=self._transform())

    def _transform(self) -> Transform:
        context = self._context()

        def transform(source: str, key: bytes) -> bytes:
            compiled = self._compiled.get(source, name="rewrite.transform", dialect=EXTERNAL_SECRETS_LENIENT)
            return compiled.render({"value": key}, context=context)

        return transform

    def _context(self) -> Context:
        return Context(
            clock=lambda: int(self._clock.now().timestamp() * 1e9),
            entropy=secrets.token_bytes,
            cpu_clock=thread_cpu_seconds,
        )
