"""Provider ``aws``: Secrets Manager, Parameter Store and Certificate Manager."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from secrets_operator.resources.model import Model
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector
from secrets_operator.resources.validation_rules import Rule, checked_by

BUILT_IN_SESSION_TAGS: Final = ("esoNamespace", "esoStoreName", "esoStoreKind")

STATIC_KEYS_TOGETHER: Final = Rule(
    "has(self.accessKeyIDSecretRef) && has(self.secretAccessKeySecretRef)",
    "static keys need both accessKeyIDSecretRef and secretAccessKeySecretRef: set both, or remove secretRef",
    reason="FieldValueRequired",
)
BUILT_IN_TAGS_STAY: Final = Rule(
    f"!has(self.customSessionTags) || !{list(BUILT_IN_SESSION_TAGS)}.exists(tag, tag in self.customSessionTags)",
    f"the session tags {', '.join(BUILT_IN_SESSION_TAGS)} are set by the operator: remove them from customSessionTags",
    field=".customSessionTags",
    reason="FieldValueForbidden",
)
ONE_WAY_TO_DELETE: Final = Rule(
    "!has(self.forceDeleteWithoutRecovery) || !self.forceDeleteWithoutRecovery"
    " || !has(self.recoveryWindowInDays) || self.recoveryWindowInDays == 0",
    "forceDeleteWithoutRecovery leaves no recovery window: remove one of forceDeleteWithoutRecovery and "
    "recoveryWindowInDays",
    reason="FieldValueForbidden",
)
RECOVERY_WINDOW: Final = Rule(
    "!has(self.recoveryWindowInDays) || self.recoveryWindowInDays == 0"
    " || (self.recoveryWindowInDays >= 7 && self.recoveryWindowInDays <= 30)",
    "must be a number of days from 7 to 30, or 0 for the default of AWS",
    field=".recoveryWindowInDays",
)


class AwsSecretRef(Model):
    """Static keys kept in Kubernetes Secrets."""

    model_config = ConfigDict(json_schema_extra=checked_by(STATIC_KEYS_TOGETHER))

    access_key_id_secret_ref: Annotated[SecretKeySelector | None, Field(alias="accessKeyIDSecretRef")] = Field(
        None, description="Access key id."
    )
    secret_access_key_secret_ref: SecretKeySelector | None = Field(None, description="Secret access key.")
    session_token_secret_ref: SecretKeySelector | None = Field(
        None, description="Session token; needed with temporary keys."
    )


class AwsJwtAuth(Model):
    """A role assumed with a token of a Kubernetes service account (IRSA)."""

    service_account_ref: ServiceAccountSelector | None = Field(
        None, description="ServiceAccount whose annotation eks.amazonaws.com/role-arn names the role."
    )


class AwsAuth(Model):
    """How to log in; ``jwt`` wins over ``secret_ref``."""

    jwt: AwsJwtAuth | None = Field(None, description="Token of a service account; wins over secretRef.")
    secret_ref: AwsSecretRef | None = Field(None, description="Static keys kept in Secrets.")


class AwsSessionTag(Model):
    """One STS session tag."""

    key: str = Field(description="Name of the tag.")
    value: str = Field(description="Value of the tag.")


class AwsSecretsManager(Model):
    """How pushed secrets are deleted."""

    model_config = ConfigDict(json_schema_extra=checked_by(ONE_WAY_TO_DELETE, RECOVERY_WINDOW))

    force_delete_without_recovery: StrictBool = Field(False, description="Delete at once. Default: false.")
    recovery_window_in_days: StrictInt = Field(
        0,
        description="Days in which a deleted secret can be restored, 7 to 30. Default: 30.",
        json_schema_extra={"format": "int64"},
    )


class AwsProvider(Model):
    """Where the secrets are and as whom to read them."""

    model_config = ConfigDict(json_schema_extra=checked_by(BUILT_IN_TAGS_STAY))

    service: Literal["SecretsManager", "ParameterStore", "CertificateManager"] = Field(
        description="AWS service that keeps the secrets."
    )
    region: str = Field(description="AWS region, such as eu-central-1.")
    auth: AwsAuth = Field(
        default_factory=AwsAuth,
        description="How to log in. Default: the credentials of the operator's pod.",
    )
    role: str | None = Field(None, description="ARN of the role to assume, after additionalRoles.")
    additional_roles: tuple[str, ...] = Field((), description="ARNs of roles to assume, in order, before role.")
    external_id: Annotated[str | None, Field(alias="externalID")] = Field(
        None, description="External id presented when role is assumed."
    )
    session_tags: tuple[AwsSessionTag, ...] = Field((), description="STS session tags for role.")
    session_tags_policy: Literal["None", "Simple", "Custom"] = Field(
        "None",
        description="Simple tags the session with namespace, name and kind of the store; Custom adds "
        "customSessionTags; either replaces sessionTags. Default: None.",
    )
    custom_session_tags: dict[str, str] = Field(
        default_factory=dict, description="Session tags added by sessionTagsPolicy Custom."
    )
    transitive_tag_keys: tuple[str, ...] = Field((), description="Session tags that further roles inherit.")
    secrets_manager: AwsSecretsManager | None = Field(None, description="How pushed secrets are deleted.")
    prefix: str = Field("", description="Text put in front of every key.")
