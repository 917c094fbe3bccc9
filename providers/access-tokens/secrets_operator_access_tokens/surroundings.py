"""What generators of this distribution take from outside, all of it chosen by tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secrets_operator_access_tokens.azure_identities import Cloud


@dataclass(frozen=True, slots=True)
class GoogleServices:
    """Where Google Cloud trades the token of a cluster, and where it speaks for service accounts."""

    tokens: str = "https://securetoken.googleapis.com"
    accounts: str = "https://iamcredentials.googleapis.com"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The operator's environment, the certificates that servers are trusted by, and the addresses of public services.

    Without certificates it is those of the system. Registries are asked by HTTPS; only tests have another scheme, and
    another cloud of Azure than the spec says.
    """

    environ: Mapping[str, str]
    certificates: str | None = None
    registry_scheme: str = "https"
    azure: Cloud | None = None
    google: GoogleServices = GoogleServices()
