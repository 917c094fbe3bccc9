"""Decides what to do about one ClusterExternalSecret or ClusterPushSecret. Pure: what is observed comes in, a plan that
compares with == goes out.

Every selected namespace gets one child; those that exist elsewhere or under a former name go. What another resource
made is never touched, and nothing is removed before its replacement is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from secrets_operator.flow import Object
from secrets_operator.planning.child_resources import Child, DesiredChild, is_as_desired, is_child_of
from secrets_operator.planning.conditions import one_line
from secrets_operator.planning.fan_out_kinds import FanOutKind
from secrets_operator.planning.label_selectors import selector_problems, selects
from secrets_operator.planning.marks import fan_out_manager
from secrets_operator.planning.namespaces import NAME_LABEL, Namespace
from secrets_operator.planning.refresh import SHORTEST_INTERVAL
from secrets_operator.planning.secret_state import Owner
from secrets_operator.resources.fan_out import FanOutSpec
from secrets_operator.resources.problems import problems_in

# What stands for a namespace in the status when none could be selected.
UNKNOWN_NAMESPACE = "unknown"
# How many failed namespaces the condition names; the status lists them all.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of a parent that do not depend on the world."""

    kind: FanOutKind
    spec: FanOutSpec
    template: DesiredChild
    """The children as they should be, but for their namespace."""

    @property
    def recheck_in(self) -> float | None:
        """Seconds after which all is looked at again; None when only changes are."""
        every = self.spec.refresh_every
        return max(every, SHORTEST_INTERVAL).total_seconds() if every > timedelta(0) else None


@dataclass(frozen=True, slots=True)
class Unusable:
    """A parent that cannot be acted on until the user changes it."""

    problems: tuple[str, ...]

    @property
    def message(self) -> str:
        """The line for the condition."""
        return "; ".join(self.problems)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, namespaces in alphabetical order."""

    write: tuple[DesiredChild, ...] = ()
    delete: tuple[Child, ...] = ()
    """Children that are wanted no more; one whose namespace could not be given its new child is to be kept."""

    settled: tuple[str, ...] = ()
    """Namespaces whose child is as it should be."""

    failed: Mapping[str, str] = field(default_factory=dict)
    """Namespace -> what is in the way there."""


def wanted(kind: FanOutKind, resource: Object) -> Wanted | Unusable:
    """Read a parent; every problem at once. What the children say is for the API server to judge."""
    metadata, raw = resource["metadata"], resource["spec"]
    try:
        spec = kind.spec.model_validate(raw)
    except ValidationError as error:
        return Unusable(tuple(f"spec.{problem}" for problem in problems_in(error)))
    problems = [problem for path, one in spec.selectors() for problem in selector_problems(one, f"spec.{path}")]
    if problems:
        return Unusable(tuple(map(str, problems)))
    template = DesiredChild(
        namespace="",
        name=kind.child_name(resource),
        parent=Owner(kind.parent.group, kind.parent.kind, metadata["name"], metadata["uid"]),
        manager=fan_out_manager(kind.parent, metadata["name"]),
        spec=raw[kind.spec_field],
        labels=spec.child_metadata.labels,
        annotations=kind.child_annotations(spec, metadata.get("annotations") or {}),
    )
    return Wanted(kind, spec, template)


def is_selected(spec: FanOutSpec, namespace: Namespace) -> bool:
    """Tell whether ``namespace`` is to have a child: any selector matches, or it is listed."""
    return namespace.labels.get(NAME_LABEL) in spec.listed or any(
        selects(selector, namespace.labels) for _, selector in spec.selectors()
    )


def plan(want: Wanted, namespaces: Iterable[Namespace], existing: Iterable[Child]) -> Plan:
    """Decide. ``existing`` are all children of the resource, and whatever else has their name."""
    known = {namespace.name: namespace for namespace in namespaces if not namespace.terminating}
    selected = sorted(name for name, namespace in known.items() if is_selected(want.spec, namespace))
    found = {(live.namespace, live.name): live for live in existing}
    write, settled, failed = [], [], {}
    for namespace in selected:
        live = found.pop((namespace, want.template.name), None)
        desired = replace(want.template, namespace=namespace, uid=live.uid if live else "")
        blocked = _obstacle(want.kind, live, desired)
        if blocked:
            failed[namespace] = blocked
        elif live is not None and is_as_desired(live, desired):
            settled.append(namespace)
        else:
            write.append(desired)
    delete = (
        live
        for _, live in sorted(found.items(), key=itemgetter(0))
        # A namespace that is not known, or on its way out, says nothing about what may be deleted.
        if live.namespace in known and live.namespace not in failed and _may_go(live, want.template.parent)
    )
    return Plan(tuple(write), tuple(delete), tuple(settled), failed)


def status(
    kind: FanOutKind,
    previous: Mapping[str, Any],
    *,
    child: str,
    provisioned: Iterable[str],
    failed: Mapping[str, str],
) -> dict[str, Any] | None:
    """Return the status to write, or None when ``previous`` says the same. Its condition has no time."""
    following: dict[str, Any] = {
        kind.name_field: child,
        "provisionedNamespaces": sorted(provisioned),
        "failedNamespaces": [{"namespace": name, "reason": failed[name]} for name in sorted(failed)],
        "conditions": [_condition(kind, failed)],
    }
    return None if following.items() <= previous.items() else following


def _condition(kind: FanOutKind, failed: Mapping[str, str]) -> dict[str, str]:
    if not failed:
        return {"type": "Ready", "status": "True"}
    given = kind.unusable_reason if UNKNOWN_NAMESPACE in failed else ""
    reason = {"reason": given} if given else {}
    return {"type": "Ready", "status": "False", **reason, "message": _summary(failed)}


def _obstacle(kind: FanOutKind, live: Child | None, desired: DesiredChild) -> str:
    if live is None:
        return ""
    if not is_child_of(live, desired.parent):
        return kind.already_exists
    return kind.being_deleted if live.deleting else ""


def _may_go(live: Child, parent: Owner) -> bool:
    return is_child_of(live, parent) and not live.deleting


def _summary(failed: Mapping[str, str]) -> str:
    named = [f"{name}: {failed[name]}" for name in sorted(failed)[:MOST_NAMED]]
    more = [f"and {len(failed) - MOST_NAMED} more"] if len(failed) > MOST_NAMED else []
    return one_line(f"one or more namespaces failed: {'; '.join([*named, *more])}")
