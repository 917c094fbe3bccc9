"""Provider ``vault``: key-value engines of HashiCorp Vault and of servers that speak its API."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ConfigDict, Field, StrictBool

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.certificates import TrustedCA
from secrets_operator.resources.providers.vault_auth import VaultAuth
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.validation_rules import Rule, both_or_neither, checked_by

CHECK_AND_SET_NEEDS_V2: Final = Rule(
    "!has(self.version) || self.version != 'v1' || !has(self.checkAndSet)"
    " || !has(self.checkAndSet.required) || !self.checkAndSet.required",
    "check-and-set exists in version v2 of the engine only: remove checkAndSet, or set version to v2",
    field=".checkAndSet",
    reason="FieldValueForbidden",
)


class VaultClientTLS(Model):
    """Client certificate presented when the connection is made."""

    model_config = ConfigDict(json_schema_extra=checked_by(both_or_neither("certSecretRef", "keySecretRef")))

    cert_secret_ref: SecretKeySelector | None = Field(None, description="Certificate. Default key: tls.crt.")
    key_secret_ref: SecretKeySelector | None = Field(None, description="Private key. Default key: tls.key.")


class VaultCheckAndSet(Model):
    """Protection of pushed secrets against overwriting a version nobody has seen."""

    required: StrictBool = Field(False, description="Send the version that a write is based on. Default: false.")


class VaultProvider(TrustedCA):
    """The server, the engine's mount, and the login."""

    model_config = ConfigDict(json_schema_extra=checked_by(CHECK_AND_SET_NEEDS_V2))

    server: str = Field(description="Address of the server, such as https://vault.example.com:8200.")
    path: str | None = Field(
        None, description="Mount of the key-value engine, such as secret. Without it keys are complete API paths."
    )
    version: Literal["v1", "v2"] = Field("v2", description="Version of the key-value engine. Default: v2.")
    namespace: str | None = Field(None, description="Vault namespace that the secrets are in.")
    auth: VaultAuth | None = Field(
        None, description="How to log in. Without it no login happens, as behind an agent that adds the token."
    )
    tls: VaultClientTLS | None = Field(None, description="Client certificate for mutual TLS.")
    headers: dict[str, str] = Field(default_factory=dict, description="HTTP headers sent with every request.")
    read_your_writes: StrictBool = Field(
        False, description="Make replicas answer with what this client wrote. Default: false."
    )
    forward_inconsistent: StrictBool = Field(
        False,
        description="With readYourWrites, have replicas that lag behind forward a read to the active node. "
        "Default: false.",
    )
    check_and_set: VaultCheckAndSet | None = Field(None, description="Check-and-set for pushed secrets.")
