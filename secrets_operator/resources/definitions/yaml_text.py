"""Documents as YAML text: block style, sorted keys, the same text for the same document every time."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

_WIDTH: Final = 120
_HEADER: Final = "# Generated from secrets_operator/resources by `secrets-operator crds`; do not edit.\n"


def yaml_document(document: dict[str, Any]) -> str:
    """Return ``document`` as one YAML document with a start mark and a note on where it comes from."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = _WIDTH
    yaml.representer.ignore_aliases = lambda _data: True
    text = StringIO()
    yaml.dump(document, text)
    return f"---\n{_HEADER}{text.getvalue()}"


def yaml_stream(documents: Iterable[dict[str, Any]]) -> str:
    """Return ``documents`` as one stream that ``kubectl apply -f -`` takes."""
    return "".join(yaml_document(document) for document in documents)
