"""How a provider says which CA certificate its server is trusted by."""

from __future__ import annotations

from pydantic import Field

from secrets_operator.resources.formats import Base64
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import CAProvider


class TrustedCA(Model):
    """The two ways to name a CA certificate; ``ca_bundle`` wins over ``ca_provider``."""

    ca_bundle: Base64 | None = Field(
        None,
        description="CA certificates of the server, PEM in base64; wins over caProvider. Default: those of the system.",
    )
    ca_provider: CAProvider | None = Field(None, description="Secret or ConfigMap that holds the CA certificates.")
