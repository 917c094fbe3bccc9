"""Provider ``webhook``: any HTTP API, through templates."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from secrets_operator.resources.formats import GoDuration
from secrets_operator.resources.model import Model
from secrets_operator.resources.providers.certificates import TrustedCA
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.validation_rules import Rule, checked_by


class WebhookResult(Model):
    """Which part of the answer is the value."""

    json_path: str | None = Field(
        None, description="JSONPath of the value in the answer, such as $.data.password. Default: the whole answer."
    )


class WebhookSecret(Model):
    """A Secret that templates may use."""

    name: str = Field(description="Name that templates know the Secret by.")
    secret_ref: SecretKeySelector = Field(
        description="The Secret; it needs the label external-secrets.io/type: webhook. All its keys can be used."
    )


class WebhookNtlm(Model):
    """NTLM credentials."""

    username_secret: SecretKeySelector = Field(description="Secret key that holds the user name.")
    password_secret: SecretKeySelector = Field(description="Secret key that holds the password.")


class WebhookAuth(Model):
    """How to log in, where headers do not suffice."""

    model_config = ConfigDict(
        json_schema_extra=checked_by(Rule("has(self.ntlm)", "set ntlm, or remove auth", reason="FieldValueRequired"))
    )

    ntlm: WebhookNtlm | None = Field(None, description="Log in with NTLM.")


class WebhookProvider(TrustedCA):
    """The request to send and how to read the answer."""

    url: str = Field(
        description="URL of the request; a template, such as https://api.example.com/{{ .remoteRef.key }}."
    )
    method: str = Field("GET", description="HTTP method. Default: GET, or POST when pushing.")
    headers: dict[str, str] = Field(default_factory=dict, description="HTTP headers; the values are templates.")
    body: str = Field("", description="Body of the request; a template.")
    timeout: GoDuration | None = Field(None, description="Time limit of a request, as a Go duration such as 10s.")
    result: WebhookResult = Field(default_factory=WebhookResult, description="Which part of the answer is the value.")
    secrets: tuple[WebhookSecret, ...] = Field((), description="Secrets that templates may use.")
    auth: WebhookAuth | None = Field(None, description="How to log in, where headers do not suffice.")
