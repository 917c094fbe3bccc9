"""Where the admission server's certificate comes from: files that somebody else renews, or a Secret of our own.

Neighbours: ``self_made_certificates`` makes and judges certificates, ``admission_server`` serves with them.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import NotFound, OperatorError, Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import SECRETS, VALIDATING_WEBHOOK_CONFIGURATIONS
from secrets_operator.serving.self_made_certificates import Made, is_fresh, make, trusting
from secrets_operator.serving.tls_server import ServingCertificate
from secrets_operator.settings import Settings

log = structlog.get_logger(__name__)

_FIELD_MANAGER = "secrets-operator-admission"
# API servers hear of a changed configuration through a watch. Until then they trust the authority before.
_SETTLING_SECONDS = 2.0
_CHAIN, _KEY, _AUTHORITY, _AUTHORITY_KEY = "tls.crt", "tls.key", "ca.crt", "ca.key"


class CertificateSource(Protocol):
    """Returns the certificate of the moment."""

    async def current(self) -> ServingCertificate:
        """Return it; raises OperatorError when there is none to be had."""
        ...


class CertificateFolder:
    """``tls.crt`` and ``tls.key`` in a folder, as a mounted Secret of cert-manager has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def current(self) -> ServingCertificate:
        """Read the files; raises Terminal when they cannot be read."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> ServingCertificate:
        try:
            chain, key = ((self._folder / name).read_bytes() for name in (_CHAIN, _KEY))
        except OSError as error:
            raise Terminal(f"{self._folder} has no {_CHAIN} and {_KEY} to read ({type(error).__name__})") from None
        return ServingCertificate(chain, SecretBytes(key))


class CertificateSecret:
    """A Secret in the operator's namespace: made once, renewed in time, and trusted by the webhook configuration."""

    def __init__(
        self, client: Client, settings: Settings, clock: Clock, *, settling: float = _SETTLING_SECONDS
    ) -> None:
        """Give API servers ``settling`` seconds to notice a new authority before it is served with."""
        self._settling = settling
        self._client = client
        self._settings = settings
        self._clock = clock
        self._told = ""

    async def current(self) -> ServingCertificate:
        """Return what the Secret holds, made or renewed where that is due.

        Raises Terminal for a Secret that holds something else, and what the API server answers.
        """
        made = await self._made()
        await self._make_trusted(made.authorities)
        return ServingCertificate(made.chain, made.key)

    async def _made(self) -> Made:
        namespace, name, now = self._settings.namespace, self._settings.admission_secret, self._clock.now()
        try:
            secret = await self._client.get(SECRETS, namespace, name)
        except NotFound:
            return await self._create(self._new(now))
        before = _parsed(secret, f"{namespace}/{name}")
        if is_fresh(before, now):
            return before
        renewed = self._new(now, before)
        version = {"metadata": {"resourceVersion": secret["metadata"]["resourceVersion"]}}
        try:
            await self._client.patch(SECRETS, namespace, name, {**version, "data": _data(renewed)})
        except Conflict:  # another replica was quicker: its certificate is the one
            return _parsed(await self._client.get(SECRETS, namespace, name), f"{namespace}/{name}")
        log.info("the serving certificate was renewed", secret=name)
        return renewed

    async def _create(self, made: Made) -> Made:
        namespace, name = self._settings.namespace, self._settings.admission_secret
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "type": "kubernetes.io/tls",
            "data": _data(made),
        }
        try:
            await self._client.create(SECRETS, namespace, manifest)
        except Conflict:
            return _parsed(await self._client.get(SECRETS, namespace, name), f"{namespace}/{name}")
        log.info("a serving certificate was made", secret=name)
        return made

    def _new(self, now: datetime, before: Made | None = None) -> Made:
        return make(self._settings.admission_service, self._settings.namespace, now=now, before=before)

    async def _make_trusted(self, authorities: bytes) -> None:
        """Write the authorities into the webhook configuration, which the API server trusts from then on.

        What is trusted already stays behind them: other replicas may serve with a certificate of it for a moment.
        """
        name, resource = self._settings.admission_configuration, VALIDATING_WEBHOOK_CONFIGURATIONS
        try:
            found = (await self._client.get(resource, "", name)).get("webhooks") or []
            bundles = {one["name"]: base64.b64decode(one["clientConfig"].get("caBundle") or "") for one in found}
            if all(bundle.startswith(authorities) for bundle in bundles.values()):
                self._told = ""
                return
            now = self._clock.now()
            webhooks = [
                {
                    "name": one,
                    "clientConfig": {"caBundle": base64.b64encode(trusting(authorities, bundle, now)).decode()},
                }
                for one, bundle in bundles.items()
            ]
            body = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}}
            await self._client.apply(resource, "", name, {**body, "webhooks": webhooks}, manager=_FIELD_MANAGER)
            if any(bundles.values()):
                await asyncio.sleep(self._settling)
        except (OperatorError, ValueError) as error:
            # It serves all the same: somebody else may have put the authority there. Said once, and looked at again.
            if str(error) != self._told:
                log.warning("the webhook configuration could not be given its authority", error=str(error))
            self._told = str(error)


def _parsed(secret: Object, named: str) -> Made:
    data = secret.get("data") or {}
    try:
        chain, key, authorities, authority_key = (
            base64.b64decode(data[member]) for member in (_CHAIN, _KEY, _AUTHORITY, _AUTHORITY_KEY)
        )
    except (KeyError, ValueError):
        raise Terminal(f"Secret {named} holds no serving certificate: delete it and one is made") from None
    return Made(chain, SecretBytes(key), authorities, SecretBytes(authority_key))


def _data(made: Made) -> dict[str, str]:
    parts = {
        _CHAIN: made.chain,
        _KEY: made.key.reveal(),
        _AUTHORITY: made.authorities,
        _AUTHORITY_KEY: made.authority_key.reveal(),
    }
    return {name: base64.b64encode(part).decode() for name, part in parts.items()}
