"""BeyondtrustWorkloadCredentialsDynamicSecret: temporary credentials of BeyondTrust Workload Credentials.

Fields: External Secrets Operator, apis/generators/v1alpha1/types_beyondtrustworkloadcredentials.go and the store of the
same name.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.certificates import TrustedCA
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.stores import RetrySettings


class BeyondtrustApiKey(Model):
    """An API token."""

    token: SecretKeySelector = Field(description="Secret key with the API token.")


class BeyondtrustAuth(Model):
    """Who asks."""

    apikey: BeyondtrustApiKey = Field(description="An API token.")


class BeyondtrustServer(Model):
    """Where the API is."""

    api_url: NonEmpty = Field(description="URL of the API, such as https://api.beyondtrust.io/siie; HTTPS only.")
    site_id: NonEmpty = Field(description="Id of the site, a UUID.")


class BeyondtrustProvider(TrustedCA):
    """The server, who asks, and for which definition."""

    auth: BeyondtrustAuth = Field(description="Who asks.")
    server: BeyondtrustServer = Field(description="Where the API is.")
    folder_path: str = Field("", description="Folders and name of the definition, such as production/aws-temp.")


class BeyondtrustWorkloadCredentialsDynamicSecretSpec(Model):
    """The server, who asks, and for which definition."""

    controller: str = Field("", description="Class of the operator that serves this generator. Default: every class.")
    provider: BeyondtrustProvider = Field(description="The server, who asks, and for which definition.")
    retry_settings: RetrySettings | None = Field(None, description="Has no effect, as upstream: the queue tries again.")


class BeyondtrustWorkloadCredentialsDynamicSecret(Resource):
    """Asks BeyondTrust Workload Credentials for temporary credentials."""

    kind: Literal["BeyondtrustWorkloadCredentialsDynamicSecret"] = Field(
        "BeyondtrustWorkloadCredentialsDynamicSecret", description="Kind of this object."
    )
    spec: BeyondtrustWorkloadCredentialsDynamicSecretSpec = Field(
        description="The server, who asks, and for which definition."
    )
