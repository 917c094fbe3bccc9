"""The template of an ExternalSecret or a PushSecret, for ``secrets-operator template --manifest``.

In: the manifest, the data its templates see, and manifests of the ConfigMaps and Secrets that ``templateFrom`` names.
Out: a Secret with what the template makes, as YAML, or Terminal naming the field to blame.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secrets_operator.cli.manifest_text import manifest_text
from secrets_operator.clock import SystemClock
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering import gotemplate
from secrets_operator.rendering.secret_template import Rendered, render_template
from secrets_operator.rendering.template_printing import TEMPLATE, Printing
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.resource import without_nulls
from secrets_operator.resources.templates import Template

_FIELDS = {"ExternalSecret": TEMPLATE, "PushSecret": "spec.template"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Mask = Callable[[bytes], bytes]


def render_manifest(
    text: bytes, data: Mapping[str, bytes], sources: Iterable[tuple[str, bytes]], *, mask: Mask, file: str
) -> str:
    """Return the Secret that the template of a manifest makes; ``sources`` are files by their names.

    Values are masked before they become YAML, which writes some characters otherwise.
    """
    manifest = _document(text, file)
    kind = str(manifest.get("kind"))
    if kind not in _FIELDS:
        raise Terminal(f"{file}: it must hold an ExternalSecret or a PushSecret")
    field = _FIELDS[kind]
    template = _template(manifest, field, file)
    values = {name: SecretBytes(value) for name, value in data.items()}
    texts = dict(_source(one, name) for name, one in sources)
    for index, one in enumerate(template.template_from):
        for wanted, named in (("ConfigMap", one.config_map), ("Secret", one.secret)):
            if named is not None and (wanted, named.name) not in texts:
                message = f"{field}.templateFrom[{index}]: give {wanted} {named.name} with --template-from"
                raise Terminal(f"{file}: {message}")
    try:
        rendered = render_template(template, values, Printing(values, texts, _renderer()))
    except OperatorError as error:
        message = str(error).replace(TEMPLATE, field)
    else:
        return manifest_text(_secret(manifest, template, rendered, mask), "yaml")
    raise Terminal(f"{file}: {message}")


def _document(text: bytes, file: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        # The parser's message would quote the line at fault, which may hold a value.
        found = None
    if not isinstance(found, dict):
        raise Terminal(f"{file}: it must hold one manifest, in YAML or JSON")
    return found


def _template(manifest: Mapping[str, Any], field: str, file: str) -> Template:
    found: Any = manifest
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict) and found.get("manifest"):
            raise Terminal(f"{file}: spec.target.manifest: only templates of Secrets are rendered")
    if found is None:
        raise Terminal(f"{file}: there is no {field}")
    try:
        return Template.model_validate(without_nulls(found))
    except ValidationError as error:
        problems = "; ".join(f"{field}.{problem}" for problem in problems_in(error))
    raise Terminal(f"{file}: {problems}")


def _source(text: bytes, file: str) -> tuple[tuple[str, str], dict[str, str]]:
    found = _document(text, file)
    kind, name = str(found.get("kind")), str((found.get("metadata") or {}).get("name") or "")
    if kind not in {"ConfigMap", "Secret"} or not name:
        raise Terminal(f"{file}: it must hold a ConfigMap or a Secret with its name")
    texts = {str(key): str(value) for key, value in (found.get("data") or {}).items()}
    if kind == "Secret":
        try:
            texts = {key: base64.b64decode(value).decode(errors="surrogateescape") for key, value in texts.items()}
        except ValueError:
            raise Terminal(f"{file}: data: a value is not base64") from None
        texts |= {str(key): str(value) for key, value in (found.get("stringData") or {}).items()}
    return (kind, name), texts


def _renderer() -> Any:
    context = gotemplate.Context(clock=_nanoseconds, entropy=os.urandom, cpu_clock=time.thread_time)

    def render(name: str, source: str, data: Mapping[str, bytes]) -> bytes:
        compiled = gotemplate.compile_template(source.encode(), name=name, dialect=gotemplate.EXTERNAL_SECRETS)
        return compiled.render(data, context=context)

    return render


def _nanoseconds() -> int:
    return (SystemClock().now() - _EPOCH) // timedelta(microseconds=1) * 1000


def _secret(manifest: Mapping[str, Any], template: Template, rendered: Rendered, mask: Mask) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": str((manifest.get("metadata") or {}).get("name") or "")}
    for part, found in (("labels", rendered.labels), ("annotations", rendered.annotations)):
        if found:
            metadata[part] = {name: mask(value.encode()).decode() for name, value in found.items()}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    if template.type:
        secret["type"] = template.type
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    for key, value in rendered.data.items():
        shown = mask(value.reveal())
        try:
            texts[key] = shown.decode()
        except UnicodeDecodeError:
            others[key] = base64.b64encode(shown).decode()
    return secret | {name: part for name, part in (("stringData", texts), ("data", others)) if part}
