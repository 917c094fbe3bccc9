"""Which templates of the manifest of an ExternalSecret or PushSecret are none. Pure: nothing is rendered.

Templates in ConfigMaps and Secrets are read when they are rendered; here only what the manifest itself holds counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.sealed_secret import Check
from secrets_operator.rendering.template_printing import TEMPLATE
from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.push_secret import PushSecretSpec
from secrets_operator.resources.templates import Template


def template_problems(spec: ExternalSecretSpec | PushSecretSpec, check: Check) -> list[str]:
    """Return what ``check`` says of each template that it turns down, with the field, line and column."""
    templates = _pushed(spec) if isinstance(spec, PushSecretSpec) else _written(spec)
    return [problem for name, source in templates for problem in _problem(name, source, check)]


def _problem(name: str, source: str, check: Check) -> Iterator[str]:
    try:
        check(name, source)
    except TemplateError as error:
        yield str(error)


def _written(spec: ExternalSecretSpec) -> Iterator[tuple[str, str]]:
    if spec.target.template is not None:
        yield from _of(spec.target.template, TEMPLATE, metadata=spec.target.renders_secret)
    for entry, source in enumerate(spec.data_from):
        for index, rewrite in enumerate(source.rewrite):
            if rewrite.transform is not None:
                yield f"spec.dataFrom[{entry}].rewrite[{index}].transform.template", rewrite.transform.template


def _pushed(spec: PushSecretSpec) -> Iterator[tuple[str, str]]:
    if spec.template is not None:
        yield from _of(spec.template, "spec.template", metadata=True)
    for entry, source in enumerate(spec.data_to):
        for index, rewrite in enumerate(source.rewrite):
            if rewrite.transform is not None:
                yield f"spec.dataTo[{entry}].rewrite[{index}].transform.template", rewrite.transform.template


def _of(template: Template, path: str, *, metadata: bool) -> Iterator[tuple[str, str]]:
    for index, source in enumerate(template.template_from):
        if source.literal is not None:
            yield f"{path}.templateFrom[{index}].literal", source.literal
    for key, text in template.data.items():
        yield f"{path}.data[{key}]", text
    # Of an object that is no Secret they are taken as they stand.
    parts = {"labels": template.metadata.labels, "annotations": template.metadata.annotations} if metadata else {}
    for part, texts in parts.items():
        for key, text in texts.items():
            yield f"{path}.metadata.{part}[{key}]", text
