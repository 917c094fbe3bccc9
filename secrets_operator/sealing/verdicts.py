"""Does a SealedSecret open, and with which key each of its values? By trial decryption; no template is rendered.

Plaintexts are forgotten at once. Rendering templates on somebody's request would tell plaintexts bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.flow import Object
from secrets_operator.sealing.failures import UnsealError
from secrets_operator.sealing.keyring import Keyring, Opened
from secrets_operator.sealing.unseal import Unsealing


@dataclass(frozen=True, slots=True)
class Verdict:
    """One value: the fingerprint of the key that opens it, or the reason and a message why none does."""

    item: str
    key: str = ""
    reason: str = ""
    message: str = ""

    @property
    def opens(self) -> bool:
        """Tell whether some key opens it."""
        return bool(self.key)


def opens(sealed: Object, keyring: Keyring) -> bool:
    """Tell whether every value opens; stops at the first that does not. InvalidSpec for an object of another form."""
    try:
        unsealing = Unsealing(sealed, keyring)
    except UnsealError:
        return False
    return all(isinstance(unsealing.open(item), Opened) for item in unsealing.items)


def verdicts(sealed: Object, keyring: Keyring) -> list[Verdict]:
    """Return a verdict on each value; one without item on an object whose form is refused. InvalidSpec as above."""
    try:
        unsealing = Unsealing(sealed, keyring)
    except UnsealError as error:
        return [Verdict(failure.item, reason=failure.reason, message=failure.message) for failure in error.failures]
    results = {item.name: unsealing.open(item) for item in unsealing.items}
    failures = {failure.item: failure for failure in unsealing.failures(results.values())}
    return [
        Verdict(item, key=result.fingerprint)
        if isinstance(result, Opened)
        else Verdict(item, reason=failures[item].reason, message=failures[item].message)
        for item, result in results.items()
    ]
