"""The columns that tables of built-in kinds show, by group and kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from devcluster.ages import age
from devcluster.json_paths import JsonPath
from devcluster.tables import Column, age_column, name_column

_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
_NONE = "<none>"


def _column(name: str, cell: Callable[[dict[str, Any]], Any], *, kind: str = "string", priority: int = 0) -> Column:
    return Column(name, kind, "", "", priority, lambda obj, _now: cell(obj))


def _at(path: str, default: Any = "") -> Callable[[dict[str, Any]], Any]:
    compiled = JsonPath(path)

    def cell(obj: dict[str, Any]) -> Any:
        values = compiled.find(obj)
        return default if not values or values[0] is None else values[0]

    return cell


def _count(*members: str) -> Callable[[dict[str, Any]], int]:
    return lambda obj: sum(len(obj.get(member) or ()) for member in members)


def _named(*columns: Column) -> Callable[[], list[Column]]:
    return lambda: [name_column(), *columns, age_column()]


def _labels(path: str) -> Callable[[dict[str, Any]], str]:
    find = _at(path, {})
    return lambda obj: ",".join(f"{name}={value}" for name, value in sorted(find(obj).items())) or _NONE


def _ready(obj: dict[str, Any]) -> str:
    statuses = obj.get("status", {}).get("containerStatuses") or ()
    total = len(obj.get("spec", {}).get("containers") or ())
    return f"{sum(bool(status.get('ready')) for status in statuses)}/{total}"


def _restarts(obj: dict[str, Any]) -> str:
    return str(sum(status.get("restartCount", 0) for status in obj.get("status", {}).get("containerStatuses") or ()))


def _pod_state(obj: dict[str, Any]) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    status = obj.get("status", {})
    return str(status.get("reason") or status.get("phase") or "")


def _replicas(wanted: str, have: str) -> Callable[[dict[str, Any]], str]:
    want, got = _at(wanted, 0), _at(have, 0)
    return lambda obj: f"{got(obj)}/{want(obj)}"


def _containers(member: str) -> Callable[[dict[str, Any]], str]:
    find = _at(".spec.template.spec.containers", [])
    return lambda obj: ",".join(str(container.get(member, "")) for container in find(obj))


def _ports(obj: dict[str, Any]) -> str:
    found = []
    for port in obj.get("spec", {}).get("ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        found.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(found) or _NONE


def _role(obj: dict[str, Any]) -> str:
    reference = obj.get("roleRef") or {}
    return f"{reference.get('kind', '')}/{reference.get('name', '')}"


def _about(obj: dict[str, Any]) -> str:
    target = obj.get("involvedObject") or obj.get("regarding") or {}
    return f"{target.get('kind', '').lower()}/{target.get('name', '')}"


def _event_columns() -> list[Column]:
    def last_seen(obj: dict[str, Any], now: datetime) -> str:
        series = obj.get("series") or {}
        times = (series.get("lastObservedTime"), obj.get("lastTimestamp"), obj.get("deprecatedLastTimestamp"))
        return age(next((time for time in times if time), obj.get("eventTime")), now)

    return [
        Column("Last Seen", "string", "", "", 0, last_seen),
        _column("Type", _at(".type")),
        _column("Reason", _at(".reason")),
        _column("Object", _about),
        _column("Message", lambda obj: (obj.get("message") or obj.get("note") or "").strip()),
        Column("Name", "string", "name", "", 1, lambda obj, _now: obj["metadata"].get("name", "")),
    ]


def _created_columns() -> list[Column]:
    created = Column("Created At", "date", "", "", 0, lambda obj, _now: obj["metadata"].get("creationTimestamp"))
    return [name_column(), created]


def _workload_columns(*columns: Column) -> Callable[[], list[Column]]:
    wide = (
        _column("Containers", _containers("name"), priority=1),
        _column("Images", _containers("image"), priority=1),
        _column("Selector", _labels(".spec.selector.matchLabels"), priority=1),
    )
    return lambda: [name_column(), *columns, age_column(), *wide]


def _number(name: str, path: str) -> Column:
    return _column(name, _at(path, 0), kind="integer")


COLUMNS: dict[tuple[str, str], Callable[[], list[Column]]] = {
    ("", "Secret"): _named(_column("Type", _at(".type")), _column("Data", _count("data"), kind="integer")),
    ("", "ConfigMap"): _named(_column("Data", _count("data", "binaryData"), kind="integer")),
    ("", "Namespace"): _named(_column("Status", _at(".status.phase"))),
    ("", "ServiceAccount"): _named(_column("Secrets", _count("secrets"), kind="integer")),
    ("", "Event"): _event_columns,
    ("events.k8s.io", "Event"): _event_columns,
    ("", "Pod"): _named(
        _column("Ready", _ready),
        _column("Status", _pod_state),
        _column("Restarts", _restarts),
        _column("IP", _at(".status.podIP", _NONE), priority=1),
        _column("Node", _at(".spec.nodeName", _NONE), priority=1),
    ),
    ("", "Service"): _named(
        _column("Type", _at(".spec.type")),
        _column("Cluster-IP", _at(".spec.clusterIP", _NONE)),
        _column("External-IP", _at(".spec.externalName", _NONE)),
        _column("Port(s)", _ports),
        _column("Selector", _labels(".spec.selector"), priority=1),
    ),
    ("apps", "Deployment"): _workload_columns(
        _column("Ready", _replicas(".spec.replicas", ".status.readyReplicas")),
        _number("Up-to-date", ".status.updatedReplicas"),
        _number("Available", ".status.availableReplicas"),
    ),
    ("apps", "StatefulSet"): _workload_columns(_column("Ready", _replicas(".spec.replicas", ".status.readyReplicas"))),
    ("apps", "DaemonSet"): _workload_columns(
        _number("Desired", ".status.desiredNumberScheduled"),
        _number("Current", ".status.currentNumberScheduled"),
        _number("Ready", ".status.numberReady"),
        _number("Up-to-date", ".status.updatedNumberScheduled"),
        _number("Available", ".status.numberAvailable"),
        _column("Node Selector", _labels(".spec.template.spec.nodeSelector")),
    ),
    ("coordination.k8s.io", "Lease"): _named(_column("Holder", _at(".spec.holderIdentity"))),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _created_columns,
    (_RBAC, "Role"): _created_columns,
    (_RBAC, "ClusterRole"): _created_columns,
    (_RBAC, "RoleBinding"): _named(_column("Role", _role)),
    (_RBAC, "ClusterRoleBinding"): _named(_column("Role", _role)),
    (_ADMISSION, "ValidatingWebhookConfiguration"): _named(_column("Webhooks", _count("webhooks"), kind="integer")),
    (_ADMISSION, "ValidatingAdmissionPolicy"): _named(
        _column("Validations", lambda obj: len(obj.get("spec", {}).get("validations") or ()), kind="integer"),
        _column("ParamKind", lambda obj: _param_kind(obj.get("spec", {}).get("paramKind"))),
    ),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): _named(
        _column("PolicyName", _at(".spec.policyName")),
        _column("ParamRef", _at(".spec.paramRef.name", "<unset>")),
    ),
}


def _param_kind(kind: dict[str, Any] | None) -> str:
    return f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else "<unset>"
