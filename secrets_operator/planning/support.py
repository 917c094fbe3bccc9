"""Which fields of a resource are acted on. Pure.

The schema accepts every field of External Secrets Operator. One that has no effect here is named on
the resource's condition, never ignored in silence: a Secret that quietly lacks what its manifest asks for is worse than
none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

ANYTHING: Final = None

Supported = Mapping[str, frozenset[Any] | None]
"""Path without list indexes -> the values that are acted on, or ANYTHING."""

_REMOTE_REF: Supported = {
    "key": ANYTHING,
    "property": ANYTHING,
    "version": ANYTHING,
    "metadataPolicy": ANYTHING,
    "conversionStrategy": ANYTHING,
    "decodingStrategy": ANYTHING,
    "nullBytePolicy": ANYTHING,
}
_KEY_AND_VALUE = ("conversionStrategy", "decodingStrategy", "nullBytePolicy")

EXTERNAL_SECRET: Supported = {
    "refreshInterval": ANYTHING,
    "refreshPolicy": ANYTHING,
    "syncWindows*": ANYTHING,
    "secretStoreRef.name": ANYTHING,
    "secretStoreRef.kind": ANYTHING,
    "target.name": ANYTHING,
    "target.creationPolicy": ANYTHING,
    "target.deletionPolicy": ANYTHING,
    "target.immutable": ANYTHING,
    "target.manifest.apiVersion": ANYTHING,
    "target.manifest.kind": ANYTHING,
    "target.template*": ANYTHING,
    "data[].secretKey": ANYTHING,
    "data[].sourceRef.storeRef*": ANYTHING,
    "data[].sourceRef.generatorRef*": ANYTHING,  # refused with what to do instead, in external_secret_checks
    "dataFrom[].sourceRef.storeRef*": ANYTHING,
    "dataFrom[].sourceRef.generatorRef*": ANYTHING,
    **{f"data[].remoteRef.{member}": values for member, values in _REMOTE_REF.items()},
    **{f"dataFrom[].extract.{member}": values for member, values in _REMOTE_REF.items()},
    "dataFrom[].rewrite*": ANYTHING,
    "dataFrom[].find.path": ANYTHING,
    "dataFrom[].find.name.regexp": ANYTHING,
    "dataFrom[].find.tags*": ANYTHING,  # names and values of the user's own
    **{f"dataFrom[].find.{member}": _REMOTE_REF[member] for member in _KEY_AND_VALUE},
}

STORE: Supported = {
    "controller": ANYTHING,
    "refreshInterval": ANYTHING,
    "retrySettings.maxRetries": ANYTHING,
    "retrySettings.retryInterval": ANYTHING,
    "conditions*": ANYTHING,  # planning.namespace_conditions checks what is below
    "provider*": ANYTHING,  # its provider checks what is below
}


def unsupported_fields(spec: Mapping[str, Any], supported: Supported) -> list[str]:
    """Return the paths in ``spec`` that are not acted on, sorted, with the value where only that is the reason."""
    return sorted(_unsupported(spec, supported, path="spec", pattern=""))


def unsupported_message(fields: list[str]) -> str:
    """Return the line for the condition."""
    return f"not supported yet: {', '.join(fields)}"


def _unsupported(node: Any, supported: Supported, *, path: str, pattern: str) -> Iterator[str]:
    if f"{pattern}*" in supported:
        return
    if pattern and not _leads_somewhere(pattern, supported):
        yield path
    elif isinstance(node, dict):
        for name, child in node.items():
            below = f"{pattern}.{name}" if pattern else name
            yield from _unsupported(child, supported, path=f"{path}.{name}", pattern=below)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _unsupported(child, supported, path=f"{path}[{index}]", pattern=f"{pattern}[]")
    elif (allowed := supported.get(pattern)) is not ANYTHING and node not in allowed:
        yield f"{path}: {node}"


def _leads_somewhere(pattern: str, supported: Supported) -> bool:
    return pattern in supported or any(known.startswith((f"{pattern}.", f"{pattern}[")) for known in supported)
