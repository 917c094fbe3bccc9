"""Renders the templates of ``spec.target.template`` one by one; what becomes of each text is for others to say. Pure.

Every template sees the fetched values only, never what another template printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.decoding import decode
from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions.yaml_text import string_map
from secrets_operator.resources.templates import Template, TemplateFrom, TemplateItem

Render = Callable[[str, str, Mapping[str, bytes]], bytes]
"""(name, source, data) -> what the template prints; raises TemplateError."""

Sources = Mapping[tuple[str, str], Mapping[str, str]]
"""(``ConfigMap`` or ``Secret``, name) -> its texts by key, as far as ``templateFrom`` refers to them."""

TEMPLATE = "spec.target.template"


@dataclass(frozen=True, slots=True)
class Printed:
    """What one template of ``templateFrom`` printed. ``where`` is its field, for messages."""

    source: TemplateFrom
    item: TemplateItem | None
    """The key of a ConfigMap or Secret that holds the template; None for a literal."""

    text: SecretBytes
    where: str

    @property
    def is_one_value(self) -> bool:
        """Whether the text is the value of the item's key; otherwise it is YAML."""
        return self.item is not None and self.item.template_as == "Values"

    def pairs(self) -> dict[str, SecretBytes]:
        """Return the texts it brings by key, decoded as ``valuesDecodingStrategy`` says; raises InvalidSpec."""
        item = self.item if self.is_one_value else None
        found = self._map() if item is None else {item.key: self.text.reveal()}
        strategy = self.source.values_decoding_strategy
        return {key: decode(SecretBytes(text), strategy, key=key, field=self.where) for key, text in found.items()}

    def _map(self) -> dict[str, bytes]:
        try:
            return {key.decode(): value for key, value in string_map(self.text.reveal()).items()}
        except (TemplateError, FunctionError, ValueError):
            # What is wrong may be inside a value, so the parser's own words stay away.
            raise InvalidSpec("what it prints is no YAML map of texts", field=self.where) from None


class Printing:
    """The templates of one resource, with the values they see."""

    def __init__(self, values: Mapping[str, SecretBytes], sources: Sources, render: Render) -> None:
        self._sources = sources
        self._render = render
        self._plain = {name: value.reveal() for name, value in values.items()}

    def printed(self, source: str, where: str) -> SecretBytes:
        """Return what one template prints; raises InvalidSpec naming ``where``."""
        try:
            return SecretBytes(self._render(where, source, self._plain))
        except TemplateError as error:
            # The engine names the template, which is called as its field, with line and column.
            raise InvalidSpec(str(error)) from None

    def sources(self, template: Template) -> Iterator[Printed]:
        """Yield what ``templateFrom`` prints, in order; raises InvalidSpec naming what fails or is missing."""
        for index, source in enumerate(template.template_from):
            yield from self._of(source, f"{TEMPLATE}.templateFrom[{index}]")

    def _of(self, source: TemplateFrom, where: str) -> Iterator[Printed]:
        for kind, member, named in (("ConfigMap", "configMap", source.config_map), ("Secret", "secret", source.secret)):
            for index, item in enumerate(named.items if named else ()):
                assert named is not None
                text = self._source_text(kind, named.name, item.key, f"{where}.{member}")
                place = f"{where}.{member}.items[{index}]"
                yield Printed(source, item, self.printed(text, place), place)
        if source.literal is not None:
            place = f"{where}.literal"
            yield Printed(source, None, self.printed(source.literal, place), place)

    def _source_text(self, kind: str, name: str, key: str, where: str) -> str:
        texts = self._sources[(kind, name)]
        if key not in texts:
            raise InvalidSpec(f"{kind} {name} has no key {key!r}", field=where)
        return texts[key]


def utf8(value: SecretBytes, where: str) -> str:
    """Return a text that has to be UTF-8; raises InvalidSpec."""
    try:
        return value.reveal().decode()
    except UnicodeDecodeError:
        raise InvalidSpec("what it prints is not UTF-8, which only data of a Secret may hold", field=where) from None
