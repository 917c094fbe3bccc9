"""What is still under which sealing key: counted when it is asked for, and again only after something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.flow import Object
from secrets_operator.planning.sealing_key_inventory import Inventory, inventory
from secrets_operator.reporting.sealing_key_metrics import KeyNumbers
from secrets_operator.sealing.stored_keys import key_reports


class SealingKeyUse:
    """Reads the SealedSecrets and what their Secrets remember; decrypts nothing."""

    def __init__(
        self, keys: SealingKeys, *, sealed: Callable[[], Iterable[Object]], remembered: Callable[[Object], str]
    ) -> None:
        """Take the SealedSecrets of the moment, and the text that the Secret of one remembers its keys by."""
        self._keys = keys
        self._sealed = sealed
        self._remembered = remembered
        self._inventory: Inventory | None = None

    def changed(self) -> None:
        """A SealedSecret or a Secret is another than before."""
        self._inventory = None

    def numbers(self) -> KeyNumbers:
        """Return the keys with what is under them."""
        counted = self._counted()
        newest = self._keys.keyring.newest
        reports = key_reports(
            self._keys.stored,
            newest=newest.fingerprint if newest else "",
            items=counted.items,
            objects=counted.objects,
        )
        return KeyNumbers(reports, counted.unknown, self._keys.next_renewal)

    def _counted(self) -> Inventory:
        if self._inventory is None:
            self._inventory = inventory((sealed, self._remembered(sealed)) for sealed in self._sealed())
        return self._inventory
