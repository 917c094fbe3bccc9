"""GithubAccessToken: tokens of an installation of a GitHub App.

Fields and defaults: External Secrets Operator, apis/generators/v1alpha1/types_github.go.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from secrets_operator.resources.formats import NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.resource import Resource


class GithubSecretRef(Model):
    """Where the private key of the app is kept."""

    secret_ref: SecretKeySelector = Field(description="Secret key with the private key of the app, in PEM form.")


class GithubAuth(Model):
    """How the app proves itself."""

    private_key: GithubSecretRef = Field(description="Private key of the app.")


class GithubAccessTokenSpec(Model):
    """The app, its installation, and what the token may do there."""

    url: str = Field(
        "", description="URL of the API, such as https://github.example.com/api/v3. Default: https://api.github.com."
    )
    app_id: Annotated[NonEmpty, Field(alias="appID")] = Field(description="Id of the GitHub App.")
    install_id: Annotated[NonEmpty, Field(alias="installID")] = Field(description="Id of its installation.")
    repositories: tuple[str, ...] = Field(
        (), description="Names of the repositories the token is for. Default: all of the installation."
    )
    permissions: dict[str, str] | None = Field(
        None, description="Permissions of the token, such as contents: read. Default: all of the app."
    )
    auth: GithubAuth = Field(description="How the app proves itself.")


class GithubAccessToken(Resource):
    """Fetches a token of an installation of a GitHub App; it is valid for an hour."""

    kind: Literal["GithubAccessToken"] = Field("GithubAccessToken", description="Kind of this object.")
    spec: GithubAccessTokenSpec = Field(description="The app, its installation, and what the token may do there.")
