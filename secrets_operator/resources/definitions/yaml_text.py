"""Documents as YAML text: block style, sorted keys, the same text for the same document every time.

The versions of a CustomResourceDefinition have one schema. It is written out once, under an anchor, and the other
versions refer to it: half the size, and no reader has to compare two thousand lines to know that they are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

_WIDTH: Final = 120
_ANCHOR: Final = "schema"
_HEADER: Final = "# Generated from secrets_operator/resources by `secrets-operator crds`; do not edit.\n"


def yaml_document(document: dict[str, Any]) -> str:
    """Return ``document`` as one YAML document with a start mark and a note on where it comes from."""
    yaml = YAML()
    yaml.width = _WIDTH
    # Parts that happen to be one object in memory are still written out; only the marked schema is shared.
    yaml.representer.ignore_aliases = lambda data: not (isinstance(data, CommentedMap) and data.anchor.value)
    text = StringIO()
    yaml.dump(_with_shared_schema(document), text)
    return f"---\n{_HEADER}{text.getvalue()}"


def yaml_stream(documents: Iterable[dict[str, Any]]) -> str:
    """Return ``documents`` as one stream that ``kubectl apply -f -`` takes."""
    return "".join(yaml_document(document) for document in documents)


def _with_shared_schema(document: dict[str, Any]) -> CommentedMap:
    result: CommentedMap = _sorted(document)
    first, *others = result["spec"]["versions"]
    for version in others:
        if version["schema"] == first["schema"]:
            first["schema"].yaml_set_anchor(_ANCHOR, always_dump=True)
            version["schema"] = first["schema"]
    return result


def _sorted(value: Any) -> Any:
    """Return JSON ``value`` with the members of every object in alphabetical order."""
    if isinstance(value, dict):
        return CommentedMap((key, _sorted(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return [_sorted(part) for part in value]
    return value
