"""VaultDynamicSecret: what a path of Vault answers, such as the credentials of a database engine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, StrictBool

from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.vault import VaultProvider
from secrets_operator.resources.resource import Resource
from secrets_operator.resources.stores import RetrySettings

VaultResultType = Literal["Data", "Auth", "Raw"]


class VaultDynamicSecretSpec(Model):
    """The server, the request and the part of the answer that counts."""

    controller: str = Field("", description="Class of the operator that serves this generator. Default: every class.")
    provider: VaultProvider = Field(description="The server and the login, as in a store with Vault.")
    path: str = Field(description="Complete API path of the request, such as database/creds/app.")
    method: str = Field(
        "GET", description="GET, LIST and DELETE do what they say; any other word writes. Default: GET."
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="What is written, for methods that write.")
    get_parameters: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Query parameters, for the method GET."
    )
    result_type: VaultResultType = Field(
        "Data", description="Part of the answer that becomes keys: its data, its auth, or all of it. Default: Data."
    )
    allow_empty_response: StrictBool = Field(
        False, description="Take an empty answer for no keys instead of an error. Default: false."
    )
    retry_settings: RetrySettings | None = Field(
        None, description="How requests are tried again. Default: the provider's way."
    )


class VaultDynamicSecret(Resource):
    """Asks Vault for a new secret."""

    kind: Literal["VaultDynamicSecret"] = Field("VaultDynamicSecret", description="Kind of this object.")
    spec: VaultDynamicSecretSpec = Field(description="The server, the request and the part of the answer that counts.")
