"""A SealedSecret and the keyring become decrypted values, or every reason why not at once.

One failing item means no Secret at all. Items are decrypted in the order of their names; messages and their order are
stable, so a condition built from them does not flap. CPU-bound: some milliseconds for each item with an RSA-4096 key.
Neighbour: ``diagnosis`` explains failures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.diagnosis import Cause, Diagnosis, FailureReason, Identity
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import (
    BadBase64Error,
    DamagedValueError,
    MalformedValueError,
    SealingError,
    UnopenedValueError,
)
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring, Opened
from secrets_operator.sealing.scopes import label, scope_of

_NO_KEY = "no key could decrypt secret"
_NOTHING_REMEMBERED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Decrypted values by item, and the fingerprint of the key that opened each, to try it first next time."""

    data: Mapping[str, SecretBytes]
    opened_by: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one item cannot be unsealed, or (without ``item``) why the whole object cannot."""

    reason: FailureReason
    message: str
    item: str = ""


class UnsealError(SealingError):
    """Some items cannot be unsealed. ``reason`` is for the condition, the message lists all causes."""

    def __init__(self, failures: list[Failure]) -> None:
        """Group the failures by message, with the items in parentheses and one group on each line."""
        super().__init__("\n".join(_grouped(failures)))
        self.failures = tuple(failures)
        self.reason = min((failure.reason for failure in failures), key=list(FailureReason).index)


def unseal(sealed: Object, keyring: Keyring, *, remembered: Mapping[str, str] = _NOTHING_REMEMBERED) -> Unsealed:
    """Decrypt every item of a SealedSecret, trying the remembered fingerprint of each first; UnsealError lists all."""
    failures = list(_unsupported(sealed))
    opened: dict[str, Opened] = {}
    items = _Items(sealed, keyring)
    for item, text in _encrypted_items(sealed, failures):
        result = items.open(item, text, remembered.get(item, ""))
        if isinstance(result, Failure):
            failures.append(result)
        else:
            opened[item] = result
    if failures:
        raise UnsealError(failures)
    return Unsealed(
        data={item: result.value for item, result in opened.items()},
        opened_by={item: result.fingerprint for item, result in opened.items()},
    )


class _Items:
    """Opens the items of one SealedSecret, which share a label, a diagnosis and most often a key."""

    def __init__(self, sealed: Object, keyring: Keyring) -> None:
        own = _identity(section(sealed, "metadata"))
        scope = scope_of(section(sealed, "metadata", "annotations"))
        self._keyring = keyring
        self._label = label(scope, namespace=own.namespace, name=own.name)
        self._diagnosis = Diagnosis(keyring, scope=scope, own=own, template=_template_identity(sealed, own))
        self._last_fingerprint = ""

    def open(self, item: str, text: object, remembered: str) -> Opened | Failure:
        """Decrypt one item or say why not."""
        if not isinstance(text, str):
            return Failure(FailureReason.INVALID_SPEC, "a sealed value must be a string", item)
        try:
            return self._open(decode_base64(text), remembered)
        except BadBase64Error as error:
            return Failure(FailureReason.BAD_BASE64, error.message, item)
        except MalformedValueError as error:
            return Failure(FailureReason.MALFORMED, f"{_NO_KEY}: {error.message}", item)
        except DamagedValueError as error:
            return Failure(FailureReason.DAMAGED, f"{_NO_KEY}: {error.message}", item)
        except UnopenedValueError:
            cause = self._cause_of(text)
            return Failure(cause.reason, f"{_NO_KEY}: {cause.advice}", item)

    def _open(self, value: bytes, remembered: str) -> Opened:
        first = remembered or self._last_fingerprint
        opened = self._keyring.open(value, label=self._label, remembered=first)
        self._last_fingerprint = opened.fingerprint
        return opened

    def _cause_of(self, text: str) -> Cause:
        return self._diagnosis.cause_of(decode_base64(text))


def _encrypted_items(sealed: Object, failures: list[Failure]) -> list[tuple[str, object]]:
    """Return the items sorted by name; a missing or odd ``encryptedData`` is a failure, never an empty Secret."""
    encrypted = section(sealed, "spec").get("encryptedData")
    if isinstance(encrypted, dict):
        return sorted(encrypted.items())
    if not failures:
        message = "spec.encryptedData must be an object of sealed values (it may be empty)"
        failures.append(Failure(FailureReason.INVALID_SPEC, message))
    return []


def _unsupported(sealed: Object) -> Iterator[Failure]:
    """Yield a failure for each part of the spec that would otherwise be ignored."""
    if section(sealed, "spec").get("data") is not None:
        message = "spec.data (a whole Secret in one value) is not supported yet: seal again into spec.encryptedData"
        yield Failure(FailureReason.NOT_SUPPORTED, message)
    if section(sealed, "spec", "template", "data"):
        message = "spec.template.data is not supported yet: seal the finished values into spec.encryptedData"
        yield Failure(FailureReason.NOT_SUPPORTED, message)


def _identity(metadata: Object) -> Identity:
    """Return the object's own identity; InvalidSpec when it has no name or namespace."""
    for field in ("name", "namespace"):
        if not isinstance(metadata.get(field), str) or not metadata[field]:
            raise InvalidSpec("a SealedSecret needs a name and a namespace to be unsealed", field=f"metadata.{field}")
    return Identity(namespace=metadata["namespace"], name=metadata["name"])


def _template_identity(sealed: Object, own: Identity) -> Identity:
    """Return what the template calls the Secret: it never decides, but it hints at what the values were sealed for."""
    metadata = section(sealed, "spec", "template", "metadata")
    return Identity(
        namespace=str(metadata.get("namespace") or own.namespace),
        name=str(metadata.get("name") or own.name),
    )


def _grouped(failures: list[Failure]) -> list[str]:
    """Return one line for each message, sorted; items stay in the order of their names, in which they failed."""
    items: dict[str, list[str]] = {}
    for failure in failures:
        items.setdefault(failure.message, []).append(failure.item)
    return [f"{message} ({', '.join(names)})" if all(names) else message for message, names in sorted(items.items())]
