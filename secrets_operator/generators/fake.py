"""Generator ``Fake``: the values that are written in it, for demos and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.fake import FakeSpec


class FakeGenerator:
    """See the module's docstring."""

    name = "Fake"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check that the data is text."""
        return spec_problems(FakeSpec, spec)

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,  # noqa: ARG002 there is nothing to ask
        *,
        now: datetime,  # noqa: ARG002 the values are fixed
        entropy: Entropy,  # noqa: ARG002 the values are fixed
    ) -> Generated:
        """Hand out the data."""
        data = FakeSpec.model_validate(dict(spec)).data
        return Generated({key: SecretBytes(value.encode()) for key, value in data.items()})


GENERATOR = FakeGenerator()
