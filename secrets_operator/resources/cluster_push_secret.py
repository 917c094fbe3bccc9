"""ClusterPushSecret: one PushSecret in every namespace that is selected."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.conditions import Condition
from secrets_operator.resources.fan_out import ChildMetadata, FanOutSpec, FanOutStatus
from secrets_operator.resources.formats import DnsName
from secrets_operator.resources.push_secret import PushSecretSpec
from secrets_operator.resources.resource import Resource


class PushSecretFanOut(FanOutSpec):
    """Which namespaces get a PushSecret, and what it is called; all but what it says."""

    push_secret_name: DnsName | None = Field(
        None, description="Name of the PushSecrets. Default: the name of this object."
    )
    push_secret_metadata: ChildMetadata = Field(
        default_factory=ChildMetadata, description="Labels and annotations of the PushSecrets."
    )

    @property
    def child_metadata(self) -> ChildMetadata:
        """What the PushSecrets carry besides their spec."""
        return self.push_secret_metadata


class ClusterPushSecretSpec(PushSecretFanOut):
    """What the PushSecrets say, and which namespaces get one."""

    push_secret_spec: PushSecretSpec = Field(description="The spec of the PushSecrets.")


class ClusterPushSecretStatus(FanOutStatus):
    """Where the PushSecrets are, and where they could not be made."""

    push_secret_name: str = Field("", description="Name of the PushSecrets that were made.")
    conditions: tuple[Condition, ...] = Field(
        (), description="Ready tells whether every selected namespace has its PushSecret; a success has no reason."
    )


class ClusterPushSecret(Resource):
    """Keeps one PushSecret in every selected namespace."""

    kind: Literal["ClusterPushSecret"] = Field("ClusterPushSecret", description="Kind of this object.")
    spec: ClusterPushSecretSpec = Field(description="What the PushSecrets say, and which namespaces get one.")
    status: ClusterPushSecretStatus = Field(
        default_factory=ClusterPushSecretStatus, description="What the operator last did; written by the operator."
    )
