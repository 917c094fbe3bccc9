"""What every model shares: camelCase aliases, immutability, and errors that show no input.

In: raw Kubernetes JSON. Out: typed, frozen values. Unknown fields are ignored because the API server prunes them.
A Python default is the effective default of the field; it reaches neither a schema nor a dump made with
``exclude_unset``, so what was applied is what is read back.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A part of a resource."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        frozen=True,
        # A field of a store may hold a value that must not be shown; errors then name the field only.
        hide_input_in_errors=True,
        populate_by_name=True,
    )
