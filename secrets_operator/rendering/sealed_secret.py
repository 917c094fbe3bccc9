"""What ``spec.template.data`` of a SealedSecret adds to its decrypted values. Pure.

The rules are those of Sealed Secrets 0.37: each template sees the decrypted values and, under the names of the other
templates, their text as written; a key that is encrypted keeps its decrypted value, whatever template has its name.
Every template is tried, so that all failures are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.rendering.gotemplate import TemplateError

Render = Callable[[str, str, Mapping[str, bytes]], bytes]
"""(name, source, data) -> what the template prints; raises TemplateError."""
Check = Callable[[str, str], None]
"""(name, source) -> nothing; raises TemplateError when the source is no template."""

_FIELD = "spec.template.data"


@dataclass(frozen=True, slots=True)
class RenderedItems:
    """The values of a Secret by key, and why templates failed by key; with a failure the values are incomplete."""

    data: Mapping[str, SecretBytes]
    failures: Mapping[str, str] = field(default_factory=dict)


def render_items(
    templates: Mapping[str, object], values: Mapping[str, SecretBytes], *, render: Render
) -> RenderedItems:
    """Return the decrypted values with what the templates print; no message of a failure holds a value."""
    texts = {key: text for key, text in templates.items() if isinstance(text, str)}
    root = {key: text.encode("utf-8", "surrogateescape") for key, text in texts.items()}
    root |= {key: value.reveal() for key, value in values.items()}
    data, failures = dict(values), _odd(templates)
    for key in sorted(texts.keys() - values.keys()):
        try:
            check_keys({key: None}, field=_FIELD)
            data[key] = SecretBytes(render(key, texts[key], root))
        except (TemplateError, InvalidSpec) as error:
            failures[key] = str(error)
    return RenderedItems(data, failures)


def check_items(templates: Mapping[str, object], *, check: Check) -> dict[str, str]:
    """Return why texts are no templates, by key; for when there are no values to render them with."""
    failures = _odd(templates)
    for key, text in sorted(templates.items()):
        if isinstance(text, str):
            try:
                check(key, text)
            except TemplateError as error:
                failures[key] = str(error)
    return failures


def _odd(templates: Mapping[str, object]) -> dict[str, str]:
    return {key: "a template must be a string" for key, text in templates.items() if not isinstance(text, str)}
