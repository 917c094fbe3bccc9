"""The provider ``aws``: checks a store and opens its session.

Nothing here imports the SDK: that takes a third of a second and so happens in a thread, when a store is first opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from secrets_operator.provider import Capabilities, Host, Problem
from secrets_operator_aws import spec as checks
from secrets_operator_aws.connections import Connections

if TYPE_CHECKING:
    from secrets_operator_aws.session import AwsSession


class AwsProvider:
    """Stores with ``spec.provider.aws``."""

    name = "aws"
    capabilities = Capabilities.READ_WRITE

    def __init__(self) -> None:
        self._connections = Connections()

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:  # noqa: ARG002 the kinds do not differ
        """Check the fields."""
        return list(checks.problems(spec))

    async def open(self, spec: Mapping[str, Any], host: Host) -> AwsSession:
        """Read the identity, and build the client unless an open session has it.

        The remote side is first asked by a fetch or a validation.
        """
        module = await host.run_blocking(_import_the_sdk)
        session: AwsSession = await module.open_session(spec, host, self._connections)
        return session


def _import_the_sdk() -> ModuleType:
    from secrets_operator_aws import opening

    return opening


PROVIDER = AwsProvider()
