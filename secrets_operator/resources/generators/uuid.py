"""UUID: random identifiers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class UUIDSpec(Model):
    """Nothing can be said about a UUID."""


class UUID(Resource):
    """Makes a random UUID (version 4)."""

    kind: Literal["UUID"] = Field("UUID", description="Kind of this object.")
    spec: UUIDSpec = Field(default_factory=UUIDSpec, description="Has no fields.")
