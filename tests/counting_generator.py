"""A generator whose values tell how often it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from secrets_operator.errors import OperatorError
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem


class CountingGenerator:
    """Makes ``made-1``, ``made-2`` and so on under the key ``password``; ``error`` is what the next one ends with."""

    name = "Password"

    def __init__(self) -> None:
        self.count = 0
        self.error: OperatorError | None = None
        self.asked: list[str] = []
        self.stateful = False
        """Whether what is made has to be taken back, by its number."""
        self.taken_back: list[int] = []

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        return [Problem("length", "must be a number")] if spec.get("length") == "long" else []

    async def generate(
        self,
        spec: Mapping[str, Any],  # noqa: ARG002 the contract's
        host: Host,
        *,
        now: datetime,  # noqa: ARG002 the contract's
        entropy: Entropy,  # noqa: ARG002 the contract's
    ) -> Generated:
        self.asked.append(host.store.namespace)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.count += 1
        state = {"number": self.count} if self.stateful else None
        return Generated({"password": SecretBytes(f"made-{self.count}".encode())}, state=state)

    async def cleanup(self, spec: Mapping[str, Any], state: Mapping[str, Any], host: Host) -> None:  # noqa: ARG002
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.taken_back.append(state["number"])
