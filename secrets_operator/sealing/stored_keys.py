"""What is known of each key Secret, usable or not: for the operator, its metrics, and those who look after the keys.

A Secret counts when its key label is ``active``, or when it has no such label and the name that the first versions of
Sealed Secrets used. Of keys that do not count the private half is not kept. Neighbour: ``key_secrets`` reads the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509

from secrets_operator.flow import Object
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.errors import KeySecretError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.key_secrets import ACTIVE, parse_key_secret
from secrets_operator.sealing.keyring import KeyOrder, Keyring, SealingKey


class KeyState(StrEnum):
    """What a key is good for."""

    NEWEST = "newest"
    """It seals, and opens what it sealed."""

    OLD = "old"
    """It opens what it sealed."""

    COMPROMISED = "compromised"
    """Its label is not ``active``: it opens nothing."""

    UNUSABLE = "unusable"
    """Its Secret holds no usable key."""

    MISSING = "missing"
    """Values were sealed with it, and there is no Secret with it."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key Secret; ``fault`` says why it holds no usable key, and then there is no fingerprint."""

    secret_name: str
    uid: str
    created: str
    """``creationTimestamp`` as the API server has it."""

    is_active: bool
    fingerprint: str = ""
    certificate: x509.Certificate | None = field(default=None, repr=False)
    key: SealingKey | None = field(default=None, repr=False)
    fault: str = ""


def stored_key(secret: Object, *, order: KeyOrder, legacy_name: str) -> StoredKey:
    """Project a Secret that is labelled as a sealing key or bears the legacy name; never raises for what it holds."""
    metadata = section(secret, "metadata")
    label = section(metadata, "labels").get(SEALING_KEY_LABEL)
    known = StoredKey(
        secret_name=str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        created=str(metadata.get("creationTimestamp", "")),
        is_active=label == ACTIVE or (label is None and metadata.get("name") == legacy_name),
    )
    try:
        key = parse_key_secret(secret, order=order)
    except KeySecretError as error:
        return replace(known, fault=str(error))
    return replace(
        known, fingerprint=key.fingerprint, certificate=key.certificate, key=key if known.is_active else None
    )


def keys_by_age(stored: Iterable[StoredKey]) -> list[StoredKey]:
    """Return the Secrets in the order in which they were created, each once, as all replicas and restarts see it."""
    return sorted({one.secret_name: one for one in stored}.values(), key=lambda one: (one.created, one.secret_name))


def active_keys(stored: Iterable[StoredKey]) -> list[SealingKey]:
    """Return the keys that open values, in the order of :func:`keys_by_age`."""
    return [one.key for one in keys_by_age(stored) if one.key is not None]


def state_of(stored: StoredKey, newest: str) -> KeyState:
    """Return what a key is good for; ``newest`` is the fingerprint of the key that seals."""
    if stored.fault:
        return KeyState.UNUSABLE
    if not stored.is_active:
        return KeyState.COMPROMISED
    return KeyState.NEWEST if stored.fingerprint == newest else KeyState.OLD


def newest_of(stored: Iterable[StoredKey]) -> SealingKey | None:
    """Return the key that seals, or None."""
    return Keyring(active_keys(stored)).newest


@dataclass(frozen=True, slots=True)
class KeyReport:
    """One key with what is still under it; without a Secret for one that is only remembered."""

    state: KeyState
    fingerprint: str
    stored: StoredKey | None
    items: int
    objects: int


def key_reports(
    stored: Iterable[StoredKey], *, newest: str, items: Mapping[str, int], objects: Mapping[str, int]
) -> list[KeyReport]:
    """Return a report on each key Secret, as the keys were made one after the other, and on each that is missing.

    ``newest`` is the fingerprint of the key that seals; ``items`` and ``objects`` count by fingerprint.
    """
    known = sorted(keys_by_age(stored), key=_made)
    gone = sorted(items.keys() - {one.fingerprint for one in known})
    rows = [(state_of(one, newest), one.fingerprint, one) for one in known]
    missing = [(KeyState.MISSING, fingerprint, None) for fingerprint in gone]
    return [
        KeyReport(state, fingerprint, one, items.get(fingerprint, 0), objects.get(fingerprint, 0))
        for state, fingerprint, one in [*rows, *missing]
    ]


def _made(stored: StoredKey) -> datetime:
    return stored.certificate.not_valid_before_utc if stored.certificate else datetime.max.replace(tzinfo=UTC)
