"""A SealedSecret and the keyring become decrypted values, or every reason why not at once.

One failing item means no Secret at all. An ``Unsealing`` opens items one by one, so that its caller may spread them
over threads: each costs some milliseconds with an RSA-4096 key, and the operation releases the interpreter lock.
Neighbours: ``diagnosis`` explains failures, ``legacy`` reads the old form, ``failures`` has the error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing import legacy
from secrets_operator.sealing.diagnosis import Diagnosis, FailureReason, Identity, mentioned_in
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import (
    BadBase64Error,
    DamagedValueError,
    MalformedValueError,
    UnopenedValueError,
)
from secrets_operator.sealing.facts import readable_facts
from secrets_operator.sealing.failures import Failure, UnsealError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring, Opened
from secrets_operator.sealing.scopes import Scope, label, scope_of

NO_KEY = "no key could decrypt secret"
_NOTHING_REMEMBERED: Mapping[str, str] = MappingProxyType({})
# The one value of the old form has no name of its own.
_WHOLE = ""
# Each value that no key opens costs an operation with every key. After so many of one object nothing is gained by
# trying the others: it fails anyway, and others wait.
_MOST_UNOPENED = 64
# What of its own identity a SealedSecret must have; in a cluster it has both anyway.
_BOUND_TO = {
    Scope.STRICT: ("name", "namespace"),
    Scope.NAMESPACE_WIDE: ("namespace",),
    Scope.CLUSTER_WIDE: (),
}


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Decrypted values by item, and the fingerprint of the key that opened each, to try it first next time."""

    data: Mapping[str, SecretBytes]
    opened_by: Mapping[str, str]
    template: Object
    """What the Secret is besides its data; in the form of ``spec.template``, from wherever the SealedSecret has it."""


@dataclass(frozen=True, slots=True)
class SealedItem:
    """One sealed value by name, as the SealedSecret has it; ``name`` is empty for the one of the old form."""

    name: str
    text: object


@dataclass(frozen=True, slots=True)
class Unopened:
    """No key opens the value under its proper label; the reason is looked for when all items have been tried."""

    item: str
    sealed: bytes


Result = Opened | Unopened | Failure


def unseal(sealed: Object, keyring: Keyring, *, remembered: Mapping[str, str] = _NOTHING_REMEMBERED) -> Unsealed:
    """Decrypt every item of a SealedSecret, trying the remembered fingerprint of each first; UnsealError lists all.

    Templates are not rendered. Raises InvalidSpec for an object of another form.
    """
    unsealing = Unsealing(sealed, keyring, remembered=remembered)
    return unsealing.finish({item.name: unsealing.open(item) for item in unsealing.items})


