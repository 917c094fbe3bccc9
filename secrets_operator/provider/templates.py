"""Templates in the settings of a provider, by the operator's own engine; a missing key prints, as a webhook wants it.

A plug-in reaches the engine through here only. In: a source and data of two levels (``remoteRef.key``), or one. Out:
bytes, or an InvalidSpec that names the field and never a value. Rendering uses up to 0.8 s of CPU for all templates of
one account, so it belongs into a thread (``host.run_blocking``).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from secrets_operator.clock import SystemClock, thread_cpu_seconds
from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.gotemplate import EXTERNAL_SECRETS_LENIENT, Context, TemplateCache, TemplateError

Data = Mapping[str, bytes] | Mapping[str, Mapping[str, bytes]]


class Templates:
    """Compiles templates and keeps what it compiled."""

    def __init__(self) -> None:
        self._compiled = TemplateCache()

    def check(self, source: str, *, field: str) -> None:
        """Raise InvalidSpec, with line and column, when ``source`` is no template."""
        try:
            self._compiled.get(source, name=field, dialect=EXTERNAL_SECRETS_LENIENT)
        except TemplateError as error:
            # The engine names the template, which is called as its field.
            raise InvalidSpec(str(error)) from None

    def account(self) -> Account:
        """Open an account, in the thread that renders: its limits hold for all templates of one request together."""
        clock = SystemClock()
        context = Context(
            clock=lambda: int(clock.now().timestamp() * 1e9),
            entropy=secrets.token_bytes,
            cpu_clock=thread_cpu_seconds,
        )
        return Account(self._compiled, context)


class Account:
    """Renders within one set of limits; for one thread."""

    def __init__(self, compiled: TemplateCache, context: Context) -> None:
        self._compiled = compiled
        self._context = context

    def render(self, source: str, data: Data, *, field: str) -> bytes:
        """Return what a template prints; a missing key prints ``<no value>``. Raises InvalidSpec."""
        try:
            template = self._compiled.get(source, name=field, dialect=EXTERNAL_SECRETS_LENIENT)
            return template.render(data, context=self._context)
        except TemplateError as error:
            raise InvalidSpec(str(error)) from None
