"""Scopes: what a sealed value is bound to, and the annotations that say so.

Sealing takes the scope from the input Secret's annotations, unsealing from the SealedSecret's own; annotations in
``spec.template`` never count. The scope travels inside the authenticated data, as the OAEP label.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

PREFIX = "sealedsecrets.bitnami.com/"
TRUE = "true"


class Scope(StrEnum):
    """Where a sealed value may be unsealed."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


# In order of precedence: with both annotations present, cluster-wide wins.
_ANNOTATIONS = {Scope.CLUSTER_WIDE: PREFIX + "cluster-wide", Scope.NAMESPACE_WIDE: PREFIX + "namespace-wide"}


def is_true(annotations: Mapping[str, object], name: str) -> bool:
    """Tell whether an annotation is set; only the exact value ``true`` counts."""
    return annotations.get(name) == TRUE


def scope_of(annotations: Mapping[str, object]) -> Scope:
    """Return the scope that an object's annotations declare."""
    return next((scope for scope, name in _ANNOTATIONS.items() if is_true(annotations, name)), Scope.STRICT)


def scope_annotations(scope: Scope) -> dict[str, str]:
    """Return the annotations that declare a scope; none for strict."""
    return {_ANNOTATIONS[scope]: TRUE} if scope in _ANNOTATIONS else {}


def with_scope(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """Return the annotations with the scope replaced."""
    others = {name: value for name, value in annotations.items() if name not in _ANNOTATIONS.values()}
    return others | scope_annotations(scope)


def without_other_scopes(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """Return the annotations without those that declare another scope than ``scope``."""
    others = {name for kind, name in _ANNOTATIONS.items() if kind is not scope}
    return {name: value for name, value in annotations.items() if name not in others}


def label(scope: Scope, *, namespace: str, name: str) -> bytes:
    """Return the OAEP label that binds a value to its scope; empty for cluster-wide."""
    match scope:
        case Scope.STRICT:
            return f"{namespace}/{name}".encode()
        case Scope.NAMESPACE_WIDE:
            return namespace.encode()
        case Scope.CLUSTER_WIDE:
            return b""
