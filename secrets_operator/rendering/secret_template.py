"""What ``spec.target.template`` makes of the fetched values: data, labels and annotations of the Secret. Pure.

Every template sees the fetched values only, never what another template printed. Later results win: fetched values
(where they are included), ``templateFrom`` in order, ``template.data``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.rendering.decoding import decode
from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.gotemplate.functions.yaml_text import string_map
from secrets_operator.resources.templates import Template, TemplateFrom, TemplateItem

Render = Callable[[str, str, Mapping[str, bytes]], bytes]
"""(name, source, data) -> what the template prints; raises TemplateError."""

Sources = Mapping[tuple[str, str], Mapping[str, str]]
"""(``ConfigMap`` or ``Secret``, name) -> its texts by key, as far as ``templateFrom`` refers to them."""

_TEMPLATE = "spec.target.template"
_PARTS = {"": "data", "data": "data", "labels": "labels", "annotations": "annotations"}


@dataclass(slots=True)
class Rendered:
    """The parts of a Secret that its template made."""

    data: dict[str, SecretBytes] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def render_template(
    template: Template, values: Mapping[str, SecretBytes], *, sources: Sources, render: Render
) -> Rendered:
    """Render everything a template holds.

    Raises InvalidSpec naming the field of the template that fails; its message never holds a value.
    """
    return _Rendering(template, values, sources, render).run()


class _Rendering:
    """One template being rendered."""

    def __init__(self, template: Template, values: Mapping[str, SecretBytes], sources: Sources, render: Render) -> None:
        self._template = template
        self._values = values
        self._sources = sources
        self._render = render
        self._plain = {name: value.reveal() for name, value in values.items()}
        self._out = Rendered()

    def run(self) -> Rendered:
        template, out = self._template, self._out
        if template.merge_policy == "Merge" or not (template.data or template.template_from):
            out.data.update(self._values)
        for index, source in enumerate(template.template_from):
            self._from(source, f"{_TEMPLATE}.templateFrom[{index}]")
        for key, text in template.data.items():
            out.data[key] = SecretBytes(self._print(text, f"{_TEMPLATE}.data[{key}]"))
        out.labels.update(self._texts(template.metadata.labels, "labels"))
        out.annotations.update(self._texts(template.metadata.annotations, "annotations"))
        check_keys(out.data, field=_TEMPLATE)
        return out

    def _from(self, source: TemplateFrom, where: str) -> None:
        for kind, named in (("ConfigMap", source.config_map), ("Secret", source.secret)):
            member = "configMap" if kind == "ConfigMap" else "secret"
            for index, item in enumerate(named.items if named else ()):
                assert named is not None
                text = self._source_text(kind, named.name, item.key, f"{where}.{member}")
                self._write(source, item, text, f"{where}.{member}.items[{index}]")
        if source.literal is not None:
            self._write(source, None, source.literal, f"{where}.literal")

    def _write(self, source: TemplateFrom, item: TemplateItem | None, text: str, where: str) -> None:
        printed = self._print(text, where)
        if item is not None and item.template_as == "Values":
            pairs = {item.key: printed}
        else:
            pairs = self._pairs(printed, where)
        part = _PARTS.get(source.target.lower())
        if part is None:
            raise InvalidSpec("a Secret has data, labels and annotations, nothing else", field=f"{where}.target")
        for key, value in pairs.items():
            self._put(
                part, key, decode(SecretBytes(value), source.values_decoding_strategy, key=key, field=where), where
            )

    def _put(self, part: str, key: str, value: SecretBytes, where: str) -> None:
        if part == "data":
            self._out.data[key] = value
            return
        texts = self._out.labels if part == "labels" else self._out.annotations
        texts[key] = _text(value.reveal(), where)

    def _pairs(self, printed: bytes, where: str) -> dict[str, bytes]:
        try:
            return {_text(key, where): value for key, value in string_map(printed).items()}
        except (TemplateError, ValueError):
            # What is wrong may be inside a value, so the parser's own words stay away.
            raise InvalidSpec("what it prints is no YAML map of texts", field=where) from None

    def _texts(self, templates: Mapping[str, str], part: str) -> dict[str, str]:
        where = f"{_TEMPLATE}.metadata.{part}"
        return {key: _text(self._print(text, f"{where}[{key}]"), f"{where}[{key}]") for key, text in templates.items()}

    def _print(self, source: str, where: str) -> bytes:
        try:
            return self._render(where, source, self._plain)
        except TemplateError as error:
            # The engine names the template, which is called as its field, with line and column.
            raise InvalidSpec(str(error)) from None

    def _source_text(self, kind: str, name: str, key: str, where: str) -> str:
        texts = self._sources[(kind, name)]
        if key not in texts:
            raise InvalidSpec(f"{kind} {name} has no key {key!r}", field=where)
        return texts[key]


def _text(value: bytes, where: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidSpec("what it prints is not UTF-8, which only data may hold", field=where) from None
