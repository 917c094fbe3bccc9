"""The generator ``Webhook``: one request to an HTTP API, without ``.remoteRef``, whose answer becomes keys."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.http_limits import limits_of
from secrets_operator.provider.templates import Templates
from secrets_operator.resources.generators.webhook import WebhookSpec
from secrets_operator.resources.names import WEBHOOK
from secrets_operator_webhook import spec as checks
from secrets_operator_webhook.opening import parts_of
from secrets_operator_webhook.results import spread
from secrets_operator_webhook.session import ask


class WebhookGenerator:
    """See the module's docstring."""

    name = WEBHOOK.kind

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take what the administrator allows from ``environ``; see ``limits``."""
        self._environ = environ
        self._templates = Templates()

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check the fields."""
        return list(checks.problems(spec, store_kind=WEBHOOK.kind, templates=self._templates))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,  # noqa: ARG002 the API does not say how long things last
        entropy: Entropy,  # noqa: ARG002 the API draws it
    ) -> Generated:
        """Send the request and spread the JSON object in the answer."""
        settings = WebhookSpec.model_validate(spec)
        parts = await parts_of(settings, host, self._templates, limits_of(self._environ))
        try:
            value = await ask(parts, None)
        finally:
            await parts.sender.close()
        if value is None:
            raise Terminal("the server says that there is no such thing (status 404): check url", field="url")
        # The names are those of a parser of its own, which no Secret could be written with.
        return Generated({str(name): SecretBytes(text) for name, text in spread(value).items()})


GENERATOR = WebhookGenerator(os.environ)
