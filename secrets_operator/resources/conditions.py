"""Status conditions and the reasons in them, which alerts and health checks match by name."""

from __future__ import annotations

from typing import Final

from pydantic import AwareDatetime, Field

from secrets_operator.resources.model import Model

READY: Final = "Ready"
SYNCED: Final = "Synced"

# --- ExternalSecret, condition Ready ---
SECRET_SYNCED: Final = "SecretSynced"
SECRET_DELETED: Final = "SecretDeleted"
SECRET_MISSING: Final = "SecretMissing"
SECRET_SYNCED_ERROR: Final = "SecretSyncedError"
RESOURCE_SYNCED: Final = "ResourceSynced"
RESOURCE_DELETED: Final = "ResourceDeleted"
RESOURCE_MISSING: Final = "ResourceMissing"
RESOURCE_SYNCED_ERROR: Final = "ResourceSyncedError"

# --- PushSecret, condition Ready ---
PUSH_SYNCED: Final = "Synced"
PUSH_SOURCE_DELETED: Final = "SourceDeleted"
PUSH_ERRORED: Final = "Errored"

# --- SecretStore and ClusterSecretStore, condition Ready ---
STORE_VALID: Final = "Valid"
STORE_INVALID_PROVIDER_CONFIG: Final = "InvalidProviderConfig"
STORE_VALIDATION_UNKNOWN: Final = "ValidationUnknown"

# --- SecretStore and ClusterSecretStore, a condition of ours: the store is left alone after many failures ---
CIRCUIT_OPEN: Final = "CircuitOpen"


class Condition(Model):
    """One condition of a status."""

    type: str = Field(description="What the condition is about.")
    status: str = Field(description="True, False or Unknown.")
    reason: str = Field("", description="Cause of the status in one CamelCase word.")
    message: str = Field("", description="The cause in a sentence for people.")
    last_transition_time: AwareDatetime | None = Field(None, description="When the status last changed.")


class SealedSecretCondition(Condition):
    """A condition of a SealedSecret, which also records when it was last looked at."""

    last_update_time: AwareDatetime | None = Field(None, description="When the condition was last written.")


def condition(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """Return the condition of type ``kind``, or None."""
    return next((one for one in conditions if one.type == kind), None)
