"""Makes the opaque identifiers of the stand-in: tokens, accessors, UUIDs.

Randomness is a parameter, so that a test can make the identifiers predictable.
"""

import base64
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True)
class Identifiers:
    """Draws identifiers from one source of random bytes."""

    random_bytes: RandomBytes = secrets.token_bytes

    def new_uuid(self) -> str:
        """Return a version 4 UUID."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def new_opaque(self, prefix: str = "") -> str:
        """Return an unguessable identifier of letters, digits, `-` and `_` behind the prefix."""
        return prefix + base64.urlsafe_b64encode(self.random_bytes(18)).decode()
