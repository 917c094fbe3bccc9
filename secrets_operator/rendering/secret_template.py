"""What ``spec.target.template`` makes of the fetched values: data, labels and annotations of the Secret. Pure.

Later results win: fetched values (where they are included), ``templateFrom`` in order, ``template.data``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.rendering.template_printing import TEMPLATE, Printed, Printing, utf8
from secrets_operator.resources.templates import Template

_PARTS = {"": "data", "data": "data", "labels": "labels", "annotations": "annotations"}


@dataclass(slots=True)
class Rendered:
    """The parts of a Secret that its template made."""

    data: dict[str, SecretBytes] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def render_template(template: Template, values: Mapping[str, SecretBytes], printing: Printing) -> Rendered:
    """Render everything a template holds.

    Raises InvalidSpec naming the field of the template that fails; its message never holds a value.
    """
    out = Rendered()
    if template.merge_policy == "Merge" or not (template.data or template.template_from):
        out.data.update(values)
    for printed in printing.sources(template):
        _put(out, printed)
    for key, text in template.data.items():
        out.data[key] = printing.printed(text, f"{TEMPLATE}.data[{key}]")
    out.labels.update(_texts(printing, template.metadata.labels, "labels"))
    out.annotations.update(_texts(printing, template.metadata.annotations, "annotations"))
    check_keys(out.data, field=TEMPLATE)
    return out


def _put(out: Rendered, printed: Printed) -> None:
    part = _PARTS.get(printed.source.target.lower())
    if part is None:
        raise InvalidSpec("a Secret has data, labels and annotations, nothing else", field=f"{printed.where}.target")
    if part == "data":
        out.data.update(printed.pairs())
        return
    texts = out.labels if part == "labels" else out.annotations
    texts.update({key: utf8(value, printed.where) for key, value in printed.pairs().items()})


def _texts(printing: Printing, templates: Mapping[str, str], part: str) -> dict[str, str]:
    where = f"{TEMPLATE}.metadata.{part}"
    return {key: utf8(printing.printed(text, f"{where}[{key}]"), f"{where}[{key}]") for key, text in templates.items()}
