"""The provider ``webhook``: checks a store and opens its session."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from secrets_operator.provider import Capabilities, Host, Problem
from secrets_operator.provider.http_limits import limits_of
from secrets_operator.provider.templates import Templates
from secrets_operator_webhook import spec as checks
from secrets_operator_webhook.opening import open_session
from secrets_operator_webhook.session import WebhookSession


class WebhookProvider:
    """Stores with ``spec.provider.webhook``."""

    name = "webhook"
    capabilities = Capabilities.READ_WRITE
    # Templates may use the property and the namespace of who reads.
    per_reader = True

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take what the administrator allows from ``environ``; see ``limits``."""
        self._environ = environ
        self._templates = Templates()

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:
        """Check the fields."""
        return list(checks.problems(spec, store_kind=store_kind, templates=self._templates))

    async def open(self, spec: Mapping[str, Any], host: Host) -> WebhookSession:
        """Read certificates and Secrets; nothing is sent yet."""
        return await open_session(spec, host, self._templates, limits_of(self._environ))


PROVIDER = WebhookProvider(os.environ)
