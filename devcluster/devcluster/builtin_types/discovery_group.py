"""Where Services lead: the EndpointSlice of ``discovery.k8s.io``, and the older Endpoints of the core group."""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import (
    Schema,
    atomic,
    boolean,
    integer,
    items,
    kind,
    object_reference,
    struct,
    text,
)


def discovery_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    endpoint = struct(
        "One endpoint, such as a pod.",
        addresses=items(text(), "Addresses of the endpoint; all lead to the same place."),
        conditions=struct(
            "State of the endpoint.",
            ready=boolean("False keeps requests away; absent counts as true."),
            serving=boolean("As ready, but also while it terminates."),
            terminating=boolean("True while it goes away."),
        ),
        hostname=text("Name of the endpoint."),
        nodeName=text("Node of the endpoint."),
        targetRef=object_reference("The object behind the endpoint."),
        zone=text("Zone of the endpoint."),
    )
    return {
        "EndpointSlice": kind(
            "Some of the endpoints of a Service.",
            addressType=text("IPv4, IPv6 or FQDN."),
            endpoints=atomic(items(endpoint, "The endpoints.")),
            ports=atomic(items(_port(), "The ports that each endpoint has.")),
        )
    }


def endpoints_kind() -> Schema:
    """Return the schema of Endpoints of the core group."""
    address = atomic(
        struct(
            "One endpoint.",
            ip=text("Address of the endpoint."),
            hostname=text("Name of the endpoint."),
            nodeName=text("Node of the endpoint."),
            targetRef=object_reference("The object behind the endpoint."),
        )
    )
    subset = struct(
        "Endpoints that have the same ports.",
        addresses=atomic(items(address, "Endpoints that are ready.")),
        notReadyAddresses=atomic(items(address, "Endpoints that are not.")),
        ports=atomic(items(_port(), "The ports that each endpoint has.")),
    )
    return kind("The endpoints of the Service of the same name.", subsets=atomic(items(subset, "The endpoints.")))


def _port() -> Schema:
    return struct(
        "A port.",
        name=text("Name of the port, as in the Service."),
        port=integer("Number of the port."),
        protocol=text("TCP, UDP or SCTP."),
        appProtocol=text("Protocol above the transport."),
    )
