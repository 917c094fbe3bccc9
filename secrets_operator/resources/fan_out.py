"""What the kinds have in common that make one object in every namespace that is selected."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta

from pydantic import Field

from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.formats import GoDuration
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.model import Model


class ChildMetadata(Model):
    """What the objects that are made carry besides their spec."""

    labels: dict[str, str] = Field(default_factory=dict, description="Labels of each of them.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations of each of them.")


class FanOutSpec(Model):
    """Which namespaces get an object, and what it carries; all but its spec."""

    namespace_selectors: tuple[LabelSelector, ...] = Field(
        (),
        description="Namespaces by their labels; one selector that matches is enough. An empty selector matches all "
        "namespaces, no selector none.",
    )
    refresh_time: GoDuration = Field(
        "1h",
        description="Time after which all namespaces are looked at again even though nothing was reported to have "
        "changed, as a Go duration such as 30m; 0 means never. Default: 1h.",
    )

    @property
    @abstractmethod
    def child_metadata(self) -> ChildMetadata:
        """What the objects carry besides their spec."""

    @property
    def listed(self) -> tuple[str, ...]:
        """Namespaces that are selected by name."""
        return ()

    @property
    def refresh_every(self) -> timedelta:
        """The time between two looks; zero or negative means that only changes are looked at."""
        return parse_timedelta(self.refresh_time)

    def selectors(self) -> tuple[tuple[str, LabelSelector], ...]:
        """Return every selector with its path in the spec."""
        return tuple((f"namespaceSelectors[{index}]", one) for index, one in enumerate(self.namespace_selectors))


class NamespaceFailure(Model):
    """A namespace that could not be given its object."""

    namespace: str = Field(description="Name of the namespace; unknown when namespaces could not be selected at all.")
    reason: str = Field("", description="What is in the way, in a sentence for people.")


class FanOutStatus(Model):
    """Where the objects are, and where they could not be made."""

    failed_namespaces: tuple[NamespaceFailure, ...] = Field(
        (), description="Namespaces that could not be given their object, by name."
    )
    provisioned_namespaces: tuple[str, ...] = Field((), description="Namespaces that have their object, by name.")
