"""CloudsmithAccessToken: tokens of a service of Cloudsmith, for a service account it trusts.

Fields and defaults: External Secrets Operator, apis/generators/v1alpha1/types_cloudsmith.go.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import ServiceAccountSelector
from secrets_operator.resources.resource import Resource


class CloudsmithAccessTokenSpec(Model):
    """The organization, its service, and who stands for it."""

    api_url: str = Field("", description="URL of the API. Default: https://api.cloudsmith.io.")
    org_slug: NonEmpty = Field(description="Slug of the organization.")
    service_slug: NonEmpty = Field(description="Slug of the service in it.")
    service_account_ref: ServiceAccountSelector = Field(description="ServiceAccount that the service trusts.")


class CloudsmithAccessToken(Resource):
    """Fetches a short-lived login for the registries of Cloudsmith."""

    kind: Literal["CloudsmithAccessToken"] = Field("CloudsmithAccessToken", description="Kind of this object.")
    spec: CloudsmithAccessTokenSpec = Field(description="The organization, its service, and who stands for it.")
