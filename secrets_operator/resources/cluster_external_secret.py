"""ClusterExternalSecret: one ExternalSecret in every namespace that is selected."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.fan_out import ChildMetadata, FanOutSpec, FanOutStatus
from secrets_operator.resources.formats import DnsLabel, DnsName
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class ExternalSecretFanOut(FanOutSpec):
    """Which namespaces get an ExternalSecret, and what it is called; all but what it says."""

    external_secret_name: DnsName | None = Field(
        None, description="Name of the ExternalSecrets. Default: the name of this object."
    )
    external_secret_metadata: ChildMetadata = Field(
        default_factory=ChildMetadata, description="Labels and annotations of the ExternalSecrets."
    )
    namespace_selector: LabelSelector | None = Field(
        None, description="One more selector. Deprecated: use namespaceSelectors."
    )
    namespaces: tuple[DnsLabel, ...] = Field(
        (),
        description="Namespaces by name, compared with their label kubernetes.io/metadata.name. Deprecated: use "
        "namespaceSelectors.",
    )

    @property
    def child_metadata(self) -> ChildMetadata:
        """What the ExternalSecrets carry besides their spec."""
        return self.external_secret_metadata

    @property
    def listed(self) -> tuple[str, ...]:
        """Namespaces that are selected by name."""
        return self.namespaces

    def selectors(self) -> tuple[tuple[str, LabelSelector], ...]:
        """Return every selector with its path in the spec."""
        listed, single = super().selectors(), self.namespace_selector
        return listed if single is None else (*listed, ("namespaceSelector", single))


class ClusterExternalSecretSpec(ExternalSecretFanOut):
    """What the ExternalSecrets say, and which namespaces get one."""

    external_secret_spec: ExternalSecretSpec = Field(description="The spec of the ExternalSecrets.")


class ClusterExternalSecretCondition(Model):
    """One condition of the status; it has neither a reason nor a time."""

    type: str = Field(description="What the condition is about.")
    status: str = Field(description="True, False or Unknown.")
    message: str = Field("", description="The cause in a sentence for people.")


class ClusterExternalSecretStatus(FanOutStatus):
    """Where the ExternalSecrets are, and where they could not be made."""

    external_secret_name: str = Field("", description="Name of the ExternalSecrets that were made.")
    conditions: tuple[ClusterExternalSecretCondition, ...] = Field(
        (), description="Ready tells whether every selected namespace has its ExternalSecret."
    )


class ClusterExternalSecret(Resource):
    """Keeps one ExternalSecret in every selected namespace."""

    kind: Literal["ClusterExternalSecret"] = Field("ClusterExternalSecret", description="Kind of this object.")
    spec: ClusterExternalSecretSpec = Field(description="What the ExternalSecrets say, and which namespaces get one.")
    status: ClusterExternalSecretStatus = Field(
        default_factory=ClusterExternalSecretStatus, description="What the operator last did; written by the operator."
    )

    @property
    def external_secret_name(self) -> str:
        """Name of the ExternalSecrets, which is the name of this object unless the spec says otherwise."""
        return self.spec.external_secret_name or self.metadata.name
