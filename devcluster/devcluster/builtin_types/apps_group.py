"""Workloads of the group ``apps``: Deployment, StatefulSet and DaemonSet."""

from __future__ import annotations

from devcluster.builtin_types.pod_template import pod_template
from devcluster.builtin_types.schema_dsl import (
    Schema,
    boolean,
    conditions,
    int_or_text,
    integer,
    items,
    kind,
    label_selector,
    open_struct,
    patched_by,
    struct,
    text,
    zero,
)


def apps_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    return {"Deployment": _deployment(), "StatefulSet": _stateful_set(), "DaemonSet": _daemon_set()}


def _workload(description: str, **members: Schema) -> Schema:
    spec = open_struct(
        "Desired behaviour of the workload.",
        selector=label_selector("Which pods belong to the workload."),
        template=zero(pod_template("What the pods look like.")),
        minReadySeconds=integer("Seconds a pod must be ready to count."),
        revisionHistoryLimit=integer("How many old revisions are kept.", default=10),
        **members,
    )
    status = open_struct(
        "Observed state of the workload.",
        observedGeneration=integer("Generation that was observed.", format="int64"),
        replicas=integer("Pods there are."),
        readyReplicas=integer("Pods that are ready."),
        availableReplicas=integer("Pods that are ready long enough."),
        updatedReplicas=integer("Pods of the latest template."),
        conditions=conditions(),
    )
    return kind(description, spec=zero(spec), status=zero(status))


def _rolling_update(**members: Schema) -> Schema:
    return struct(
        "How pods are replaced.",
        type=text("Kind of the strategy."),
        rollingUpdate=struct("Limits of a rolling update.", **members),
    )


def _deployment() -> Schema:
    strategy = _rolling_update(
        maxUnavailable=int_or_text("How many pods may be missing."),
        maxSurge=int_or_text("How many pods may be too many."),
    )
    return _workload(
        "Keeps a number of equal pods running and replaces them when their template changes.",
        replicas=integer("How many pods there should be.", default=1),
        strategy=zero(patched_by("", strategy, "retainKeys")),
        paused=boolean("True stops roll-outs."),
        progressDeadlineSeconds=integer("Seconds after which a roll-out counts as stuck.", default=600),
    )


def _stateful_set() -> Schema:
    strategy = _rolling_update(partition=integer("Pods below this ordinal stay."), maxUnavailable=int_or_text())
    return _workload(
        "Keeps pods running that have an identity and storage of their own.",
        replicas=integer("How many pods there should be.", default=1),
        serviceName=text("Service that names the pods."),
        podManagementPolicy=text("OrderedReady or Parallel.", default="OrderedReady"),
        updateStrategy=zero(strategy),
        volumeClaimTemplates=items(open_struct("A claim for every pod.")),
    )


def _daemon_set() -> Schema:
    strategy = _rolling_update(maxUnavailable=int_or_text(), maxSurge=int_or_text())
    return _workload("Keeps one pod running on every node.", updateStrategy=zero(strategy))
