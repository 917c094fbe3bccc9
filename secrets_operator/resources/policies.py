"""The choices a spec offers, as the literal words users write."""

from __future__ import annotations

from typing import Final, Literal

StoreKind = Literal["SecretStore", "ClusterSecretStore"]

CreationPolicy = Literal["Owner", "Orphan", "Merge", "None", "CreateOrMerge"]
DeletionPolicy = Literal["Delete", "Merge", "Retain"]
RefreshPolicy = Literal["CreatedOnce", "Periodic", "OnChange"]

MetadataPolicy = Literal["None", "Fetch"]
ConversionStrategy = Literal["Default", "Unicode"]
DecodingStrategy = Literal["Auto", "Base64", "Base64URL", "None"]
NullBytePolicy = Literal["Ignore", "Fail"]

TemplateEngine = Literal["v2"]
TemplateMergePolicy = Literal["Replace", "Merge"]
TemplateScope = Literal["Values", "KeysAndValues"]

MergePriorityPolicy = Literal["Strict", "IgnoreNotFound"]
MergeConflictPolicy = Literal["Error", "Ignore"]
MergeStrategy = Literal["Extract", "JSON"]

PushUpdatePolicy = Literal["Replace", "IfNotExists"]
PushDeletionPolicy = Literal["Delete", "None"]
PushConversionStrategy = Literal["None", "ReverseUnicode"]

SyncWindowKind = Literal["allow", "deny"]

SERVICE_ACCOUNT_TOKEN_TYPE: Final = "kubernetes.io/service-account-token"
BOOTSTRAP_TOKEN_TYPE: Final = "bootstrap.kubernetes.io/token"
HELM_RELEASE_TYPE: Final = "helm.sh/release.v1"
# Whoever may write such a Secret gains an identity or a release; the operator must not lend that right.
POWERFUL_SECRET_TYPES: Final = frozenset({SERVICE_ACCOUNT_TOKEN_TYPE, BOOTSTRAP_TOKEN_TYPE, HELM_RELEASE_TYPE})
SERVICE_ACCOUNT_NAME_ANNOTATION: Final = "kubernetes.io/service-account.name"


def power_of(secret_type: str) -> str:
    """Return why no Secret of a powerful type is written."""
    return f"a Secret of type {secret_type} grants power and is never written from a manifest"
