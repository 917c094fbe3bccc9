"""MFA: time-based one-time passwords (RFC 6238)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StrictInt

from secrets_operator.resources.model import Model
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.resource import Resource


class MFASpec(Model):
    """The seed, and how tokens are computed from it."""

    secret: SecretKeySelector = Field(description="Secret with the seed, in base32 as services hand it out.")
    length: Annotated[StrictInt, Field(ge=1, le=10)] = Field(6, description="Number of digits. Default: 6.")
    time_period: Annotated[StrictInt, Field(ge=1)] = Field(
        30, description="Number of seconds that a token is valid for. Default: 30."
    )
    algorithm: str = Field("sha1", description="Hash function: sha1, sha256 or sha512. Default: sha1.")
    when: AwareDatetime | None = Field(None, description="Moment to compute the token for; for tests. Default: now.")


class MFA(Resource):
    """Computes one-time passwords from a seed."""

    kind: Literal["MFA"] = Field("MFA", description="Kind of this object.")
    spec: MFASpec = Field(description="The seed, and how tokens are computed from it.")
