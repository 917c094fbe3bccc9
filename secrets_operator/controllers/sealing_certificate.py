"""Keeps the certificate to seal with in a ConfigMap, so that nobody needs a way to the operator's HTTP port.

The ConfigMap is in the operator's namespace; it is read when the keys change and once an hour, and written only when it
is not as it should be.
"""

from __future__ import annotations

import structlog

from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.errors import NotFound
from secrets_operator.flow import Again, Done, Key, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import CONFIG_MAPS
from secrets_operator.planning.marks import STATUS_MANAGER
from secrets_operator.planning.refresh import format_time
from secrets_operator.resources.labels import SEALING_CERTIFICATE_LABEL, TRUE

log = structlog.get_logger(__name__)

NAME = "secrets-operator-sealing-certificate"
KEY = Key("SealingCertificate", "", NAME)
"""What is queued to have the ConfigMap looked at."""
_LOOK_AGAIN_SECONDS = 3600.0


class SealingCertificate:
    """The controller of one ConfigMap."""

    def __init__(self, client: Client, keys: SealingKeys, *, namespace: str) -> None:
        self._client = client
        self._keys = keys
        self._namespace = namespace

    async def reconcile(self, _key: Key) -> Outcome:
        """Bring the ConfigMap in line with the keys; raises what the API server answers."""
        data = self._wanted()
        if data is None:
            return Done()  # the certificate of a key that is gone may still be right elsewhere: it is left
        if not await self._is_there(data):
            body: Object = {
                "apiVersion": CONFIG_MAPS.api_version,
                "kind": CONFIG_MAPS.kind,
                "metadata": {
                    "name": NAME,
                    "namespace": self._namespace,
                    "labels": {SEALING_CERTIFICATE_LABEL: TRUE},
                },
                "data": data,
            }
            await self._client.apply(CONFIG_MAPS, self._namespace, NAME, body, manager=STATUS_MANAGER)
            log.info("sealing certificate published", config_map=NAME, fingerprint=data["fingerprint"])
        return Again(_LOOK_AGAIN_SECONDS)

    def _wanted(self) -> dict[str, str] | None:
        certificate, newest = self._keys.certificate(), self._keys.keyring.newest
        if certificate is None or newest is None or newest.certificate is None:
            return None
        due = self._keys.next_renewal
        return {
            "cert.pem": certificate.decode("ascii"),
            "fingerprint": newest.fingerprint,
            "notBefore": format_time(newest.certificate.not_valid_before_utc),
            "notAfter": format_time(newest.certificate.not_valid_after_utc),
            "nextRenewal": format_time(due) if due is not None else "never",
        }

    async def _is_there(self, data: dict[str, str]) -> bool:
        try:
            found = await self._client.get(CONFIG_MAPS, self._namespace, NAME)
        except NotFound:
            return False
        labels = found["metadata"].get("labels") or {}
        return data.items() <= (found.get("data") or {}).items() and labels.get(SEALING_CERTIFICATE_LABEL) == TRUE
