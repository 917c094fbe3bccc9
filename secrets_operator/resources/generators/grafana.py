"""Grafana: tokens of a service account of Grafana.

Fields: External Secrets Operator, apis/generators/v1alpha1/types_grafana.go.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.formats import DnsName, NonEmpty, SecretKey
from secrets_operator.resources.model import Model
from secrets_operator.resources.resource import Resource


class GrafanaSecretKey(Model):
    """One key of a Secret."""

    name: DnsName | None = Field(None, description="Name of the Secret.")
    key: SecretKey | None = Field(None, description="Key inside the Secret.")


class GrafanaBasicAuth(Model):
    """A user of Grafana and the password."""

    username: NonEmpty = Field(description="Name of the user.")
    password: GrafanaSecretKey = Field(description="Secret key with the password.")


class GrafanaAuth(Model):
    """Who may make service accounts and tokens."""

    token: GrafanaSecretKey | None = Field(None, description="Secret key with a token; wins over basic.")
    basic: GrafanaBasicAuth | None = Field(None, description="A user and the password.")


class GrafanaServiceAccount(Model):
    """The account that tokens are made for; it is made when it is not there, and never deleted."""

    name: NonEmpty = Field(description="Name of the service account.")
    role: NonEmpty = Field(description="Role of a service account that is made: Viewer, Editor, Admin or None.")


class GrafanaSpec(Model):
    """The server, who asks, and for which account."""

    url: NonEmpty = Field(description="URL of Grafana, such as https://grafana.example.com.")
    auth: GrafanaAuth = Field(description="Who may make service accounts and tokens.")
    service_account: GrafanaServiceAccount = Field(description="The account that tokens are made for.")


class Grafana(Resource):
    """Makes a token of a service account of Grafana; one that is not used any more is deleted there."""

    kind: Literal["Grafana"] = Field("Grafana", description="Kind of this object.")
    spec: GrafanaSpec = Field(description="The server, who asks, and for which account.")
