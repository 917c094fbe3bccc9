"""What generators of this distribution take from outside, all of it chosen by tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The operator's environment, the certificates that servers are trusted by, and the addresses of public services.

    Without certificates it is those of the system. Registries are asked by HTTPS; only tests have another scheme.
    """

    environ: Mapping[str, str]
    certificates: str | None = None
    registry_scheme: str = "https"
