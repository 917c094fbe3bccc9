"""Holds the active sealing keys as the cluster has them, and makes new ones.

Keys are Secrets in the operator's namespace. A Secret that holds no usable key is skipped: it must not keep the others
from opening what they can. Replicas that want a new key at the same time make one: its name follows from the keys there
are. Neighbour: ``sealing_key_renewal`` decides when.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.clock import Clock
from secrets_operator.errors import NotFound
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import AlreadyExists
from secrets_operator.kube.resources import SECRETS
from secrets_operator.planning.sealing_key_schedule import KeySchedule
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest, successor_name
from secrets_operator.sealing.keyring import KeyOrder, Keyring
from secrets_operator.sealing.stored_keys import StoredKey, active_keys, keys_by_age, stored_key
from secrets_operator.settings import Settings

log = structlog.get_logger(__name__)


class SealingKeys:
    """The keyring of the moment."""

    def __init__(
        self, client: Client, *, settings: Settings, clock: Clock, blocking: Blocking, operated: Callable[[], None]
    ) -> None:
        """Call ``operated`` before each private-key operation, from the thread it happens in."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._blocking = blocking
        self._operated = operated
        self._schedule = KeySchedule(settings.sealing_key_renew_period, settings.sealing_key_cutoff)
        self._keyring = Keyring()
        self._stored: tuple[StoredKey, ...] = ()

    @property
    def keyring(self) -> Keyring:
        """The keys that are active now."""
        return self._keyring

    def fingerprints(self) -> frozenset[str]:
        """Return the fingerprints of the keys that are active now."""
        return frozenset(key.fingerprint for key in self._keyring.keys)

    def certificate(self) -> bytes | None:
        """Return the PEM certificate to seal with: the newest key's; None when there is no key."""
        newest = self._keyring.newest
        return newest.certificate.public_bytes(Encoding.PEM) if newest and newest.certificate else None

    @property
    def stored(self) -> tuple[StoredKey, ...]:
        """The key Secrets, usable or not, oldest first."""
        return self._stored

    @property
    def next_renewal(self) -> datetime | None:
        """When the next key is to be made, which may have passed; None when never."""
        return self._due(self._keyring)

    def load(self, stored: Iterable[StoredKey]) -> bool:
        """Take the key Secrets the cluster has; return whether other keys are active than before."""
        before = self.fingerprints()
        self._stored = tuple(keys_by_age(stored))
        self._keyring = Keyring(active_keys(self._stored), operated=self._operated)
        after = self.fingerprints()
        for fingerprint in sorted(after - before):
            log.info("sealing key registered", fingerprint=fingerprint)
        for fingerprint in sorted(before - after):
            log.warning("a sealing key is not active any more", fingerprint=fingerprint)
        return after != before

    async def renew(self) -> bool:
        """Make a key if one is due, also by the keys the cluster has now; return whether this replica made one.

        The watch brings it back. Raises what the API server answers.
        """
        return await self.add(self._is_due)

    def _is_due(self, keyring: Keyring) -> bool:
        due = self._due(keyring)
        return due is not None and due <= self._clock.now()

    def _due(self, keyring: Keyring) -> datetime | None:
        newest = keyring.newest
        return self._schedule.due(newest.ordered_at if newest else None, now=self._clock.now())

    async def add(self, is_wanted: Callable[[Keyring], bool]) -> bool:
        """Make one more key if ``is_wanted`` says so of the keys that the cluster has now; return whether it was made.

        However many replicas do this at the same time, one key is made. Raises what the API server answers.
        """
        known = await self._key_secrets()
        if not is_wanted(Keyring(active_keys(map(self.project, known)))):
            return False
        generate = partial(
            generate_key,
            bits=self._settings.sealing_key_bits,
            ttl=self._settings.sealing_key_lifetime,
            now=self._clock.now(),
            common_name=self._settings.sealing_key_common_name,
            random=secrets.token_bytes,
        )
        return await self._store(await self._blocking.run(generate), {one["metadata"]["uid"] for one in known})

    def project(self, secret: Object) -> StoredKey:
        """Return what is known of a key Secret."""
        order = KeyOrder(self._settings.sealing_key_order)
        return stored_key(secret, order=order, legacy_name=self._settings.sealing_key_prefix)

    async def _key_secrets(self) -> list[Object]:
        """Return the labelled Secrets, and the one with the name of the first versions of Sealed Secrets."""
        namespace, legacy = self._settings.namespace, self._settings.sealing_key_prefix
        listed = await self._client.list(SECRETS, namespace, label_selector=SEALING_KEY_LABEL)
        labelled: list[Object] = listed["items"]
        try:
            return [*labelled, await self._client.get(SECRETS, namespace, legacy)]
        except NotFound:
            return labelled

    async def _store(self, key: GeneratedKey, known: set[str]) -> bool:
        """Create the Secret of a key that follows the keys with the uids ``known``; False when another replica did."""
        namespace = self._settings.namespace
        while True:
            name = successor_name(self._settings.sealing_key_prefix, known)
            manifest = key_secret_manifest(
                key,
                namespace=namespace,
                name=name,
                labels=dict(self._settings.sealing_key_labels),
                annotations=dict(self._settings.sealing_key_annotations),
            )
            try:
                await self._client.create(SECRETS, namespace, manifest)
            except AlreadyExists:
                found = (await self._client.get(SECRETS, namespace, name))["metadata"]
                if SEALING_KEY_LABEL in (found.get("labels") or {}):
                    return False
                # A former key without its label, or somebody's Secret: every replica steps aside in the same way.
                known = known | {found["uid"]}
            else:
                log.info("sealing key generated", secret=name)
                return True
