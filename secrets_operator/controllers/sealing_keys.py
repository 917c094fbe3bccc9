"""Holds the active sealing keys as the cluster has them, and makes new ones.

Keys are Secrets in the operator's namespace. A Secret that holds no usable key is reported and skipped: it must not
keep the others from opening what they can. Replicas that want a new key at the same time make one: its name follows
from the keys there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import partial

import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.clock import Clock
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import AlreadyExists
from secrets_operator.kube.resources import SECRETS
from secrets_operator.sealing.errors import KeySecretError
from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import (
    ACTIVE,
    KEY_LABEL,
    key_secret_manifest,
    parse_key_secret,
    successor_name,
)
from secrets_operator.sealing.keyring import KeyOrder, Keyring, SealingKey
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
        self._keyring = Keyring()

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

    def load(self, keys: Iterable[SealingKey | None]) -> bool:
        """Take the keys the cluster has; return whether the keyring changed."""
        before = self.fingerprints()
        self._keyring = Keyring((key for key in keys if key is not None), operated=self._operated)
        return self.fingerprints() != before

    async def ensure(self) -> None:
        """Make a key when there is none; the watch brings it back. Raises what the API server answers."""
        if self._keyring.newest is None:
            await self.add(lambda keyring: keyring.newest is None)

    async def add(self, is_wanted: Callable[[Keyring], bool]) -> bool:
        """Make one more key if ``is_wanted`` says so of the keys that the cluster has now; return whether it was made.

        However many replicas do this at the same time, one key is made. Raises what the API server answers.
        """
        namespace = self._settings.namespace
        known: list[Object] = (await self._client.list(SECRETS, namespace, label_selector=KEY_LABEL))["items"]
        if not is_wanted(self._active(known)):
            return False
        generate = partial(
            generate_key,
            bits=self._settings.sealing_key_bits,
            ttl=self._settings.sealing_key_lifetime,
            now=self._clock.now(),
            common_name="",
            random=secrets.token_bytes,
        )
        return await self._store(await self._blocking.run(generate), {one["metadata"]["uid"] for one in known})

    def _active(self, found: Iterable[Object]) -> Keyring:
        order = KeyOrder(self._settings.sealing_key_order)
        active = (one for one in found if one["metadata"]["labels"][KEY_LABEL] == ACTIVE)
        parsed = (sealing_key(one, order=order) for one in active)
        return Keyring(key for key in parsed if key is not None)

    async def _store(self, key: GeneratedKey, known: set[str]) -> bool:
        """Create the Secret of a key that follows the keys with the uids ``known``; False when another replica did."""
        namespace = self._settings.namespace
        while True:
            name = successor_name(self._settings.sealing_key_prefix, known)
            try:
                await self._client.create(SECRETS, namespace, key_secret_manifest(key, namespace=namespace, name=name))
            except AlreadyExists:
                found = (await self._client.get(SECRETS, namespace, name))["metadata"]
                if KEY_LABEL in (found.get("labels") or {}):
                    return False
                # A former key without its label, or somebody's Secret: every replica steps aside in the same way.
                known = known | {found["uid"]}
            else:
                log.info("sealing key generated", secret=name)
                return True


def sealing_key(secret: Object, *, order: KeyOrder) -> SealingKey | None:
    """Project a key Secret for the watch: the parsed key, or None (and a line in the log) when it holds none."""
    try:
        return parse_key_secret(secret, order=order)
    except KeySecretError as error:
        log.warning("a sealing key was skipped", secret=secret["metadata"]["name"], error=str(error))
        return None
