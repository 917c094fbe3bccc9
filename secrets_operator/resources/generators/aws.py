"""ECRAuthorizationToken and STSSessionToken: temporary credentials of AWS."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.aws import AwsAuth
from secrets_operator.resources.resource import Resource

EcrScope = Literal["private", "public"]


class AwsGeneratorSpec(Model):
    """Where AWS is and how to log in."""

    region: str = Field(description="AWS region.")
    auth: AwsAuth | None = Field(
        None,
        description="How to log in; secretRef wins over jwt here. Default: as the environment of the operator says.",
    )
    role: str = Field("", description="ARN of a role to assume after the login. Default: none.")


class ECRAuthorizationTokenSpec(AwsGeneratorSpec):
    """Which registry the token is for."""

    scope: EcrScope = Field(
        "private", description="Private registries of the account, or ECR Public. Default: private."
    )


class ECRAuthorizationToken(Resource):
    """Fetches a login for the registries of an account, or for ECR Public."""

    kind: Literal["ECRAuthorizationToken"] = Field("ECRAuthorizationToken", description="Kind of this object.")
    spec: ECRAuthorizationTokenSpec = Field(description="How to log in and which registry the token is for.")


class RequestParameters(Model):
    """What is asked of STS."""

    session_duration: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None,
        description="Number of seconds the credentials are valid for. Default: that of AWS.",
        json_schema_extra={"format": "int32"},
    )
    serial_number: str | None = Field(None, description="Serial number or ARN of the MFA device of the user.")
    token_code: str | None = Field(None, description="One-time password of that device.")


class STSSessionTokenSpec(AwsGeneratorSpec):
    """What the session is like."""

    request_parameters: RequestParameters | None = Field(None, description="What is asked of STS. Default: nothing.")


class STSSessionToken(Resource):
    """Fetches temporary credentials for the user that logs in, or for the role."""

    kind: Literal["STSSessionToken"] = Field("STSSessionToken", description="Kind of this object.")
    spec: STSSessionTokenSpec = Field(description="How to log in and what the session is like.")
