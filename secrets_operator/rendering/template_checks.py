"""Which templates of an ExternalSecret's own manifest are none. Pure: nothing is rendered.

Templates in ConfigMaps and Secrets are read when they are rendered; here only what the manifest itself holds counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.sealed_secret import Check
from secrets_operator.rendering.template_printing import TEMPLATE
from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.templates import Template


def template_problems(spec: ExternalSecretSpec, check: Check) -> list[str]:
    """Return what ``check`` says of each template that it turns down, with the field, line and column."""
    return [problem for name, source in _templates(spec) for problem in _problem(name, source, check)]


def _problem(name: str, source: str, check: Check) -> Iterator[str]:
    try:
        check(name, source)
    except TemplateError as error:
        yield str(error)


def _templates(spec: ExternalSecretSpec) -> Iterator[tuple[str, str]]:
    if spec.target.template is not None:
        yield from _of_target(spec.target.template, metadata=spec.target.renders_secret)
    for entry, source in enumerate(spec.data_from):
        for index, rewrite in enumerate(source.rewrite):
            if rewrite.transform is not None:
                yield f"spec.dataFrom[{entry}].rewrite[{index}].transform.template", rewrite.transform.template


def _of_target(template: Template, *, metadata: bool) -> Iterator[tuple[str, str]]:
    for index, source in enumerate(template.template_from):
        if source.literal is not None:
            yield f"{TEMPLATE}.templateFrom[{index}].literal", source.literal
    for key, text in template.data.items():
        yield f"{TEMPLATE}.data[{key}]", text
    # Of an object that is no Secret they are taken as they stand.
    parts = {"labels": template.metadata.labels, "annotations": template.metadata.annotations} if metadata else {}
    for part, texts in parts.items():
        for key, text in texts.items():
            yield f"{TEMPLATE}.metadata.{part}[{key}]", text
