"""What a generator plug-in implements: something that makes values where a provider reads them.

A :class:`Generator` is stateless: it checks the spec of an object of its kind and makes new values from it, each time
it is asked. What it reads of the cluster, it reads through the host, in the namespace of the resource that asks;
the time and the randomness are arguments. Nothing is cached and nothing coalesced: every answer is for one resource.

Plug-ins import from ``secrets_operator.provider``, ``.flow``, ``.resources`` and ``.errors`` only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import Host, Problem

GENERATOR_ENTRY_POINT_GROUP = "secrets_operator.generators"
DEFAULT_FRESH_SECONDS = 900.0

Entropy = Callable[[int], bytes]
"""Returns that many random bytes, fit for keys."""


Cleanup = Callable[[Mapping[str, Any], Mapping[str, Any], Host], Awaitable[None]]
"""(spec, state, host): take back what a state is about, by the spec of then. What is gone already is no error.

Raises as ``generate``; it is called again until it returns.
"""


@dataclass(frozen=True, slots=True)
class Generated:
    """New values by their keys.

    When they cannot be written at once, the same values are tried again for ``fresh_seconds``; then new ones are made.

    ``state`` is what ``cleanup`` needs to take them back on the remote side when nothing uses them any more: JSON that
    is kept in a GeneratorState for everybody to read, so it names things and holds no value. None needs no clean-up.
    """

    values: Mapping[str, SecretBytes]
    fresh_seconds: float = DEFAULT_FRESH_SECONDS
    state: Mapping[str, Any] | None = None


class Generator(Protocol):
    """A kind of generator.

    One whose values have to be taken back on the remote side has a method ``cleanup`` (:data:`Cleanup`) as well.
    """

    @property
    def name(self) -> str:
        """The kind of its objects (``Password``), which is the name of its entry point."""
        ...

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the spec without any I/O; paths are relative to it. Nothing is made while there is a problem."""
        ...

    async def generate(self, spec: Mapping[str, Any], host: Host, *, now: datetime, entropy: Entropy) -> Generated:
        """Make new values. Raises Terminal when the user must act, Retryable otherwise, and what ``host`` raises.

        ``host.store`` names the generator. A namespace in a selector has no effect: references are those of the
        resource's namespace. No error shows a value.
        """
        ...


def cleanup_of(generator: Generator) -> Cleanup | None:
    """Return what takes back the values of a generator; None where nothing has to be."""
    found: Cleanup | None = getattr(generator, "cleanup", None)
    return found
