"""QuayAccessToken: tokens of a robot account of Quay, for a service account it trusts.

Fields and defaults: External Secrets Operator, apis/generators/v1alpha1/types_quay.go.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import ServiceAccountSelector
from secrets_operator.resources.resource import Resource


class QuayAccessTokenSpec(Model):
    """The registry, the robot account, and who stands for it."""

    url: str = Field("", description="Host of the registry, asked by HTTPS. Default: quay.io.")
    robot_account: NonEmpty = Field(description="Name of the robot account, such as shop+puller.")
    service_account_ref: ServiceAccountSelector = Field(description="ServiceAccount that the robot account trusts.")


class QuayAccessToken(Resource):
    """Fetches a short-lived login for a Quay registry."""

    kind: Literal["QuayAccessToken"] = Field("QuayAccessToken", description="Kind of this object.")
    spec: QuayAccessTokenSpec = Field(description="The registry, the robot account, and who stands for it.")
