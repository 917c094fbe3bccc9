"""Which parts of a Secret a push wrote. Pure.

The API server records it for every write (``metadata.managedFields``), and passes a key on to whoever changes it next.
So nothing has to be written on the Secret, and a copy of it is not taken for ours.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MANAGER = "pushsecrets.external-secrets.io"
# What External Secrets Operator pushed before us; it names no manager, and so is known by the name of its binary.
_MANAGERS = frozenset({MANAGER, "external-secrets"})


def pushed_keys(secret: Mapping[str, Any]) -> set[str]:
    """Return the keys of a Secret whose values a push wrote last."""
    found = {name.removeprefix("f:") for fields in _fields(secret) for name in _object(fields.get("f:data"))}
    return found & set(secret.get("data") or {})


def is_made_by_a_push(secret: Mapping[str, Any]) -> bool:
    """Tell whether a push made the Secret: only then it set the type, which nobody can change."""
    return any("f:type" in fields for fields in _fields(secret))


def _fields(secret: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in _object(secret.get("metadata")).get("managedFields") or ():
        if _object(entry).get("manager") in _MANAGERS:
            yield _object(entry.get("fieldsV1"))


def _object(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
