"""Generator ``UUID``: a random UUID, version 4 of RFC 9562, in lower case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem


class UuidGenerator:
    """See the module's docstring."""

    name = "UUID"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:  # noqa: ARG002 the spec has no fields
        """Find nothing: there is nothing to be said about a UUID."""
        return []

    async def generate(
        self,
        spec: Mapping[str, Any],  # noqa: ARG002 the spec has no fields
        host: Host,  # noqa: ARG002 there is nothing to ask
        *,
        now: datetime,  # noqa: ARG002 version 4 knows no time
        entropy: Entropy,
    ) -> Generated:
        """Make one, under the key ``uuid``."""
        return Generated({"uuid": SecretBytes(str(UUID(bytes=entropy(16), version=4)).encode())})


GENERATOR = UuidGenerator()
