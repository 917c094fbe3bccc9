"""Tags of a secret or a parameter as a value (``metadataPolicy: Fetch``). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def tags_as_value(tags: Iterable[Mapping[str, Any]]) -> Found:
    """Return the tags as a JSON object, written as Go writes a map: sorted, without spaces, safe inside HTML."""
    pairs = {tag["Key"]: tag.get("Value", "") for tag in tags}
    text = json.dumps(pairs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Found(SecretBytes("".join(_HTML.get(character, character) for character in text).encode()))
