"""Provider ``fake``: values written in the store itself, for tests and demonstrations."""

from __future__ import annotations

from pydantic import Field, StrictInt

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model


class FakeValue(Model):
    """One made-up secret."""

    key: NonEmpty = Field(description="Name of the secret.")
    value: NonEmpty = Field(description="Value of the secret, visible to whoever may read the store.", repr=False)
    version: str = Field("", description="Version; an entry without one answers requests without one.")


class FakeProvider(Model):
    """The made-up secrets."""

    data: tuple[FakeValue, ...] = Field(description="The secrets.")
    validation_result: StrictInt = Field(
        0, description="What checking the store says: 0 ready, 1 unknown, 2 failed. Default: 0."
    )
