"""Data for ``secrets-operator template``: a map of strings, or a Secret manifest, in YAML or JSON.

In: the file's bytes. Out: names to bytes, or Terminal that names the entry and never shows a value.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secrets_operator.errors import Terminal


def parse_data(text: bytes, file: str) -> dict[str, bytes]:
    """Return the data of a file; raise Terminal when it is neither a map of strings nor a Secret."""
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        # The parser's message would quote the line at fault, which may hold a value.
        document, readable = None, False
    else:
        readable = True
    if not readable:
        raise Terminal(f"{file}: it is neither YAML nor JSON")
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Terminal(f"{file}: it must hold a map of names to strings, or a Secret")
    if document.get("kind") == "Secret" and "apiVersion" in document:
        return _secret(document, file)
    return {str(name): _string(value, f"{file}: {name}") for name, value in document.items()}


def _secret(manifest: dict[str, Any], file: str) -> dict[str, bytes]:
    data = {str(name): _decoded(value, f"{file}: data.{name}") for name, value in _map(manifest, "data", file).items()}
    texts = _map(manifest, "stringData", file)
    return data | {str(name): _string(value, f"{file}: stringData.{name}") for name, value in texts.items()}


def _map(manifest: dict[str, Any], field: str, file: str) -> dict[Any, Any]:
    value = manifest.get(field) or {}
    if not isinstance(value, dict):
        raise Terminal(f"{file}: {field} must be a map")
    return value


def _string(value: Any, where: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise Terminal(f"{where}: the value must be a string; put it in quotes")
    return value.encode("utf-8", "surrogateescape")


def _decoded(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(b"".join(_string(value, where).split()), validate=True)
    except binascii.Error:
        pass
    raise Terminal(f"{where}: the value is not base64; plain text belongs in stringData")
