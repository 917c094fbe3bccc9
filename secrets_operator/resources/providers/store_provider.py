"""``spec.provider`` of a store: exactly one property, named like the provider.

Five providers are described here; every other name is accepted as written, so manifests of stores whose plug-in is
not installed can still be applied. The raw object stays reachable, because that is what a plug-in receives.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.aws import AwsProvider
from secrets_operator.resources.providers.fake import FakeProvider
from secrets_operator.resources.providers.kubernetes import KubernetesProvider
from secrets_operator.resources.providers.vault import VaultProvider
from secrets_operator.resources.providers.webhook import WebhookProvider

EXACTLY_ONE: Final = (
    "must have exactly one property, named like the provider: remove the others, or make a second store"
)
AN_OBJECT: Final = "the provider's settings must be an object (key: value pairs)"


class StoreProvider(Model):
    """One provider and its settings."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"minProperties": 1, "maxProperties": 1, "x-kubernetes-preserve-unknown-fields": True},
    )

    aws: AwsProvider | None = Field(None, description="AWS Secrets Manager, Parameter Store or Certificate Manager.")
    vault: VaultProvider | None = Field(None, description="HashiCorp Vault, key-value engines.")
    kubernetes: KubernetesProvider | None = Field(None, description="Secrets of another namespace or cluster.")
    webhook: WebhookProvider | None = Field(None, description="Any HTTP API, through templates.")
    fake: FakeProvider | None = Field(None, description="Values written in the store itself; for tests only.")

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_raw(cls, value: Any, handler: ModelWrapValidatorHandler[StoreProvider]) -> StoreProvider:
        provider = handler(value)
        if isinstance(value, dict):
            if len(value) != 1:
                raise PydanticCustomError("one_provider", "{reason}", {"reason": EXACTLY_ONE})
            if not isinstance(next(iter(value.values())), dict):
                raise PydanticCustomError("provider_settings", "{reason}", {"reason": AN_OBJECT})
            provider._raw = value  # noqa: SLF001 - the attribute is this class's own
        return provider

    @property
    def name(self) -> str:
        """Name of the provider: the one property."""
        return next(iter(self._raw), "")

    @property
    def settings(self) -> dict[str, Any]:
        """What stands under the provider's name, exactly as written; do not change it."""
        settings: dict[str, Any] = self._raw.get(self.name, {})
        return settings

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        # Settings of a provider we do not know may hold values that must not be shown.
        return [("name", self.name)]
