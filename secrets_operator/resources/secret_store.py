"""SecretStore: a store for the ExternalSecrets of its own namespace."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.stores import Store


class SecretStore(Store):
    """A store that resources of the same namespace read from."""

    kind: Literal["SecretStore"] = Field("SecretStore", description="Kind of this object.")
