"""What ``metadata.spec`` of a PushSecret's entry may hold, one model per service.

Names and defaults are those of External Secrets Operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictBool

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import MARK_KEY, MARK_VALUE
from secrets_operator.provider.push_metadata import metadata_spec
from secrets_operator.resources.model import Model

DESCRIPTION = f"secret '{MARK_KEY}:{MARK_VALUE}'"


class TaggedPush(Model):
    """What all services take."""

    tags: dict[str, str] = Field(default_factory=dict)


class PolicySourceRef(Model):
    """A key of a ConfigMap or a Secret."""

    kind: Literal["ConfigMap", "Secret"]
    name: str
    key: str


class ResourcePolicy(Model):
    """Who may read a secret of Secrets Manager, beside what IAM says."""

    block_public_policy: StrictBool | None = None
    policy_source_ref: PolicySourceRef | None = None


class SecretsManagerPush(TaggedPush):
    """How a secret is made in Secrets Manager."""

    secret_push_format: Literal["binary", "string"] = "binary"
    kms_key_id: str = ""
    description: str = DESCRIPTION
    resource_policy: ResourcePolicy | None = None
    replication_locations: tuple[str, ...] = ()


class ParameterTier(Model):
    """The tier of a parameter; only ``Advanced`` has an effect, and only it takes policies."""

    type: str = ""
    policies: Any = None


class ParameterStorePush(TaggedPush):
    """How a parameter is written."""

    secret_type: Literal["String", "StringList", "SecureString"] = "String"
    kms_key_id: Annotated[str, Field(alias="kmsKeyID")] = "alias/aws/ssm"
    tier: ParameterTier = ParameterTier()
    encode_as_decoded: StrictBool = False
    description: str = DESCRIPTION


P = TypeVar("P", bound=TaggedPush)


def push_spec(metadata: Mapping[str, Any], model: type[P]) -> P:
    """Return what an entry says of its secret; raises InvalidSpec with the field below the entry."""
    spec = metadata_spec(metadata, model)
    if MARK_KEY in spec.tags:
        raise InvalidSpec("is set by the operator: remove it", field=f"metadata.spec.tags.{MARK_KEY}")
    return spec
