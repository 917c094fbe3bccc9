"""A plug-in that keeps every rule of the conformance suite, for tests that break one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.errors import Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Capabilities, Host, Problem, Query, Reference
from secrets_operator.provider.conformance import Finds, Known, NonConformance, Opening, Subject, checks
from secrets_operator.provider.fake import FakeSession
from secrets_operator.provider.memory import MemoryHost

VALUES = {
    ("plain", ""): SecretBytes(b"text-4b1d"),
    ("other", ""): SecretBytes(b"other-7c55"),
    ("doc", ""): SecretBytes(b'{"user":"u-19aa"}'),
}


class Honest(FakeSession):
    """Keeps every rule; the violations below replace one method each."""

    def __init__(self) -> None:
        super().__init__(VALUES, 0)


@dataclass
class Plugin:
    """A provider made of replaceable parts."""

    name: str = "plugin"
    capabilities: Any = Capabilities.READ_ONLY
    session: Callable[[], Any] = Honest
    check: Callable[[Mapping[str, Any]], Sequence[Problem]] = field(
        default=lambda spec: [Problem(name, "unknown field") for name in spec if name != "mode"]
    )

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:  # noqa: ARG002 the contract
        return self.check(spec)

    async def open(self, spec: Mapping[str, Any], host: Host) -> Any:  # noqa: ARG002 the contract
        if spec["mode"] == "denied":
            raise Refused("the token is not accepted")
        if spec["mode"] == "broken":
            raise Retryable("the server does not answer")
        return self.session()


def subject(plugin: Plugin) -> Subject:
    return Subject(
        provider=plugin,
        working=Opening({"mode": "working"}, MemoryHost()),
        known=[Known(Reference("plain"), b"text-4b1d"), Known(Reference("other"), b"other-7c55")],
        absent=Reference("nothing"),
        document=Known(Reference("doc"), b'{"user":"u-19aa"}'),
        properties={"user": b"u-19aa"},
        keys={"user": b"u-19aa"},
        denied=Opening({"mode": "denied"}, MemoryHost()),
        broken=Opening({"mode": "broken"}, MemoryHost()),
        finds=Finds(
            Query(name="^o|c$"),
            {"other": b"other-7c55", "doc": b'{"user":"u-19aa"}'},
            nothing=Query(name="^nothing$"),
        ),
        credentials=["token-2b90"],
    )


def broken_by(tried: Subject) -> set[str]:
    """Return the checks that a plug-in fails."""
    failed = set()
    for check in checks(tried):
        try:
            asyncio.run(check(tried))
        except NonConformance:
            failed.add(check.__name__)
    return failed
