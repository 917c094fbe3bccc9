"""ClusterSecretStore: a store for the ExternalSecrets of every namespace its conditions admit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.stores import Store


class ClusterSecretStore(Store):
    """A store that resources of several namespaces read from."""

    kind: Literal["ClusterSecretStore"] = Field("ClusterSecretStore", description="Kind of this object.")
