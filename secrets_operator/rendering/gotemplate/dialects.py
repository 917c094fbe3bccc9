"""Whose templates these are: which functions there are and what a missing key does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """``sealed`` chooses Sprig 3.3.0 alone; ``strict`` makes a missing key an error instead of ``<no value>``."""

    name: str
    sealed: bool = False
    strict: bool = True


EXTERNAL_SECRETS: Final = Dialect("external-secrets")
"""Templates of ExternalSecret and PushSecret."""
EXTERNAL_SECRETS_LENIENT: Final = Dialect("external-secrets-lenient", strict=False)
"""Rewrites and the webhook provider: the same functions, Go's default for missing keys."""
SEALED_SECRETS: Final = Dialect("sealed-secrets", sealed=True, strict=False)
"""``template.data`` of SealedSecret."""
