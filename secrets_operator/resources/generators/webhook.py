"""Webhook: what an HTTP API answers to one request."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from secrets_operator.resources.providers.webhook import WebhookProvider, WebhookResult
from secrets_operator.resources.resource import Resource


class WebhookSpec(WebhookProvider):
    """The request to send and how to read the answer; there is no remoteRef for the templates."""

    url: str = Field(description="URL of the request; a template, such as https://api.example.com/{{ .login.user }}.")
    method: str = Field("GET", description="HTTP method. Default: GET.")
    result: WebhookResult = Field(description="Which part of the answer becomes keys: it must be a JSON object.")


class Webhook(Resource):
    """Asks an HTTP API for new values."""

    kind: Literal["Webhook"] = Field("Webhook", description="Kind of this object.")
    spec: WebhookSpec = Field(description="The request to send and how to read the answer.")
