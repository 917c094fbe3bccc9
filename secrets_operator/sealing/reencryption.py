"""Is a sealed value under the newest key, and what it is once it is: the decision for one item, and its new text.

A value does not name its key. What opens it tells, and where no key at hand opens it, the recorded facts do. A record
that a key contradicts counts for nothing: files are merged by hand. CPU-bound, some milliseconds a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.diagnosis import Diagnosis, FailureReason, Identity, mentioned_in
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import SealingError, UnopenedValueError
from secrets_operator.sealing.hybrid import Random
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.legacy import BOTH_FORMS, inner_data, inner_secret, inner_template
from secrets_operator.sealing.seal import seal_value
from secrets_operator.sealing.sealed_documents import SealedDocument


class ItemState(StrEnum):
    """What is known of one item."""

    CURRENT = "current"
    """Under the newest key."""
    OUTDATED = "outdated"
    """Under an older key."""
    UNKNOWN = "unknown"
    """No key at hand opens it and nothing is recorded: perhaps it is under the newest key, perhaps it is lost."""
    FAILED = "failed"
    """It will not be opened by the cluster either."""


OLD_FORM = "spec.data holds a whole Secret in one value"


@dataclass(frozen=True, slots=True)
class NewForm:
    """What becomes of the old form: the items of the Secret that was sealed whole, and its template."""

    items: Mapping[str, str] = field(repr=False)
    template: Object


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one item, why, and its text under the newest key if it was re-encrypted.

    The old form has an empty item and instead of a text its new form.
    """

    item: str
    state: ItemState
    reason: str = ""
    text: str = field(default="", repr=False)
    new_form: NewForm | None = None


@dataclass(frozen=True, slots=True)
class Reencryption:
    """The keys at hand and the public key that everything shall be under."""

    keyring: Keyring
    public_key: rsa.RSAPublicKey = field(repr=False)
    fingerprint: str
    random: Random
    namespace: str = ""
    """For objects that name none."""

    def verdict(self, document: SealedDocument, item: str, *, seal: bool) -> Verdict:
        """Return the state of an item and, if ``seal`` is set and it is outdated, its new text."""
        text = document.sealed_values[item]
        if not isinstance(text, str):
            return Verdict(item, ItemState.FAILED, "a sealed value must be a string")
        if not item and document.items:
            return Verdict(item, ItemState.FAILED, BOTH_FORMS)
        if not len(self.keyring):
            return by_record(document, item, newest=self.fingerprint)
        try:
            return self._by_key(document, item, text, seal=seal)
        except UnopenedValueError:
            return self._unopened(document, item, decode_base64(text))
        except SealingError as error:
            return Verdict(item, ItemState.FAILED, error.message)

    def _by_key(self, document: SealedDocument, item: str, text: str, *, seal: bool) -> Verdict:
        bound_to = document.bound_to(self.namespace)
        opened = self.keyring.open(decode_base64(text), label=bound_to, remembered=recorded_key(document, item))
        if not item:
            return self._converted(opened.value, bound_to, seal=seal)
        if opened.fingerprint == self.fingerprint:
            return Verdict(item, ItemState.CURRENT)
        sealed = seal_value(self.public_key, opened.value, label=bound_to, random=self.random) if seal else ""
        return Verdict(item, ItemState.OUTDATED, f"it is under {opened.fingerprint}", sealed)

    def _converted(self, whole: SecretBytes, bound_to: bytes, *, seal: bool) -> Verdict:
        """Return the verdict on the old form: always outdated, with its items sealed if ``seal`` is set."""
        secret = inner_secret(whole)
        values, template = inner_data(secret), inner_template(secret)
        if not values:
            return Verdict("", ItemState.FAILED, "the Secret in it has no data")
        items = {
            name: seal_value(self.public_key, value, label=bound_to, random=self.random)
            for name, value in (values.items() if seal else ())
        }
        return Verdict("", ItemState.OUTDATED, OLD_FORM, new_form=NewForm(items, template) if seal else None)

    def _unopened(self, document: SealedDocument, item: str, sealed: bytes) -> Verdict:
        cause = self._diagnosis(document).cause_of(sealed)
        if cause.reason is not FailureReason.NO_KEY or self._holds_newest():
            return Verdict(item, ItemState.FAILED, cause.advice)
        if recorded_key(document, item) == self.fingerprint:
            return Verdict(item, ItemState.CURRENT)
        return Verdict(item, ItemState.UNKNOWN, "no given key opens it, and nothing records that the newest does")

    def _holds_newest(self) -> bool:
        return any(key.fingerprint == self.fingerprint for key in self.keyring.keys)

    def _diagnosis(self, document: SealedDocument) -> Diagnosis:
        own = Identity(namespace=document.namespace or self.namespace, name=document.name)
        return Diagnosis(self.keyring, scope=document.scope, own=own, mentioned=mentioned_in(document.body, own))


def by_record(document: SealedDocument, item: str, *, newest: str) -> Verdict:
    """Return what the recorded facts alone say of an item."""
    if not item:
        return Verdict(item, ItemState.OUTDATED, OLD_FORM)
    recorded = recorded_key(document, item)
    if recorded == newest:
        return Verdict(item, ItemState.CURRENT)
    if recorded:
        return Verdict(item, ItemState.OUTDATED, f"it is under {recorded}")
    return Verdict(item, ItemState.UNKNOWN, "nothing records its key")


def recorded_key(document: SealedDocument, item: str) -> str:
    """Return the fingerprint of the key that the recorded facts name for an item, empty when they name none."""
    facts = document.facts
    sealing = facts.items.get(item) if facts else None
    return sealing.certificate if sealing else ""
