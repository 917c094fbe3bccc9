"""Compiled templates kept for the next render.

In: what ``compile_template`` takes. Out: the same ``Template`` for the same source, dialect and delimiters, as long as
it is among the last used.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from secrets_operator.rendering.gotemplate.dialects import Dialect
from secrets_operator.rendering.gotemplate.limits import CompileLimits
from secrets_operator.rendering.gotemplate.template import Template, compile_template


class _CacheKey(NamedTuple):
    source: str | bytes
    name: str
    dialect: Dialect
    delimiters: tuple[str, str]


class TemplateCache:
    """A bounded cache of compiled templates, least recently used out first; safe to share between threads."""

    def __init__(self, *, entries: int = 1024, source_bytes: int = 8 * 1024 * 1024) -> None:
        self._entries = entries
        self._source_bytes = source_bytes
        self._templates: OrderedDict[_CacheKey, Template] = OrderedDict()
        self._held_bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        """Return the number of templates kept."""
        return len(self._templates)

    def get(
        self,
        source: str | bytes,
        *,
        name: str,
        dialect: Dialect,
        delimiters: tuple[str, str] = ("{{", "}}"),
        limits: CompileLimits | None = None,
    ) -> Template:
        """Return the compiled template, compiling it when it is not kept; raise ParseError as compiling does."""
        key = _CacheKey(source, name, dialect, delimiters)
        with self._lock:
            template = self._templates.get(key)
            if template is not None:
                self._templates.move_to_end(key)
                return template
        template = compile_template(source, name=name, dialect=dialect, delimiters=delimiters, limits=limits)
        self._keep(key, template)
        return template

    def _keep(self, key: _CacheKey, template: Template) -> None:
        with self._lock:
            if key not in self._templates:
                self._held_bytes += len(key.source)
            self._templates[key] = template
            while self._templates and (len(self._templates) > self._entries or self._held_bytes > self._source_bytes):
                oldest, _ = self._templates.popitem(last=False)
                self._held_bytes -= len(oldest.source)
