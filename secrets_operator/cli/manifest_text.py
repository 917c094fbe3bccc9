"""Manifests as text, the way kubectl and kubeseal write them: pretty JSON in member order, YAML with sorted keys."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from secrets_operator.errors import Terminal
from secrets_operator.flow import Object

FORMATS = ("json", "yaml")
# Where kubeseal folds lines, at spaces only, so that sealed values stay whole.
_WIDTH = 80
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
# Plain text to us, but a date, a sexagesimal number or a merge key to other readers of YAML 1.1.
_READ_OTHERWISE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|<<|=", re.DOTALL
)


def output_format(requested: str, file_name: str) -> str:
    """Return ``json`` or ``yaml``: a .yaml or .yml file decides, then the request, else json. Terminal on others."""
    if file_name.endswith((".yaml", ".yml")):
        return "yaml"
    chosen = requested.lower() or "json"
    if chosen not in FORMATS:
        raise Terminal(f"unsupported output format: {requested}")
    return chosen


def manifest_text(manifest: Object, text_format: str) -> str:
    """Return one manifest: JSON ended by a line break, or a YAML document that starts with ``---``."""
    if text_format == "json":
        # Go escapes what HTML could mistake for markup.
        return json.dumps(manifest, indent=2, ensure_ascii=False).translate(_ESCAPED) + "\n"
    return _yaml_text(manifest)


def _yaml_text(manifest: Object) -> str:
    # Imported here because JSON does not need it.
    import yaml

    text: str = yaml.dump(
        manifest,
        Dumper=_dumper(),
        default_flow_style=False,
        explicit_start=True,
        width=_WIDTH,
        allow_unicode=True,
        sort_keys=True,
    )
    return text


@cache
def _dumper() -> type[Any]:
    """Return a dumper that quotes what would read back as something else than a string, and repeats shared values."""
    import yaml

    # Ten times as fast where the C library is there, which it is in the packages of all common platforms.
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc] # one of two classes
        def ignore_aliases(self, _data: Any) -> bool:
            return True

    Dumper.add_representer(str, _represent_string)
    return Dumper


def _represent_string(representer: Any, text: str) -> Any:
    """Represent a string: double quotes around look-alikes of numbers, booleans and null, blocks for several lines."""
    from secrets_operator.sealing.yaml_scalars import resolve

    ambiguous = not isinstance(resolve(text), str) or _READ_OTHERWISE.fullmatch(text)
    style = '"' if ambiguous else "|" if "\n" in text else None
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)
