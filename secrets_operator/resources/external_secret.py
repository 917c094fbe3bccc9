"""ExternalSecret: fetch values from a provider and keep them in a Secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from secrets_operator.resources.conditions import Condition
from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.formats import GoDuration, SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import RefreshPolicy
from secrets_operator.resources.references import SourceRef, StoreRef
from secrets_operator.resources.remote_refs import Find, RemoteRef
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.rewrites import Rewrite
from secrets_operator.resources.sync_windows import SyncWindows
from secrets_operator.resources.targets import Target
from secrets_operator.resources.validation_rules import Rule, checked_by

# Bounds are generous; the API server needs them to estimate what checking each entry may cost.
_MOST_ENTRIES: Final = 1000
_MOST_REWRITES: Final = 100

NO_SOURCE: Final = Rule(
    "(has(self.data) && self.data.size() > 0) || (has(self.dataFrom) && self.dataFrom.size() > 0)",
    "an ExternalSecret needs something to fetch: add an entry to data or dataFrom",
    reason="FieldValueRequired",
)
ONE_SOURCE_AT_MOST: Final = Rule(
    "[has(self.extract), has(self.find), has(self.sourceRef) && has(self.sourceRef.generatorRef)]"
    ".filter(given, given).size() <= 1",
    "extract, find and sourceRef.generatorRef exclude each other: make one dataFrom entry for each",
)
SOME_SOURCE: Final = Rule(
    "has(self.extract) || has(self.find) || has(self.sourceRef)",
    "a dataFrom entry needs a source: set extract, find or sourceRef.generatorRef",
    reason="FieldValueRequired",
)


class Data(Model):
    """One key of the Secret and the remote value it holds."""

    secret_key: SecretKey = Field(description="Key in the Secret.")
    remote_ref: RemoteRef = Field(description="Value at the provider.")
    source_ref: SourceRef | None = Field(None, description="Another source for this entry than spec.secretStoreRef.")


class DataFrom(Model):
    """Many keys at once: the members of one secret, all secrets that match, or what a generator makes."""

    model_config = ConfigDict(json_schema_extra=checked_by(SOME_SOURCE, ONE_SOURCE_AT_MOST))

    extract: RemoteRef | None = Field(None, description="One secret whose members become keys.")
    find: Find | None = Field(None, description="All secrets that match; each becomes a key.")
    rewrite: tuple[Rewrite, ...] = Field(
        (), max_length=_MOST_REWRITES, description="Operations on the keys found, applied in order."
    )
    source_ref: SourceRef | None = Field(
        None, description="Another store for this entry than spec.secretStoreRef, or a generator."
    )


class ExternalSecretSpec(Model):
    """What to fetch, from where, how often, and where to keep it."""

    model_config = ConfigDict(json_schema_extra=checked_by(NO_SOURCE))

    secret_store_ref: StoreRef | None = Field(
        None, description="Store that entries without a sourceRef of their own are read from."
    )
    target: Target = Field(default_factory=Target, description="The Secret that receives the values.")
    refresh_policy: RefreshPolicy = Field(
        "Periodic",
        description="Periodic fetches again after refreshInterval; OnChange when this object changes; CreatedOnce "
        "never again after the first success. Default: Periodic.",
    )
    refresh_interval: GoDuration = Field(
        "1h0m0s",
        description="Time between two fetches, as a Go duration such as 30s, 5m or 1h30m; 0 fetches once. Default: 1h.",
    )
    sync_windows: SyncWindows | None = Field(None, description="Times that periodic fetches are limited to.")
    data: tuple[Data, ...] = Field((), description="Single keys; they win over keys of the same name from dataFrom.")
    data_from: tuple[DataFrom, ...] = Field(
        (), max_length=_MOST_ENTRIES, description="Many keys at once; a later entry wins over an earlier one."
    )

    @property
    def refresh_every(self) -> timedelta:
        """The refresh interval; zero or negative means that no periodic refresh happens."""
        return parse_timedelta(self.refresh_interval)

    def store_refs(self) -> Iterator[StoreRef]:
        """Yield every store the spec names, ``secretStoreRef`` first; a store named twice comes twice."""
        if self.secret_store_ref is not None:
            yield self.secret_store_ref
        sources = [entry.source_ref for entry in self.data] + [entry.source_ref for entry in self.data_from]
        for source in sources:
            if source is not None and source.store_ref is not None:
                yield source.store_ref


class SecretBinding(Model):
    """Names the Secret for tools that follow servicebinding.io."""

    name: str = Field("", description="Name of the Secret.")


class ExternalSecretStatus(Model):
    """What the operator last did."""

    refresh_time: AwareDatetime | None = Field(
        None, description="When the values were last fetched.", json_schema_extra={"nullable": True}
    )
    synced_resource_version: str = Field("", description="Generation and metadata that the last sync was made for.")
    conditions: tuple[Condition, ...] = Field((), description="Ready tells whether the last sync succeeded.")
    binding: SecretBinding | None = Field(
        None,
        description="The Secret, for tools that follow servicebinding.io.",
        json_schema_extra={"x-kubernetes-map-type": "atomic"},
    )


class ExternalSecret(Resource):
    """Keeps values of an external provider in a Kubernetes Secret."""

    kind: Literal["ExternalSecret"] = Field("ExternalSecret", description="Kind of this object.")
    spec: ExternalSecretSpec = Field(description="What to fetch and where to keep it.")
    status: ExternalSecretStatus = Field(
        default_factory=ExternalSecretStatus, description="What the operator last did; written by the operator."
    )

    @property
    def target_name(self) -> str:
        """Name of the target, which is the name of the ExternalSecret unless the spec says otherwise."""
        return self.spec.target.name or self.metadata.name
