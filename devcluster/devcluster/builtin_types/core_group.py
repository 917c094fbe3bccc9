"""Kinds of the core group (v1) that hold data: Namespace, Secret, ConfigMap, ServiceAccount, Event, Service."""

from __future__ import annotations

from devcluster.builtin_types.discovery_group import endpoints_kind
from devcluster.builtin_types.pod_template import pod_spec, pod_status
from devcluster.builtin_types.schema_dsl import (
    Schema,
    atomic,
    boolean,
    conditions,
    free_map,
    int_or_text,
    integer,
    items,
    kind,
    map_by,
    object_reference,
    open_struct,
    patched_by,
    struct,
    text,
    time,
    zero,
)


def core_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    return {
        "Namespace": _namespace(),
        "Secret": _secret(),
        "ConfigMap": _config_map(),
        "ServiceAccount": _service_account(),
        "Event": _event(),
        "Service": _service(),
        "Endpoints": endpoints_kind(),
        "Pod": kind(
            "A group of containers that run together on one node.",
            spec=zero(pod_spec("Desired behaviour of the pod.")),
            status=zero(pod_status()),
        ),
    }


def _namespace() -> Schema:
    return kind(
        "A scope for names of other objects.",
        spec=zero(
            struct(
                "Desired behaviour of the namespace.",
                finalizers=items(text(), "What must go before the namespace may."),
            )
        ),
        status=zero(
            struct("Where the namespace is in its life.", phase=text("Active or Terminating."), conditions=conditions())
        ),
    )


def _secret() -> Schema:
    return kind(
        "Holds confidential data of limited size for pods and controllers.",
        immutable=boolean("True forbids any change of the data; only a deletion undoes it."),
        data=free_map("Keys with base64-encoded values.", text(format="byte")),
        stringData=free_map("Keys with plain values; written only, merged into data and never returned."),
        type=text("What the data is for, which some controllers check.", default="Opaque"),
    )


def _config_map() -> Schema:
    return kind(
        "Holds configuration that is not confidential.",
        immutable=boolean("True forbids any change of the data; only a deletion undoes it."),
        data=free_map("Keys with text values."),
        binaryData=free_map("Keys with base64-encoded values.", text(format="byte")),
    )


def _service_account() -> Schema:
    local = atomic(struct("Names a Secret in the same namespace.", name=text("Name of the Secret.")))
    return kind(
        "An identity for processes that run in pods.",
        secrets=map_by(
            "name",
            of=object_reference("A Secret that pods of this account may use."),
            description="Secrets of the account.",
        ),
        imagePullSecrets=patched_by("", items(local, "Secrets for pulling images.")),
        automountServiceAccountToken=boolean("False keeps the token out of pods."),
    )


def _event() -> Schema:
    return kind(
        "A report of something that happened to an object.",
        involvedObject=zero(object_reference("The object that the event is about.")),
        reason=text("A word for what happened."),
        message=text("A sentence for people."),
        source=zero(struct("Who reports.", component=text("Component that reports."), host=text("Node it runs on."))),
        firstTimestamp=zero(time("When it happened first.")),
        lastTimestamp=zero(time("When it happened last.")),
        count=integer("How often it happened."),
        type=text("Normal or Warning."),
        eventTime=zero(time("When it was observed first, in microseconds.")),
        series=struct(
            "What repeated reports have in common.", count=integer("How often."), lastObservedTime=time("When last.")
        ),
        action=text("What was done."),
        related=object_reference("A second object that takes part."),
        reportingComponent=zero(text("Controller that reports."), ""),
        reportingInstance=zero(text("Instance of the controller."), ""),
    )


def event_of_events_group() -> Schema:
    """Return the schema of an Event of ``events.k8s.io/v1``."""
    core = _event()["properties"]
    renamed = {
        "regarding": core["involvedObject"],
        "note": core["message"],
        "deprecatedSource": core["source"],
        "deprecatedFirstTimestamp": core["firstTimestamp"],
        "deprecatedLastTimestamp": core["lastTimestamp"],
        "deprecatedCount": core["count"],
        "reportingController": text("Controller that reports."),
        "reportingInstance": text("Instance of the controller."),
    }
    same = {name: core[name] for name in ("reason", "type", "eventTime", "series", "action", "related")}
    return kind("A report of something that happened to an object.", **same, **renamed)


def _service() -> Schema:
    port = struct(
        "A port of the service.",
        name=text("Name of the port."),
        protocol=text("TCP, UDP or SCTP.", default="TCP"),
        appProtocol=text("Protocol above the transport."),
        port=integer("Port of the service."),
        targetPort=int_or_text("Port of the pods, by number or by name."),
        nodePort=integer("Port on every node."),
    )
    ports = patched_by("port", map_by("port", "protocol", of=port, description="Ports of the service."))
    spec = open_struct(
        "Desired behaviour of the service.",
        ports=ports,
        selector=atomic(free_map("Labels of the pods behind the service.")),
        clusterIP=text("Address inside the cluster."),
        clusterIPs=items(text(), "Addresses inside the cluster."),
        type=text("ClusterIP, NodePort, LoadBalancer or ExternalName.", default="ClusterIP"),
        externalIPs=items(text(), "Further addresses."),
        sessionAffinity=text("None or ClientIP.", default="None"),
        externalName=text("Name that the service stands for."),
        ipFamilies=items(text(), "IPv4, IPv6."),
        publishNotReadyAddresses=boolean("True lists pods before they are ready."),
    )
    status = open_struct(
        "State of the service.", loadBalancer=zero(open_struct("State of the load balancer.")), conditions=conditions()
    )
    return kind("A name and an address for a set of pods.", spec=zero(spec), status=zero(status))
