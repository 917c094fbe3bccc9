"""Fake: fixed values, for demos and tests."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class FakeSpec(Model):
    """The values, in plain text."""

    controller: str = Field("", description="Class of the operator that serves this generator. Default: every class.")
    data: dict[str, str] = Field(default_factory=dict, description="Keys and their values.")


class Fake(Resource):
    """Hands out values that are written in it."""

    kind: Literal["Fake"] = Field("Fake", description="Kind of this object.")
    spec: FakeSpec = Field(default_factory=FakeSpec, description="The values.")
