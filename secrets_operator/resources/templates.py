"""The template of a target: what the Secret is made of besides the fetched values."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field

from secrets_operator.resources.formats import DnsName, SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.policies import (
    BOOTSTRAP_TOKEN_TYPE,
    SERVICE_ACCOUNT_NAME_ANNOTATION,
    SERVICE_ACCOUNT_TOKEN_TYPE,
    DecodingStrategy,
    TemplateEngine,
    TemplateMergePolicy,
    TemplateScope,
)
from secrets_operator.resources.validation_rules import Rule, checked_by

# Bounds are generous; the API server needs them to estimate what looking through the entries may cost.
_MOST_SOURCES: Final = 1000
_LONGEST_TARGET: Final = 1024

NO_BOOTSTRAP_TOKEN: Final = Rule(
    f"!has(self.type) || self.type != '{BOOTSTRAP_TOKEN_TYPE}'",
    f"{BOOTSTRAP_TOKEN_TYPE} would let the Secret admit nodes to the cluster: choose another type",
    field=".type",
    reason="FieldValueForbidden",
)
NO_SERVICE_ACCOUNT_TOKEN: Final = Rule(
    f"!has(self.type) || self.type != '{SERVICE_ACCOUNT_TOKEN_TYPE}' || !("
    "(has(self.metadata) && has(self.metadata.annotations)"
    f" && '{SERVICE_ACCOUNT_NAME_ANNOTATION}' in self.metadata.annotations)"
    " || (has(self.templateFrom)"
    " && self.templateFrom.exists(one, has(one.target) && one.target.matches('^(?i:annotations)$'))))",
    f"{SERVICE_ACCOUNT_TOKEN_TYPE} with the annotation {SERVICE_ACCOUNT_NAME_ANNOTATION}, or with annotations from "
    "templateFrom, would hand out the token of a service account: choose another type",
    field=".type",
    reason="FieldValueForbidden",
)


class TemplateMetadata(Model):
    """Metadata that the template gives to the target."""

    labels: dict[str, str] = Field(default_factory=dict, description="Labels; the values are templates.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations; the values are templates.")
    finalizers: tuple[str, ...] = Field((), description="Finalizers added when they are missing; never removed.")


class TemplateItem(Model):
    """One key of a ConfigMap or Secret that holds a template."""

    key: SecretKey = Field(description="Key that holds the template.")
    template_as: TemplateScope = Field(
        "Values",
        description="Values writes the rendered text under the same key; KeysAndValues reads the rendered text as "
        "YAML and writes each of its pairs. Default: Values.",
    )


class TemplateSource(Model):
    """A ConfigMap or Secret that holds templates."""

    name: DnsName = Field(description="Name of the object, in the namespace of the ExternalSecret.")
    items: tuple[TemplateItem, ...] = Field(description="Keys to use.")


class TemplateFrom(Model):
    """Templates kept elsewhere, or written here as one text; rendered in the order configMap, secret, literal."""

    config_map: TemplateSource | None = Field(None, description="ConfigMap that holds templates.")
    secret: TemplateSource | None = Field(None, description="Secret that holds templates.")
    literal: str | None = Field(
        None, description="Template whose rendered text is YAML; each of its pairs is written to the target."
    )
    target: str = Field(
        "Data",
        max_length=_LONGEST_TARGET,
        description="Where the result goes: Data, Labels or Annotations; for a target other than a Secret also a path "
        "such as spec.rules[0]. Default: Data.",
    )
    values_decoding_strategy: DecodingStrategy = Field(
        "None", description="How each rendered value is decoded. Default: None."
    )


class Template(Model):
    """Blueprint of the target; present but empty is not the same as absent (labels are then not copied)."""

    model_config = ConfigDict(json_schema_extra=checked_by(NO_BOOTSTRAP_TOKEN, NO_SERVICE_ACCOUNT_TOKEN))

    type: str | None = Field(None, description="Type of the Secret. Default: Opaque, or the type it already has.")
    engine_version: TemplateEngine = Field("v2", description="Template engine. Default: v2.")
    merge_policy: TemplateMergePolicy = Field(
        "Replace",
        description="Whether templates replace the fetched keys or are merged over them. Default: Replace.",
    )
    metadata: TemplateMetadata = Field(
        default_factory=TemplateMetadata, description="Labels, annotations and finalizers of the target."
    )
    data: dict[str, str] = Field(
        default_factory=dict, description="Templates by the key they are written to; fetched values are {{ .name }}."
    )
    template_from: tuple[TemplateFrom, ...] = Field(
        (), max_length=_MOST_SOURCES, description="Templates from ConfigMaps, Secrets or text, in order."
    )
