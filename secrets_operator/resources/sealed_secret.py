"""SealedSecret: an encrypted Secret that only the cluster can open.

Reading is lenient where Sealed Secrets is: an ``encryptedData`` that is no map, or holds what is no string, counts as
empty there, so that objects stored before the schema existed are reported instead of stopping everything.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool

from secrets_operator.resources.conditions import SealedSecretCondition
from secrets_operator.resources.formats import Base64
from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


def _sealed_values(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): sealed if isinstance(sealed, str) else "" for key, sealed in value.items()}


SealedValues = Annotated[dict[str, str], BeforeValidator(_sealed_values)]


class SealedTemplateMetadata(Model):
    """Metadata of the Secret; members not named here are copied to it as well."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"nullable": True, "x-kubernetes-preserve-unknown-fields": True}
    )

    name: str = Field("", description="Not used: the Secret has the name of the SealedSecret.")
    namespace: str = Field("", description="Not used: the Secret is in the namespace of the SealedSecret.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels of the Secret.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations of the Secret.")
    finalizers: tuple[str, ...] = Field((), description="Finalizers of the Secret; they hold up its deletion.")


class SealedTemplate(Model):
    """The Secret besides its encrypted values."""

    metadata: SealedTemplateMetadata = Field(
        default_factory=SealedTemplateMetadata, description="Metadata of the Secret."
    )
    type: str | None = Field(None, description="Type of the Secret. Default: Opaque.")
    immutable: StrictBool | None = Field(None, description="Make the Secret immutable. Default: false.")
    data: dict[str, str] = Field(
        default_factory=dict,
        description="Go templates by the key they are written to; decrypted values are {{ .name }}.",
        json_schema_extra={"nullable": True},
    )


class SealedSecretSpec(Model):
    """The ciphertext and the Secret it becomes."""

    # Objects stored before the schema may lack encryptedData; new ones may not.
    model_config = ConfigDict(json_schema_extra={"required": ["encryptedData"]})

    encrypted_data: SealedValues = Field(
        default_factory=dict,
        description="Encrypted values by key, each made by seal or kubeseal for this name and namespace.",
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
    )
    data: Base64 | None = Field(
        None, description="A whole encrypted Secret, as old versions of kubeseal made it; use encryptedData."
    )
    template: SealedTemplate = Field(
        default_factory=SealedTemplate, description="Type, metadata and templates of the Secret."
    )


class SealedSecretStatus(Model):
    """What the operator last did."""

    observed_generation: int = Field(
        0, description="Generation the conditions are about.", json_schema_extra={"format": "int64"}
    )
    conditions: tuple[SealedSecretCondition, ...] = Field(
        (), description="Synced tells whether the Secret could be written."
    )


class SealedSecret(Resource):
    """An encrypted Secret that can be kept in Git; only the cluster it was sealed for can open it."""

    kind: Literal["SealedSecret"] = Field("SealedSecret", description="Kind of this object.")
    spec: SealedSecretSpec = Field(description="The encrypted values and the Secret they become.")
    status: SealedSecretStatus = Field(
        default_factory=SealedSecretStatus, description="What the operator last did; written by the operator."
    )
