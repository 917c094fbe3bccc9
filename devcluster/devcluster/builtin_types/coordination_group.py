"""The Lease of ``coordination.k8s.io``."""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import Schema, integer, kind, struct, text, time, zero


def coordination_kinds() -> dict[str, Schema]:
    """Return the schemas by kind."""
    spec = struct(
        "What is leased, by whom and for how long.",
        holderIdentity=text("Who holds the lease."),
        leaseDurationSeconds=integer("Seconds after which others may take it."),
        acquireTime=time("When it was acquired."),
        renewTime=time("When it was renewed last."),
        leaseTransitions=integer("How often it changed hands."),
        strategy=text("How a holder is chosen."),
        preferredHolder=text("Who should take over."),
    )
    return {"Lease": kind("A lock with an end, for electing leaders.", spec=zero(spec))}
