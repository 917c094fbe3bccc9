"""ClusterExternalSecret: one ExternalSecret in every namespace that is selected."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.formats import DnsLabel, DnsName, GoDuration
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class ExternalSecretMetadata(Model):
    """What the ExternalSecrets carry besides their spec."""

    labels: dict[str, str] = Field(default_factory=dict, description="Labels of the ExternalSecrets.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations of the ExternalSecrets.")


class FanOutSpec(Model):
    """Which namespaces get an ExternalSecret, and what it is called; all but what it says."""

    external_secret_name: DnsName | None = Field(
        None, description="Name of the ExternalSecrets. Default: the name of this object."
    )
    external_secret_metadata: ExternalSecretMetadata = Field(
        default_factory=ExternalSecretMetadata, description="Labels and annotations of the ExternalSecrets."
    )
    namespace_selectors: tuple[LabelSelector, ...] = Field(
        (),
        description="Namespaces by their labels; one selector that matches is enough. An empty selector matches all "
        "namespaces, no selector none.",
    )
    namespace_selector: LabelSelector | None = Field(
        None, description="One more selector. Deprecated: use namespaceSelectors."
    )
    namespaces: tuple[DnsLabel, ...] = Field(
        (),
        description="Namespaces by name, compared with their label kubernetes.io/metadata.name. Deprecated: use "
        "namespaceSelectors.",
    )
    refresh_time: GoDuration = Field(
        "1h",
        description="Time after which all namespaces are looked at again even though nothing was reported to have "
        "changed, as a Go duration such as 30m; 0 means never. Default: 1h.",
    )

    @property
    def refresh_every(self) -> timedelta:
        """The time between two looks; zero or negative means that only changes are looked at."""
        return parse_timedelta(self.refresh_time)

    def selectors(self) -> tuple[tuple[str, LabelSelector], ...]:
        """Return every selector with its path in the spec."""
        listed = tuple((f"namespaceSelectors[{index}]", one) for index, one in enumerate(self.namespace_selectors))
        single = self.namespace_selector
        return listed if single is None else (*listed, ("namespaceSelector", single))


class ClusterExternalSecretSpec(FanOutSpec):
    """What the ExternalSecrets say, and which namespaces get one."""

    external_secret_spec: ExternalSecretSpec = Field(description="The spec of the ExternalSecrets.")


class NamespaceFailure(Model):
    """A namespace that could not be given its ExternalSecret."""

    namespace: str = Field(description="Name of the namespace; unknown when namespaces could not be selected at all.")
    reason: str = Field("", description="What is in the way, in a sentence for people.")


class ClusterExternalSecretCondition(Model):
    """One condition of the status; it has neither a reason nor a time."""

    type: str = Field(description="What the condition is about.")
    status: str = Field(description="True, False or Unknown.")
    message: str = Field("", description="The cause in a sentence for people.")


class ClusterExternalSecretStatus(Model):
    """Where the ExternalSecrets are, and where they could not be made."""

    external_secret_name: str = Field("", description="Name of the ExternalSecrets that were made.")
    failed_namespaces: tuple[NamespaceFailure, ...] = Field(
        (), description="Namespaces that could not be given their ExternalSecret, by name."
    )
    provisioned_namespaces: tuple[str, ...] = Field(
        (), description="Namespaces that have their ExternalSecret, by name."
    )
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
