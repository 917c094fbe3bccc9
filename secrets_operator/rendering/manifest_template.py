"""The fields of an object that is no Secret, from the fetched values and ``spec.target.template``. Pure.

Later results win: ``templateFrom`` in order, ``template.data``. Labels and annotations of the template's metadata are
taken as they stand, as in External Secrets Operator; those that ``templateFrom`` brings are printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.rendering.decoding import decode
from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions.yaml_text import json_structure
from secrets_operator.rendering.template_printing import TEMPLATE, Printed, Printing, utf8
from secrets_operator.resources.target_paths import ANNOTATIONS, LABELS, Path, PathError, target_path
from secrets_operator.resources.templates import Template

_MISSING = object()


@dataclass(slots=True)
class RenderedManifest:
    """The parts of an object; ``fields`` are all but its metadata, in plain values that no ``repr`` shows."""

    fields: dict[str, Any] = field(default_factory=dict, repr=False)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def render_manifest(
    template: Template | None, values: Mapping[str, SecretBytes], printing: Printing, *, is_config_map: bool
) -> RenderedManifest:
    """Return what the object is made of; without templates the fetched values are its ``data``, or its ``spec.data``.

    Raises InvalidSpec naming the field that fails; its message never holds a value.
    """
    out = RenderedManifest()
    if template is None or not (template.data or template.template_from):
        plain = {key: _text_of(key, value) for key, value in values.items()}
        out.fields.update(({"data": plain} if is_config_map else {"spec": {"data": plain}}) if plain else {})
    if template is not None:
        for printed in printing.sources(template):
            _put(out, printed)
        for key, text in template.data.items():
            where = f"{TEMPLATE}.data[{key}]"
            _merge(out.fields, ("data",), {key: utf8(printing.printed(text, where), where)}, where)
        out.labels.update(template.metadata.labels)
        out.annotations.update(template.metadata.annotations)
    _check_no_gap(out.fields)
    if is_config_map and isinstance(out.fields.get("data"), dict):
        check_keys(out.fields["data"], field=TEMPLATE if template else "spec")
    return out


def _text_of(key: str, value: SecretBytes) -> str:
    try:
        return value.reveal().decode()
    except UnicodeDecodeError:
        message = f"the value of {key!r} is not UTF-8, which only a Secret can hold: encode it in a template"
        raise InvalidSpec(message, field="spec.target.manifest") from None


def _put(out: RenderedManifest, printed: Printed) -> None:
    where = printed.where
    try:
        path = target_path(printed.source.target)
    except PathError as error:
        raise InvalidSpec(str(error), field=where) from None
    if path in ((LABELS,), (ANNOTATIONS,)):
        texts = out.labels if path == (LABELS,) else out.annotations
        texts.update({key: utf8(value, where) for key, value in printed.pairs().items()})
    elif path == ("data",) or (path == ("spec",) and printed.is_one_value):
        _merge(out.fields, path, {key: utf8(value, where) for key, value in printed.pairs().items()}, where)
    else:
        _put_structure(out.fields, path, printed)


def _put_structure(fields: dict[str, Any], path: Path, printed: Printed) -> None:
    """Set what is printed as YAML; below the first level its pairs join those that are there."""
    try:
        found = json_structure(printed.text.reveal())
    except (TemplateError, FunctionError, ValueError):
        raise InvalidSpec("what it prints is no YAML", field=printed.where) from None
    found = _decoded(found, printed)
    if isinstance(found, dict) and len(path) > 1 and not printed.is_one_value:
        _merge(fields, path, found, printed.where)
    else:
        _place(fields, path, printed.where).set(found)


def _decoded(found: Any, printed: Printed) -> Any:
    strategy = printed.source.values_decoding_strategy
    if strategy == "None":
        return found
    if isinstance(found, dict):
        return {key: _decoded_text(value, key, printed) for key, value in found.items()}
    return _decoded_text(found, printed.source.target, printed)


def _decoded_text(value: Any, key: str, printed: Printed) -> Any:
    if not isinstance(value, str):
        return value
    strategy = printed.source.values_decoding_strategy
    return utf8(decode(SecretBytes(value.encode()), strategy, key=key, field=printed.where), printed.where)


def _merge(fields: dict[str, Any], path: Path, pairs: Mapping[str, Any], where: str) -> None:
    place = _place(fields, path, where)
    there = place.get()
    if isinstance(there, dict):
        there.update(pairs)
    else:
        place.set(dict(pairs))


@dataclass(frozen=True, slots=True)
class _Place:
    """A member of a map, or an item of a list."""

    container: Any = field(repr=False)
    step: str | int

    def get(self) -> Any:
        if isinstance(self.step, int):
            return self.container[self.step]
        return self.container.get(self.step, _MISSING)

    def set(self, value: Any) -> None:
        self.container[self.step] = value


def _place(fields: dict[str, Any], path: Path, where: str) -> _Place:
    """Return the place that ``path`` leads to; maps and lists on the way are made."""
    place = _checked(fields, path[0], where)
    for step in path[1:]:
        there = place.get()
        if there is _MISSING:
            there = [] if isinstance(step, int) else {}
            place.set(there)
        place = _checked(there, step, where)
    return place


def _checked(container: Any, step: str | int, where: str) -> _Place:
    fits = isinstance(container, list if isinstance(step, int) else dict)
    if not fits:
        needed = "a list" if isinstance(step, int) else "a map"
        raise InvalidSpec(f"the path needs {needed} around {step!r}, and something else is there", field=where)
    if isinstance(step, int):
        container.extend([_MISSING] * (step + 1 - len(container)))
    return _Place(container, step)


def _check_no_gap(value: Any, path: str = "") -> None:
    if value is _MISSING:
        raise InvalidSpec(f"nothing is written to {path}, though to a later item is", field=f"{TEMPLATE}.templateFrom")
    if isinstance(value, dict):
        for key, child in value.items():
            _check_no_gap(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _check_no_gap(child, f"{path}[{index}]")
