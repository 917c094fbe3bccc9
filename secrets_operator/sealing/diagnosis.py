"""Why no key opens a value: another scope, another name, another namespace, or a key that is not here.

Works by opening the value under the other labels it may have been sealed with and forgetting the plaintext at once.
Runs only after a failure, and only for a bounded number of RSA operations. Neighbour: ``unseal``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from secrets_operator.flow import Object
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.errors import DamagedValueError, UnopenedValueError
from secrets_operator.sealing.facts import readable_facts
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.scopes import Scope, label, scope_annotations

# An RSA-4096 operation takes some milliseconds, and an object may hold hundreds of items.
_RSA_OPERATIONS = 64
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class FailureReason(StrEnum):
    """Reasons of the ``Synced`` condition; with several, the first in this order is shown."""

    INVALID_SPEC = "InvalidSpec"
    BAD_BASE64 = "BadBase64"
    MALFORMED = "MalformedValue"
    DAMAGED = "DamagedValue"
    SCOPE_MISMATCH = "ScopeMismatch"
    NAMESPACE_MISMATCH = "NamespaceMismatch"
    NAME_MISMATCH = "NameMismatch"
    NO_KEY = "NoKey"
    TEMPLATE_ERROR = "TemplateError"


@dataclass(frozen=True, slots=True)
class Identity:
    """The name and namespace of an object, as far as known."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason with a sentence that says what to do about it."""

    reason: FailureReason
    advice: str


@dataclass(frozen=True, slots=True)
class _Guess:
    """A label the value may have been sealed with, and what it would mean."""

    label: bytes
    cause: Cause


class Diagnosis:
    """Finds causes for the items of one SealedSecret; what explained the last item is tried first for the next."""

    def __init__(self, keyring: Keyring, *, scope: Scope, own: Identity, mentioned: Sequence[Identity]) -> None:
        """Take the object's own identity and the others that it mentions."""
        used = label(scope, namespace=own.namespace, name=own.name)
        # Written backwards because of equal labels the first, simplest explanation must stay.
        guesses = {guess.label: guess for guess in reversed(list(_guesses(own, mentioned))) if guess.label != used}
        self._keyring = keyring
        self._guesses = list(reversed(guesses.values()))
        self._budget = _RSA_OPERATIONS

    def cause_of(self, sealed: bytes, *, recorded: str = "") -> Cause:
        """Return the likely cause for a value that no key opened under its proper label.

        ``recorded`` is the fingerprint of its key by the record of the sealing: a hint, which decides nothing.
        """
        keys = self._keyring.fitting(sealed)
        for guess in self._guesses if keys else ():
            if self._explains(guess, sealed, keys):
                self._guesses.sort(key=lambda other: other is not guess)
                return guess.cause
        if self._is_missing(recorded):
            return Cause(FailureReason.NO_KEY, f"by its record it was sealed with {recorded}, which is not here")
        if not keys:
            return _no_key_of_that_size(self._keyring, hybrid.wrapped_key_bytes(sealed))
        return Cause(
            FailureReason.NO_KEY, "it was sealed with a key that is not here, or for another name or namespace"
        )

    def _is_missing(self, recorded: str) -> bool:
        """Tell whether a key is named and is none of those here; without any at all that is what is said."""
        here = {key.fingerprint for key in self._keyring.keys}
        return bool(here and _FINGERPRINT.fullmatch(recorded) and recorded not in here)

    def _explains(self, guess: _Guess, sealed: bytes, keys: list[SealingKey]) -> bool:
        """Tell whether some key opens the value under the guessed label."""
        for key in keys[: self._budget]:
            self._budget -= 1
            try:
                self._keyring.open_with(key, sealed, label=guess.label)
            except UnopenedValueError:
                continue
            except DamagedValueError:
                return True
            return True
        return False


def mentioned_in(sealed: Object, own: Identity) -> list[Identity]:
    """Return what a SealedSecret may have been sealed for besides its own identity.

    The template's name and namespace, which people forget when they rename, and those of the record of the sealing.
    """
    found = [section(sealed, "spec", "template", "metadata")]
    facts = readable_facts(section(sealed, "metadata", "annotations"))
    if facts is not None:
        found.append({"name": facts.name, "namespace": facts.namespace})
    return [Identity(str(one.get("namespace") or own.namespace), str(one.get("name") or own.name)) for one in found]


def _guesses(own: Identity, mentioned: Sequence[Identity]) -> Iterator[_Guess]:
    """Yield the labels worth trying: the object's other scopes, then other names and namespaces."""
    names = dict.fromkeys([own.name, *(one.name for one in mentioned)])
    for scope in (Scope.CLUSTER_WIDE, Scope.NAMESPACE_WIDE, Scope.STRICT):
        yield _Guess(label(scope, namespace=own.namespace, name=own.name), _other_scope(scope))
    for namespace in dict.fromkeys([own.namespace, *(one.namespace for one in mentioned)]):
        for name in names:
            reason = FailureReason.NAME_MISMATCH if namespace == own.namespace else FailureReason.NAMESPACE_MISMATCH
            advice = f"it was sealed with scope strict for {namespace}/{name}, not for {own.namespace}/{own.name}"
            yield _Guess(label(Scope.STRICT, namespace=namespace, name=name), Cause(reason, advice))
        advice = f"it was sealed with scope namespace-wide for namespace {namespace}, not for {own.namespace}"
        guess = label(Scope.NAMESPACE_WIDE, namespace=namespace, name=own.name)
        yield _Guess(guess, Cause(FailureReason.NAMESPACE_MISMATCH, advice))


def _other_scope(scope: Scope) -> Cause:
    """Return the cause that names the scope the value was sealed with."""
    remedy = "remove the scope annotations of the SealedSecret"
    for annotation, value in scope_annotations(scope).items():
        remedy = f'annotate the SealedSecret with {annotation}: "{value}"'
    return Cause(FailureReason.SCOPE_MISMATCH, f"it was sealed with scope {scope}: {remedy}")


def _no_key_of_that_size(keyring: Keyring, size: int) -> Cause:
    """Return the cause for a value whose key cannot be among those at hand."""
    if not len(keyring):
        return Cause(FailureReason.NO_KEY, "there is no sealing key here")
    if size < 128:  # a thousand bits: no tool seals with less
        return Cause(FailureReason.MALFORMED, "it is no sealed value: seal it again")
    return Cause(FailureReason.NO_KEY, f"it was sealed with an RSA-{size * 8} key, and there is none of that size here")
