"""What a generator says about itself, as the resources that use it see it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from secrets_operator.flow import Key, Object
from secrets_operator.planning.controller_classes import is_of_class
from secrets_operator.planning.stores import Readiness
from secrets_operator.resources.generators.cluster_generator import spec_property
from secrets_operator.resources.names import CLUSTER_GENERATOR
from secrets_operator.resources.references import GeneratorRef, NamespacedGeneratorKind

NAMESPACED_KINDS: frozenset[str] = frozenset(get_args(NamespacedGeneratorKind))

Spec = Mapping[str, Any]
Obstacle = Callable[[str, Spec | None], str]
"""(kind, spec) -> what keeps a generator from being used: a plug-in that is not installed, or problems of its spec.

Without a spec only the plug-in counts. Nothing is an empty text.
"""


@dataclass(frozen=True, slots=True)
class GeneratorView:
    """A referenced generator at the moment of the decision: for a ClusterGenerator the one that it holds."""

    key: Key
    readiness: Readiness
    detail: str = ""
    """What is wrong with it."""

    kind: str = ""
    spec: Spec = field(default_factory=dict, repr=False)


def generator_key(reference: GeneratorRef, namespace: str) -> Key:
    """Return the key of the generator that a reference in ``namespace`` means."""
    return Key(reference.kind, "" if reference.kind == CLUSTER_GENERATOR.kind else namespace, reference.name)


def view_of_generator(key: Key, found: Object | None, *, controller_class: str, obstacle: Obstacle) -> GeneratorView:
    """Judge a generator as cached."""
    if found is None:
        # Whether there is such an object does not matter where nobody could use it.
        detail = obstacle(key.kind, None) if key.kind != CLUSTER_GENERATOR.kind else ""
        return GeneratorView(key, Readiness.NOT_READY if detail else Readiness.MISSING, detail)
    spec: Spec = found.get("spec") or {}
    kind = key.kind
    if kind == CLUSTER_GENERATOR.kind:
        kind, spec = _held(spec)
        if not kind:
            return GeneratorView(key, Readiness.NOT_READY, f"{_named(key)} cannot be used: {_malformed(found['spec'])}")
    if not is_of_class(found, controller_class):
        return GeneratorView(key, Readiness.FOREIGN)
    detail = obstacle(kind, spec)
    if detail:
        return GeneratorView(key, Readiness.NOT_READY, f"{_named(key)} cannot be used: {detail}")
    return GeneratorView(key, Readiness.READY, kind=kind, spec=spec)


def _held(spec: Spec) -> tuple[str, Spec]:
    """Return kind and spec of what a ClusterGenerator holds; no kind when it holds nothing that makes sense."""
    kind, specs = spec.get("kind") or "", spec.get("generator") or {}
    if kind not in NAMESPACED_KINDS or set(specs) != {spec_property(kind)}:
        return "", {}
    return kind, specs[spec_property(kind)] or {}


def _malformed(spec: Spec) -> str:
    kind = spec.get("kind") or ""
    if kind not in NAMESPACED_KINDS:
        return "spec.kind: must be the kind of a generator"
    return f"spec.generator: must have exactly one property, {spec_property(kind)}, since spec.kind is {kind}"


def _named(key: Key) -> str:
    return f"{key.kind} {key.name}"
