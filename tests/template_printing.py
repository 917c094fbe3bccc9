"""Prints the templates of a resource with the real engine, without a controller around it."""

from __future__ import annotations

from collections.abc import Mapping

from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.gotemplate import EXTERNAL_SECRETS, Context, compile_template
from secrets_operator.rendering.template_printing import Printing, Sources


def printing(data: Mapping[str, SecretBytes], sources: Sources) -> Printing:
    """Return the printing of templates that see ``data``; time and chance stand still."""
    context = Context(clock=lambda: 0, entropy=bytes, cpu_clock=lambda: 0.0)

    def render(name: str, source: str, plain: Mapping[str, bytes]) -> bytes:
        return compile_template(source.encode(), name=name, dialect=EXTERNAL_SECRETS).render(plain, context=context)

    return Printing(data, sources, render)
