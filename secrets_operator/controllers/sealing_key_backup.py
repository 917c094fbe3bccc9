"""Keeps a backup of all sealing keys in a ConfigMap, encrypted to somebody outside, so that none is without the newest.

Only where a recipient is set. The backup is that of ``keys backup --certificate``: it opens with a private key that
the cluster does not have. It is written when keys come or go and when somebody changes it, and looked at once an hour.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.clock import Clock
from secrets_operator.errors import NotFound
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Again, Done, Key, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import CONFIG_MAPS, SECRETS
from secrets_operator.planning.marks import STATUS_MANAGER
from secrets_operator.planning.refresh import format_time, parse_time
from secrets_operator.reporting.sealing_key_metrics import BackupTimes
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.certificates import first_certificate, rsa_public_key
from secrets_operator.sealing.key_backups import plain_backup, sealed_backup
from secrets_operator.sealing.keyring import KeyOrder, fingerprint
from secrets_operator.sealing.stored_keys import stored_key
from secrets_operator.settings import Settings

log = structlog.get_logger(__name__)

NAME = "secrets-operator-sealing-key-backup"
KEY = Key("SealingKeyBackup", "", NAME)
"""What is queued to have the backup looked at."""
_LOOK_AGAIN_SECONDS = 3600.0
_FILE = "backup.json"


@dataclass(frozen=True, slots=True)
class _Keys:
    """The Secrets that hold a key, and the fingerprints of these."""

    secrets: tuple[Object, ...]
    fingerprints: tuple[str, ...]


class SealingKeyBackup:
    """The controller of one ConfigMap."""

    def __init__(self, client: Client, *, settings: Settings, clock: Clock, blocking: Blocking) -> None:
        """Encrypt to the certificate that the settings have; CertificateError when that is none of an RSA key."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._blocking = blocking
        pem = settings.sealing_key_backup_certificate
        self._recipient = rsa_public_key(first_certificate(pem.encode())) if pem else None
        self._times = BackupTimes()

    def times(self) -> BackupTimes | None:
        """Return when the backup was made and seen to be complete; None where none is kept."""
        return self._times if self._recipient is not None else None

    async def reconcile(self, _key: Key) -> Outcome:
        """Bring the backup in line with the keys; raises what the API server answers."""
        if self._recipient is None:
            return Done()
        recipient = fingerprint(self._recipient)
        found = await self._secrets()
        keys = await self._blocking.run(partial(self._usable, found))
        if recipient in keys.fingerprints:
            log.error("sealing keys are not backed up: the recipient is one of them, who would be lost with the others")
            return Again(_LOOK_AGAIN_SECONDS)
        known = {"recipient": recipient, "keys": "\n".join(keys.fingerprints)}
        made = await self._made(known) if keys.secrets else None
        if keys.secrets and made is None:
            await self._write(known, await self._blocking.run(partial(self._sealed, self._recipient, keys)))
            made = self._clock.now()
        self._times = BackupTimes(made, self._clock.now())
        return Again(_LOOK_AGAIN_SECONDS)

    async def _secrets(self) -> list[Object]:
        """Return the key Secrets, retired ones too, and the one that counts by its name."""
        namespace, prefix = self._settings.namespace, self._settings.sealing_key_prefix
        found: list[Object] = (await self._client.list(SECRETS, namespace, label_selector=SEALING_KEY_LABEL))["items"]
        try:
            by_name = await self._client.get(SECRETS, namespace, prefix)
        except NotFound:
            return found
        return found if SEALING_KEY_LABEL in (by_name["metadata"].get("labels") or {}) else [*found, by_name]

    def _usable(self, found: list[Object]) -> _Keys:
        order, prefix = KeyOrder(self._settings.sealing_key_order), self._settings.sealing_key_prefix
        pairs = [(stored_key(secret, order=order, legacy_name=prefix), secret) for secret in found]
        known = {one.fingerprint: secret for one, secret in pairs if not one.fault}
        return _Keys(tuple(known.values()), tuple(sorted(known)))

    def _sealed(self, recipient: rsa.RSAPublicKey, keys: _Keys) -> str:
        plain = plain_backup(keys.secrets)
        now = self._clock.now()
        return sealed_backup(plain, recipient, keys=keys.fingerprints, now=now, random=secrets.token_bytes).decode()

    async def _made(self, known: dict[str, str]) -> datetime | None:
        """Return when the backup was made that holds what is ``known``; None when there is none, or it was changed."""
        try:
            found = await self._client.get(CONFIG_MAPS, self._settings.namespace, NAME)
        except NotFound:
            return None
        data = found.get("data") or {}
        whole = data.get("sha256") == _digest(str(data.get(_FILE, "")))
        return parse_time(data.get("created")) if whole and known.items() <= data.items() else None

    async def _write(self, known: dict[str, str], backup: str) -> None:
        data = {**known, _FILE: backup, "sha256": _digest(backup), "created": format_time(self._clock.now())}
        body: Object = {
            "apiVersion": CONFIG_MAPS.api_version,
            "kind": CONFIG_MAPS.kind,
            "metadata": {"name": NAME, "namespace": self._settings.namespace},
            "data": data,
        }
        await self._client.apply(CONFIG_MAPS, self._settings.namespace, NAME, body, manager=STATUS_MANAGER)
        log.info("sealing keys backed up", config_map=NAME, recipient=known["recipient"])


def _digest(backup: str) -> str:
    """Return a digest of the encrypted text, by which a change of it is noticed."""
    return hashlib.sha256(backup.encode()).hexdigest()
