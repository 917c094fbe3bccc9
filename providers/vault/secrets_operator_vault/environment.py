"""The environment variables that the provider for Vault reads, from the environment of the operator."""

from __future__ import annotations

from typing import Final

from secrets_operator.environment import Variable

VAULT_ADDR: Final = Variable(
    "VAULT_ADDR",
    "The Vault to which SecretStores may log in as the operator, written as in `server`.",
    "none",
)
VAULT_TOKEN: Final = Variable(
    "VAULT_TOKEN",
    "Sent for stores without `auth`, but only where `server` is what `VAULT_ADDR` says, so that a store cannot send it "
    "elsewhere.",
    "no token",
)
AWS_STS_ENDPOINT: Final = Variable(
    "AWS_STS_ENDPOINT", "Where `auth.iam` gets credentials, for private endpoints.", "AWS's own"
)
AWS_WEB_IDENTITY_TOKEN_FILE: Final = Variable(
    "AWS_WEB_IDENTITY_TOKEN_FILE", "The token of the operator's pod for `auth.iam`; EKS sets it (IRSA)."
)
AWS_ROLE_ARN: Final = Variable("AWS_ROLE_ARN", "The role of the operator's pod for `auth.iam`; set likewise.")
AWS_CONTAINER_CREDENTIALS_FULL_URI: Final = Variable(
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "Where the operator's pod gets credentials; EKS sets it (Pod Identity)."
)
GCE_METADATA_HOST: Final = Variable(
    "GCE_METADATA_HOST", "The metadata server of `auth.gcp`.", "`metadata.google.internal`"
)

# The library that talks to Vault reads these itself.
_PROXIES: Final = (
    Variable("HTTP_PROXY", "Proxy for servers with `http`.", "none"),
    Variable("HTTPS_PROXY", "Proxy for servers with `https`.", "none"),
    Variable("NO_PROXY", "Servers that are asked without a proxy.", "none"),
)

VARIABLES: Final = (
    VAULT_ADDR,
    VAULT_TOKEN,
    AWS_STS_ENDPOINT,
    AWS_WEB_IDENTITY_TOKEN_FILE,
    AWS_ROLE_ARN,
    AWS_CONTAINER_CREDENTIALS_FULL_URI,
    GCE_METADATA_HOST,
    *_PROXIES,
)
