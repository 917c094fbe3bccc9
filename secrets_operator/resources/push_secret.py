"""PushSecret: keep values of Kubernetes Secrets, or of a generator, at providers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from secrets_operator.resources.conditions import Condition
from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.formats import DnsName, GoDuration
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import (
    PushConversionStrategy,
    PushDeletionPolicy,
    PushUpdatePolicy,
    StoreKind,
)
from secrets_operator.resources.references import GeneratorRef
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.rewrites import RewriteRegexp, RewriteTransform
from secrets_operator.resources.templates import Template
from secrets_operator.resources.validation_rules import Rule, at_least_one_of, checked_by, exactly_one_of

# Bounds are generous; the API server needs them to estimate what checking each entry may cost.
_MOST_STORES: Final = 1000
_MOST_ENTRIES: Final = 1000
_MOST_REWRITES: Final = 100

STORE_RULE: Final = at_least_one_of("name", "labelSelector")
SOURCE_SECRET_RULE: Final = at_least_one_of("name", "selector")
SELECTOR_RULE: Final = exactly_one_of("secret", "generatorRef")
PUSH_REWRITE_RULE: Final = exactly_one_of("regexp", "transform")
BUNDLE_KEEPS_KEYS: Final = Rule(
    "!has(self.remoteKey) || !has(self.rewrite) || size(self.rewrite) == 0",
    "remoteKey and rewrite exclude each other, since keys inside one remote secret are not renamed: remove one",
    field=".rewrite",
)

_CONVERSION: Final = (
    "ReverseUnicode turns each _U0000_ in a key of the Secret, as conversionStrategy Unicode of an ExternalSecret "
    "makes them, back into the character it stands for, before anything refers to the key. Default: None."
)
_METADATA: Final = (
    "Settings of the remote secret, of the form {apiVersion: kubernetes.external-secrets.io/v1alpha1, kind: "
    "PushSecretMetadata, spec: {...}}; what may stand in spec is the provider's."
)


class PushStoreRef(Model):
    """Names a store to push to, or all stores that have certain labels."""

    model_config = ConfigDict(json_schema_extra=checked_by(STORE_RULE))

    name: DnsName | None = Field(None, description="Name of the store.")
    label_selector: LabelSelector | None = Field(
        None, description="All stores of the kind that have these labels; it wins over name."
    )
    kind: StoreKind = Field("SecretStore", description="Kind of the store. Default: SecretStore.")


class PushSourceSecret(Model):
    """One Secret of the namespace, or all that have certain labels."""

    model_config = ConfigDict(json_schema_extra=checked_by(SOURCE_SECRET_RULE))

    name: DnsName | None = Field(None, description="Name of the Secret; it wins over selector.")
    selector: LabelSelector | None = Field(None, description="All Secrets of the namespace that have these labels.")


class PushSelector(Model):
    """Where the values come from."""

    model_config = ConfigDict(json_schema_extra=checked_by(SELECTOR_RULE))

    secret: PushSourceSecret | None = Field(None, description="Secrets of the namespace.")
    generator_ref: GeneratorRef | None = Field(
        None, description="A generator; what is pushed is new with every refresh."
    )


class PushRemoteRef(Model):
    """A place at the provider."""

    remote_key: str = Field(description="Name of the remote secret.")
    property: str | None = Field(None, description="Name of a value inside the remote secret.")


class PushMatch(Model):
    """What goes where."""

    secret_key: str | None = Field(
        None, description="Key of the Secret, after conversion. Default: the whole Secret, in the form of the provider."
    )
    remote_ref: PushRemoteRef = Field(description="Where it is kept.")


class PushData(Model):
    """One value, or one Secret, and the place it is pushed to."""

    match: PushMatch = Field(description="What goes where.")
    metadata: dict[str, Any] | None = Field(None, description=_METADATA)
    conversion_strategy: PushConversionStrategy = Field("None", description=_CONVERSION)


class PushKeyMatch(Model):
    """Which keys of the Secret are pushed."""

    regexp: str | None = Field(
        None, description="Regular expression (RE2), searched for anywhere in the key. Default: all keys."
    )


class PushRewrite(Model):
    """One operation on the keys."""

    model_config = ConfigDict(json_schema_extra=checked_by(PUSH_REWRITE_RULE))

    regexp: RewriteRegexp | None = Field(None, description="Rename keys with a regular expression.")
    transform: RewriteTransform | None = Field(None, description="Rename keys with a template.")


class PushDataTo(Model):
    """Many keys at once, to the stores of one reference: each to a remote secret of its own, or all to one."""

    model_config = ConfigDict(json_schema_extra=checked_by(BUNDLE_KEEPS_KEYS))

    store_ref: PushStoreRef = Field(
        description="The stores that this entry is for; one that is named must stand in secretStoreRefs."
    )
    remote_key: str | None = Field(
        None,
        description="Remote secret that receives all matching keys as one object. Default: each key goes to a remote "
        "secret of its own.",
    )
    match: PushKeyMatch | None = Field(None, description="Which keys are pushed. Default: all.")
    rewrite: tuple[PushRewrite, ...] = Field(
        (), max_length=_MOST_REWRITES, description="Operations that make the remote names of the keys, in order."
    )
    metadata: dict[str, Any] | None = Field(None, description=_METADATA)
    conversion_strategy: PushConversionStrategy = Field("None", description=_CONVERSION)


class PushSecretSpec(Model):
    """What to push, where to, how often, and what becomes of it."""

    refresh_interval: GoDuration = Field(
        "1h0m0s",
        description="Time between two pushes, as a Go duration such as 30s, 5m or 1h30m; 0 pushes when something "
        "changed only. Default: 1h.",
    )
    secret_store_refs: tuple[PushStoreRef, ...] = Field(
        max_length=_MOST_STORES, description="Stores that are pushed to, each with all of data."
    )
    update_policy: PushUpdatePolicy = Field(
        "Replace",
        description="Whether what is there already is replaced, or left alone (IfNotExists). Default: Replace.",
    )
    deletion_policy: PushDeletionPolicy = Field(
        "None",
        description="Whether what was pushed is deleted at the provider when its entry, its source Secret or this "
        "object is deleted. Default: None.",
    )
    selector: PushSelector = Field(description="Where the values come from.")
    data: tuple[PushData, ...] = Field((), description="Single values and whole Secrets, for every store.")
    data_to: tuple[PushDataTo, ...] = Field(
        (), max_length=_MOST_ENTRIES, description="Many keys at once; an entry of data for the same key wins."
    )
    template: Template | None = Field(
        None,
        description="Templates that are rendered over the keys of the source before it is pushed; the source itself "
        "stays as it is. engineVersion and mergePolicy have no effect.",
    )

    @property
    def refresh_every(self) -> timedelta:
        """The refresh interval; zero or negative means that no periodic push happens."""
        return parse_timedelta(self.refresh_interval)


class PushSecretStatus(Model):
    """What the operator last did."""

    refresh_time: AwareDatetime | None = Field(
        None, description="When values were last pushed.", json_schema_extra={"nullable": True}
    )
    synced_resource_version: str = Field("", description="Generation and metadata that the last push was made for.")
    synced_push_secrets: dict[str, dict[str, PushData]] = Field(
        default_factory=dict,
        description="What is at the providers: by store (kind/name), then by remote key and property.",
        json_schema_extra={"x-kubernetes-map-type": "atomic"},
    )
    conditions: tuple[Condition, ...] = Field((), description="Ready tells whether the last push succeeded.")


class PushSecret(Resource):
    """Keeps values of Kubernetes Secrets at external providers."""

    kind: Literal["PushSecret"] = Field("PushSecret", description="Kind of this object.")
    spec: PushSecretSpec = Field(description="What to push and where to.")
    status: PushSecretStatus = Field(
        default_factory=PushSecretStatus, description="What the operator last did; written by the operator."
    )
