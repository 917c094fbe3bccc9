"""GitlabDeployToken: deploy tokens of a project or group of GitLab.

Fields and rules: External Secrets Operator, apis/generators/v1alpha1/types_gitlab.go and the CRD.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from secrets_operator.resources.formats import GoDuration, NonEmpty
from secrets_operator.resources.model import Model
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.validation_rules import Rule, checked_by, exactly_one_of

GitlabScope = Literal[
    "read_repository",
    "read_registry",
    "write_registry",
    "read_package_registry",
    "write_package_registry",
    "read_virtual_registry",
    "write_virtual_registry",
]
PROJECT_OR_GROUP: Final = exactly_one_of("projectID", "groupID")
ONE_EXPIRY: Final = Rule("!(has(self.expiresAt) && has(self.expiresAfter))", "set expiresAt or expiresAfter, not both")


class GitlabSecretRef(Model):
    """Where an access token is kept."""

    secret_ref: SecretKeySelector = Field(
        description="Secret key with an access token of scope api and role Maintainer or more."
    )


class GitlabAuth(Model):
    """Who may make deploy tokens."""

    token: GitlabSecretRef = Field(description="Access token of a person, a group or a project.")


class GitlabDeployTokenSpec(Model):
    """Where the token is made, and what it may do there."""

    model_config = ConfigDict(json_schema_extra=checked_by(PROJECT_OR_GROUP, ONE_EXPIRY))

    url: str = Field("", description="URL of GitLab. Default: https://gitlab.com.")
    project_id: Annotated[NonEmpty | None, Field(alias="projectID")] = Field(
        None, description="Id or path of the project, such as shop/web. Either this or groupID."
    )
    group_id: Annotated[NonEmpty | None, Field(alias="groupID")] = Field(
        None, description="Id or path of the group. Either this or projectID."
    )
    name: NonEmpty = Field(description="Name of the deploy token.")
    scopes: tuple[GitlabScope, ...] = Field(min_length=1, description="What the token may do.")
    expires_at: AwareDatetime | None = Field(
        None, description="When the token ends. Default: when it is not used any more."
    )
    expires_after: GoDuration | None = Field(
        None, description="How long each token lasts, 24h at least; more than the refresh interval of who uses it."
    )
    username: str = Field("", description="Name of the user of the token. Default: gitlab+deploy-token-NUMBER.")
    auth: GitlabAuth = Field(description="Who may make deploy tokens.")


class GitlabDeployToken(Resource):
    """Makes a deploy token of GitLab; one that is not used any more is revoked there."""

    kind: Literal["GitlabDeployToken"] = Field("GitlabDeployToken", description="Kind of this object.")
    spec: GitlabDeployTokenSpec = Field(description="Where the token is made, and what it may do there.")
