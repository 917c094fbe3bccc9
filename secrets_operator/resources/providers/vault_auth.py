"""The ways to log in to Vault; the cloud ones are in ``vault_cloud_auth``.

When several are given, the first one in the order of ``VaultAuth``'s fields is used.
"""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field, StrictInt

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.vault_cloud_auth import VaultGcpAuth, VaultIamAuth
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector
from secrets_operator.resources.validation_rules import at_least_one_of, both_or_neither, checked_by

METHODS: Final = (
    "tokenSecretRef",
    "appRole",
    "kubernetes",
    "ldap",
    "userPass",
    "jwt",
    "cert",
    "iam",
    "gcp",
)


class VaultAppRole(Model):
    """A role id and its secret."""

    model_config = ConfigDict(json_schema_extra=checked_by(at_least_one_of("roleId", "roleRef")))

    path: str = Field("approle", description="Mount of the login method. Default: approle.")
    role_id: str | None = Field(None, description="Role id; wins over roleRef.")
    role_ref: SecretKeySelector | None = Field(None, description="Secret key that holds the role id.")
    secret_ref: SecretKeySelector = Field(description="Secret key that holds the secret id.")


class VaultKubernetesAuth(Model):
    """A token of a Kubernetes service account, checked by Vault against the cluster."""

    mount_path: str = Field("kubernetes", description="Mount of the login method. Default: kubernetes.")
    role: str = Field(description="Vault role to log in as.")
    service_account_ref: ServiceAccountSelector | None = Field(
        None, description="ServiceAccount to request a token for; wins over secretRef."
    )
    secret_ref: SecretKeySelector | None = Field(
        None, description="Secret key that holds a token. Default key: token. Without it the operator's own token."
    )


class VaultPasswordAuth(Model):
    """A user name and a password."""

    username: str = Field(description="User name.")
    secret_ref: SecretKeySelector | None = Field(None, description="Secret key that holds the password.")


class VaultLdapAuth(VaultPasswordAuth):
    """A user of a directory."""

    path: str = Field("ldap", description="Mount of the login method. Default: ldap.")


class VaultUserPassAuth(VaultPasswordAuth):
    """A user kept in Vault."""

    path: str = Field("userpass", description="Mount of the login method. Default: userpass.")


class VaultServiceAccountToken(Model):
    """A token requested for a Kubernetes service account."""

    service_account_ref: ServiceAccountSelector = Field(description="ServiceAccount to request a token for.")
    audiences: tuple[str, ...] = Field(
        ("vault",), description="Audiences added to those of serviceAccountRef. Default: vault."
    )
    expiration_seconds: StrictInt = Field(
        600, description="Lifetime of the token in seconds. Default: 600.", json_schema_extra={"format": "int64"}
    )


class VaultJwtAuth(Model):
    """A signed token, from a Secret or requested for a service account."""

    model_config = ConfigDict(
        json_schema_extra=checked_by(at_least_one_of("secretRef", "kubernetesServiceAccountToken"))
    )

    path: str = Field("jwt", description="Mount of the login method. Default: jwt.")
    role: str | None = Field(None, description="Vault role to log in as. Default: the method's default role.")
    secret_ref: SecretKeySelector | None = Field(None, description="Secret key that holds the token.")
    kubernetes_service_account_token: VaultServiceAccountToken | None = Field(
        None, description="Request a token for a service account."
    )


class VaultCertAuth(Model):
    """A TLS client certificate."""

    model_config = ConfigDict(json_schema_extra=checked_by(both_or_neither("clientCert", "secretRef")))

    path: str = Field("cert", description="Mount of the login method. Default: cert.")
    vault_role: str | None = Field(None, description="Certificate role to log in as. Default: the one that matches.")
    client_cert: SecretKeySelector | None = Field(None, description="Secret key that holds the certificate.")
    secret_ref: SecretKeySelector | None = Field(None, description="Secret key that holds the private key.")


class VaultAuth(Model):
    """How to log in; the first method given, in the order of the fields, is used."""

    model_config = ConfigDict(json_schema_extra=checked_by(at_least_one_of(*METHODS)))

    namespace: str | None = Field(
        None, description="Vault namespace to log in to. Default: the namespace the secrets are in."
    )
    token_secret_ref: SecretKeySelector | None = Field(None, description="Secret key that holds a Vault token.")
    app_role: VaultAppRole | None = Field(None, description="Log in with a role id and a secret id.")
    kubernetes: VaultKubernetesAuth | None = Field(None, description="Log in with a Kubernetes service account.")
    ldap: VaultLdapAuth | None = Field(None, description="Log in as a user of a directory.")
    user_pass: VaultUserPassAuth | None = Field(None, description="Log in as a user kept in Vault.")
    jwt: VaultJwtAuth | None = Field(None, description="Log in with a signed token (JWT, OIDC).")
    cert: VaultCertAuth | None = Field(None, description="Log in with a TLS client certificate.")
    iam: VaultIamAuth | None = Field(None, description="Log in with an AWS identity.")
    gcp: VaultGcpAuth | None = Field(None, description="Log in with a Google Cloud identity.")
