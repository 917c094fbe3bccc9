"""Decides what an admission review answers, from problems that others found. Pure.

A resource is refused for what its last edit brought, never for what was wrong before: whoever mends one of two
problems, moves a label or takes a finalizer off must get through. The controllers judge the whole resource anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from secrets_operator.flow import Object
from secrets_operator.planning.external_secret import Unusable, Wanted, wanted
from secrets_operator.planning.fan_out import Unusable as UnusableFanOut
from secrets_operator.planning.fan_out import wanted as wanted_fan_out
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE, FanOutKind
from secrets_operator.planning.generic_targets import refusal
from secrets_operator.planning.push_secret import WantedPush, wanted_push
from secrets_operator.planning.secret_store import store_problems
from secrets_operator.resources.labels import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.resources.policies import POWERFUL_SECRET_TYPES, power_of
from secrets_operator.settings import Settings

T = TypeVar("T")

# A message of the API server stays readable, and a warning header is cut at 256 characters by some clients.
_MOST_SHOWN = 20
_LONGEST_WARNING = 256
_SPEC = "spec."


@dataclass(frozen=True, slots=True)
class Review:
    """What the API server asks about: the object as it would be, and as it is (None when it is to be created)."""

    operation: str
    new: Object | None
    old: Object | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the request is refused (empty: it is let through), and what its sender is told besides."""

    refusal: str = ""
    warnings: tuple[str, ...] = ()
    judged: bool = True
    """Whether it was looked at as long as that takes; what was not is let through."""

    @property
    def outcome(self) -> str:
        """What became of the request, in one word: ``allowed``, ``refused`` or ``unjudged``."""
        return ("allowed" if self.allowed else "refused") if self.judged else "unjudged"

    @property
    def allowed(self) -> bool:
        """Whether the request is let through."""
        return not self.refusal


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a resource, and what is worth a word."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def needs_judging(review: Review) -> bool:
    """Tell whether there is anything to judge: no deletion, and not only labels, finalizers or the status."""
    if review.operation not in ("CREATE", "UPDATE") or review.new is None:
        return False
    if review.new["metadata"].get("deletionTimestamp"):
        return False
    return review.old is None or _judged(review.new) != _judged(review.old)


def verdict(found: Findings, before: Findings = Findings()) -> Verdict:
    """Refuse for the problems that were not there ``before``; those that were are warnings."""
    added = [problem for problem in found.problems if problem not in before.problems]
    stayed = [problem for problem in found.problems if problem in before.problems]
    if added:
        return Verdict(_listed(added), _cut(found.warnings))
    return Verdict("", _cut([*found.warnings, *(f"still to be mended: {problem}" for problem in stayed)]))


def external_secret(resource: Object, settings: Settings) -> Wanted | tuple[str, ...]:
    """Return an ExternalSecret as its controller reads it, or what it would say on the condition."""
    want = wanted(_identified(resource))
    if isinstance(want, Unusable):
        return want.problems
    refused = refusal(want.kind, want.target, settings)
    if refused:
        return (refused,)
    template = want.spec.target.template
    powerful = template.type if template is not None and want.kind.is_secret else None
    return (_powerful("spec.target.template.type", powerful),) if powerful in POWERFUL_SECRET_TYPES else want


def cluster_external_secret(resource: Object, settings: Settings) -> Wanted | tuple[str, ...]:
    """Return what the children of a ClusterExternalSecret ask for, or what is wrong with it or with them."""
    return _of_children(EXTERNAL_SECRETS_EVERYWHERE, resource, lambda child: external_secret(child, settings))


def push_secret(resource: Object) -> WantedPush | tuple[str, ...]:
    """Return a PushSecret as its controller reads it, or what it would say on the condition."""
    want = wanted_push(_identified(resource))
    return want.problems if isinstance(want, Unusable) else want


def cluster_push_secret(resource: Object) -> WantedPush | tuple[str, ...]:
    """Return what the children of a ClusterPushSecret ask for, or what is wrong with it or with them."""
    return _of_children(PUSH_SECRETS_EVERYWHERE, resource, push_secret)


def inner_paths(kind: FanOutKind, problems: Iterable[str]) -> tuple[str, ...]:
    """Return problems of children as those of the resource that holds their spec."""
    return tuple(problem.replace(_SPEC, f"spec.{kind.spec_field}.", 1) for problem in problems)


def _of_children(
    kind: FanOutKind, resource: Object, judge: Callable[[Object], T | tuple[str, ...]]
) -> T | tuple[str, ...]:
    fan_out = wanted_fan_out(kind, _identified(resource))
    if isinstance(fan_out, UnusableFanOut):
        return fan_out.problems
    child = {
        "apiVersion": kind.child.api_version,
        "kind": kind.child.kind,
        "metadata": {"name": fan_out.template.name, "namespace": "", "uid": ""},
        "spec": fan_out.template.spec,
    }
    want = judge(child)
    return inner_paths(kind, want) if isinstance(want, tuple) else want


def store(resource: Object) -> tuple[str, ...]:
    """Return what is wrong with a store, but for what only its provider can tell."""
    return tuple(store_problems(resource))


def sealed_secret_type(resource: Object) -> Iterator[str]:
    """Yield what speaks against the type that a SealedSecret gives to its Secret."""
    template = (resource.get("spec") or {}).get("template") or {}
    kind = template.get("type") if isinstance(template, dict) else None
    if kind in POWERFUL_SECRET_TYPES:
        yield _powerful("spec.template.type", kind)


def _judged(resource: Object) -> tuple[object, ...]:
    """Return everything a verdict depends on: for a SealedSecret its scope too, which annotations say."""
    spec = resource.get("spec")
    if resource.get("kind") != SEALED_SECRET.kind:
        return (spec,)
    annotations = resource["metadata"].get("annotations") or {}
    return spec, *(annotations.get(name) for name in (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION))


def _identified(resource: Object) -> Object:
    """Return a resource that may have no name yet with everything that reading it takes; its spec is the same."""
    metadata = resource["metadata"]
    name = metadata.get("name") or metadata.get("generateName", "")
    given = {"namespace": "", "uid": "", **metadata, "name": name}
    return {**resource, "metadata": given, "spec": resource.get("spec") or {}}


def _powerful(path: str, secret_type: str | None) -> str:
    return f"{path}: {power_of(secret_type or '')}: choose another type"


def _listed(problems: list[str]) -> str:
    more = len(problems) - _MOST_SHOWN
    return "; ".join([*problems[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _cut(warnings: Iterable[str]) -> tuple[str, ...]:
    lines = [" ".join(warning.split()) for warning in dict.fromkeys(warnings)]
    return tuple(line if len(line) <= _LONGEST_WARNING else f"{line[: _LONGEST_WARNING - 1]}…" for line in lines)
