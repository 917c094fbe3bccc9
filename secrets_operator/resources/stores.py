"""What SecretStore and ClusterSecretStore share: one spec and one status for both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, StrictInt

from secrets_operator.resources.conditions import Condition
from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.formats import DnsLabel, GoDuration, SecondsOrDuration
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.store_provider import StoreProvider
from secrets_operator.resources.resource import Resource


class RetrySettings(Model):
    """How requests to the provider are tried again."""

    max_retries: StrictInt | None = Field(
        None,
        description="Number of attempts or retries, as the provider counts them. Default: the provider's.",
        json_schema_extra={"format": "int32"},
    )
    retry_interval: GoDuration | None = Field(
        None, description="Wait between attempts, as a Go duration such as 500ms. Default: the provider's."
    )


class StoreCondition(Model):
    """Namespaces that may use a ClusterSecretStore; one match of any kind is enough."""

    namespace_selector: LabelSelector | None = Field(
        None, description="Namespaces with these labels; an empty selector matches all."
    )
    namespaces: tuple[DnsLabel, ...] = Field((), description="Namespaces by name.")
    namespace_regexes: tuple[str, ...] = Field(
        (), description="Regular expressions (RE2), searched for anywhere in the name; anchor them with ^ and $."
    )


class StoreSpec(Model):
    """The provider and who may use the store."""

    controller: str = Field("", description="Class of the operator that serves this store. Default: every class.")
    provider: StoreProvider = Field(
        description="The provider and its settings: exactly one property, named like the provider."
    )
    retry_settings: RetrySettings | None = Field(
        None, description="How requests to the provider are tried again. Default: the provider's way."
    )
    refresh_interval: SecondsOrDuration | None = Field(
        None,
        description="Time between two checks of the store: a number of seconds, or a Go duration such as 5m. "
        "Default: the operator's setting, also when 0.",
    )
    conditions: tuple[StoreCondition, ...] = Field(
        (), description="Namespaces that may use a ClusterSecretStore. Default: all. A SecretStore ignores them."
    )

    @property
    def refresh_every(self) -> timedelta | None:
        """Time between two checks of the store, or None when the operator's setting applies."""
        interval = self.refresh_interval
        if isinstance(interval, str):
            return parse_timedelta(interval) or None
        return timedelta(seconds=interval) if interval else None


class StoreStatus(Model):
    """What the operator last found out about the store."""

    capabilities: str = Field("", description="What the store can do: ReadOnly, WriteOnly or ReadWrite.")
    conditions: tuple[Condition, ...] = Field((), description="Ready tells whether the store can be used.")


class Store(Resource):
    """A place that secrets are read from."""

    kind: Literal["SecretStore", "ClusterSecretStore"] = Field(description="Kind of this object.")
    spec: StoreSpec = Field(description="The provider, its settings, and who may use the store.")
    status: StoreStatus = Field(
        default_factory=StoreStatus, description="What the operator last found out; written by the operator."
    )

    @property
    def provider_name(self) -> str:
        """Name of the provider, such as ``vault``."""
        return self.spec.provider.name

    @property
    def provider_settings(self) -> dict[str, Any]:
        """The provider's settings exactly as written, for the plug-in; do not change them."""
        return self.spec.provider.settings