class Unsealing:
    """Opens the items of one SealedSecret, which share a label, a diagnosis and most often a key."""

    def __init__(
        self,
        sealed: Object,
        keyring: Keyring,
        *,
        remembered: Mapping[str, str] = _NOTHING_REMEMBERED,
        accept_legacy: bool = True,
    ) -> None:
        """Read the object; InvalidSpec when it has no identity, UnsealError when its form as a whole is refused."""
        self._sealed = sealed
        self._keyring = keyring
        self._remembered = remembered
        self._own = identity_of(sealed)
        self._scope = scope_of(section(sealed, "metadata", "annotations"))
        self._label = label(self._scope, namespace=self._own.namespace, name=self._own.name)
        self._last_fingerprint = ""
        self._unopened = 0
        self.is_legacy = legacy.is_legacy(section(sealed, "spec"))
        self.items = tuple(_legacy_items(sealed, accepted=accept_legacy) if self.is_legacy else _items(sealed))

    @property
    def scope(self) -> Scope:
        """Return the scope that the object declares."""
        return self._scope

    def open(self, item: SealedItem) -> Result:
        """Decrypt one item or say why not; may be called from several threads at once."""
        if not isinstance(item.text, str):
            return Failure(FailureReason.INVALID_SPEC, "a sealed value must be a string", item.name)
        try:
            sealed = decode_base64(item.text)
        except BadBase64Error as error:
            return Failure(FailureReason.BAD_BASE64, error.message, item.name)
        if self._unopened >= _MOST_UNOPENED:
            message = f"not tried, since no key could decrypt {_MOST_UNOPENED} others"
            return Failure(FailureReason.NO_KEY, message, item.name)
        try:
            return self._open(item.name, sealed)
        except MalformedValueError as error:
            return Failure(FailureReason.MALFORMED, f"{NO_KEY}: {error.message}", item.name)
        except DamagedValueError as error:
            return Failure(FailureReason.DAMAGED, f"{NO_KEY}: {error.message}", item.name)
        except UnopenedValueError:
            self._unopened += 1
            return Unopened(item.name, sealed)

    def finish(self, results: Mapping[str, Result]) -> Unsealed:
        """Return the values; UnsealError lists every failure, diagnosed by some more private-key operations."""
        failures = self.failures(results.values())
        if failures:
            raise UnsealError(failures)
        opened = {item: result for item, result in results.items() if isinstance(result, Opened)}
        data: Mapping[str, SecretBytes] = {item: result.value for item, result in opened.items()}
        template = section(self._sealed, "spec", "template")
        if self.is_legacy:
            data, template = _unpacked(data[_WHOLE])
        opened_by = {item: result.fingerprint for item, result in opened.items()}
        return Unsealed(data=data, opened_by=opened_by, template=template)

    def failures(self, results: Iterable[Result]) -> list[Failure]:
        """Return why items did not open, diagnosed, in the order of the results."""
        failed = [result for result in results if not isinstance(result, Opened)]
        if not failed:
            return []
        diagnosis = Diagnosis(
            self._keyring, scope=self._scope, own=self._own, mentioned=mentioned_in(self._sealed, self._own)
        )
        facts = readable_facts(section(self._sealed, "metadata", "annotations"))
        recorded = {item: one.certificate for item, one in facts.items.items()} if facts else {}
        return [
            _diagnosed(result, diagnosis, recorded.get(result.item, "")) if isinstance(result, Unopened) else result
            for result in failed
        ]

    def _open(self, item: str, sealed: bytes) -> Opened:
        first = self._remembered.get(item) or self._last_fingerprint
        opened = self._keyring.open(sealed, label=self._label, remembered=first)
        self._last_fingerprint = opened.fingerprint
        return opened


def identity_of(sealed: Object) -> Identity:
    """Return the object's own identity; InvalidSpec when it lacks a name or namespace that its values are bound to."""
    metadata = section(sealed, "metadata")
    for field in _BOUND_TO[scope_of(section(sealed, "metadata", "annotations"))]:
        if not isinstance(metadata.get(field), str) or not metadata[field]:
            raise InvalidSpec("a SealedSecret needs a name and a namespace to be unsealed", field=f"metadata.{field}")
    return Identity(namespace=str(metadata.get("namespace") or ""), name=str(metadata.get("name") or ""))


def _items(sealed: Object) -> list[SealedItem]:
    """Return the items sorted by name; a missing or odd ``encryptedData`` is a failure, never an empty Secret."""
    encrypted = section(sealed, "spec").get("encryptedData")
    if not isinstance(encrypted, dict):
        message = "spec.encryptedData must be an object of sealed values (it may be empty)"
        raise UnsealError([Failure(FailureReason.INVALID_SPEC, message)])
    return [SealedItem(name, text) for name, text in sorted(encrypted.items())]


def _legacy_items(sealed: Object, *, accepted: bool) -> list[SealedItem]:
    """Return the one value of the old form."""
    spec = section(sealed, "spec")
    if not accepted:
        raise UnsealError([Failure(FailureReason.INVALID_SPEC, legacy.TURNED_OFF)])
    if spec.get("encryptedData"):
        raise UnsealError([Failure(FailureReason.INVALID_SPEC, legacy.BOTH_FORMS)])
    return [SealedItem(_WHOLE, spec["data"])]


def _unpacked(whole: SecretBytes) -> tuple[dict[str, SecretBytes], Object]:
    """Return the values and the template of the Secret inside the old form."""
    try:
        secret = legacy.inner_secret(whole)
        return legacy.inner_data(secret), legacy.inner_template(secret)
    except MalformedValueError as error:
        raise UnsealError([Failure(FailureReason.MALFORMED, error.message)]) from None


def _diagnosed(result: Unopened, diagnosis: Diagnosis, recorded: str) -> Failure:
    cause = diagnosis.cause_of(result.sealed, recorded=recorded)
    return Failure(cause.reason, f"{NO_KEY}: {cause.advice}", result.item)
