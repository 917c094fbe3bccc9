"""Opens a session: certificates, credentials and the Secrets of the templates, from the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from secrets_operator.provider import Host
from secrets_operator.provider.http_guards import Guard
from secrets_operator.provider.http_limits import Limits
from secrets_operator.provider.templates import Templates
from secrets_operator.provider.trust import client_context, trusted_certificates
from secrets_operator.resources.durations import parse_duration
from secrets_operator.resources.labels import WEBHOOK_SECRET_LABEL, WEBHOOK_SECRET_VALUE
from secrets_operator.resources.providers.webhook import WebhookProvider as Settings
from secrets_operator_webhook.client import Client
from secrets_operator_webhook.ntlm import Credential, NtlmClient
from secrets_operator_webhook.push_requests import PushRequests
from secrets_operator_webhook.reaching import reach
from secrets_operator_webhook.requests import Secrets, request_for
from secrets_operator_webhook.session import Parts, Sender, WebhookSession

_AT_ONCE = 16
_LABELS = {WEBHOOK_SECRET_LABEL: WEBHOOK_SECRET_VALUE}


async def open_session(spec: Mapping[str, Any], host: Host, templates: Templates, limits: Limits) -> WebhookSession:
    """Open a session; raises what the host raises, above all for Secrets without the label that opens them."""
    return WebhookSession(await parts_of(Settings.model_validate(spec), host, templates, limits))


async def parts_of(settings: Settings, host: Host, templates: Templates, limits: Limits) -> Parts:
    """Return what asks; raises as :func:`open_session`."""
    guard = Guard(limits)
    secrets = await _secrets(settings, host)
    sender = await _sender(settings, host, guard, limits)
    return Parts(
        host=host,
        sender=sender,
        render=lambda reference: request_for(settings, templates, reference, secrets),
        pushes=PushRequests(settings, templates, secrets, host.store.namespace),
        reach=partial(reach, settings.url, guard),
    )


async def _secrets(settings: Settings, host: Host) -> Secrets:
    return {
        secret.name: await host.secret_data(
            secret.secret_ref.model_dump(exclude_none=True), labels=_LABELS, field=f"secrets[{index}].secretRef"
        )
        for index, secret in enumerate(settings.secrets)
    }


async def _sender(settings: Settings, host: Host, guard: Guard, limits: Limits) -> Sender:
    tls = await host.run_blocking(partial(client_context, await trusted_certificates(settings, host)))
    connect = partial(Client, guard, tls, seconds=_seconds(settings, limits), most_bytes=limits.most_bytes)
    ntlm = settings.auth.ntlm if settings.auth else None
    if ntlm is None:
        return connect(connections=_AT_ONCE)
    user, password = [
        await host.secret_value(selector.model_dump(exclude_none=True), field=f"auth.ntlm.{name}")
        for name, selector in (("usernameSecret", ntlm.username_secret), ("passwordSecret", ntlm.password_secret))
    ]
    return NtlmClient(partial(connect, connections=1), guard, Credential(user, password), host)


def _seconds(settings: Settings, limits: Limits) -> float:
    """Return the time of a request: the store's, within the administrator's; none and 0 are the administrator's."""
    wanted = parse_duration(settings.timeout) / 1e9 if settings.timeout else 0.0
    return min(wanted, limits.seconds) if wanted > 0 else limits.seconds
