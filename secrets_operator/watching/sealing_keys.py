"""Follows the Secrets of sealing keys: which to watch, and what to do when one changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from secrets_operator.controllers import sealing_certificate, sealing_key_backup, sealing_key_renewal
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.sealing_key_use import SealingKeyUse
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.flow import Key, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import SECRETS
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.resources.labels import SEALED_KEYS_ANNOTATION, SEALING_KEY_LABEL
from secrets_operator.sealing.stored_keys import StoredKey
from secrets_operator.settings import Settings
from secrets_operator.watching.cache import Change
from secrets_operator.watching.handlers import Handlers
from secrets_operator.watching.reflector import Selection

T = TypeVar("T")

KEY_WORK = (sealing_certificate.KEY, sealing_key_renewal.KEY, sealing_key_backup.KEY)
"""What is queued to have the keys looked after; one replica of several does each."""


def key_controllers(
    deps: Deps, client: Client, keys: SealingKeys, backup: sealing_key_backup.SealingKeyBackup
) -> dict[str, Callable[[Key], Awaitable[Outcome]]]:
    """Return what does each kind of this work."""
    namespace, clock = deps.settings.namespace, deps.clock
    certificate = sealing_certificate.SealingCertificate(client, keys, namespace=namespace)
    renewal = sealing_key_renewal.SealingKeyRenewal(keys, namespace=namespace, clock=clock, events=deps.events)
    return {
        sealing_certificate.KEY.kind: certificate.reconcile,
        sealing_key_renewal.KEY.kind: renewal.reconcile,
        sealing_key_backup.KEY.kind: backup.reconcile,
    }


def key_secrets(settings: Settings) -> list[Selection]:
    """Return what to watch: the labelled Secrets, and the one that the first versions of Sealed Secrets made."""
    if not settings.sealed_secrets:
        return []
    return [
        Selection(SECRETS, settings.namespace, SEALING_KEY_LABEL),
        Selection(SECRETS, settings.namespace, field_selector=f"metadata.name={settings.sealing_key_prefix}"),
    ]


class SealingKeyChanges:
    """Brings a change of the keys to all whom it concerns."""

    def __init__(
        self,
        keys: SealingKeys,
        queue: WorkQueue,
        handlers: Handlers,
        *,
        stored: Callable[[], Iterable[StoredKey]],
        sealed: Callable[[], Iterable[Object]],
        secret: Callable[[str, str], SecretState | None],
    ) -> None:
        """Read the key Secrets, the SealedSecrets and the Secrets of these from the caches."""
        self._keys = keys
        self._queue = queue
        self._handlers = handlers
        self._stored = stored
        self._sealed = sealed
        self._secret = secret
        self.use = SealingKeyUse(keys, sealed=sealed, remembered=self._remembered)

    def look_after_keys(self) -> None:
        """Have the keys looked at, also when there are none whose change would bring it about."""
        for key in KEY_WORK:
            self._queue.add(key)

    def key_secret(self, _change: Change[StoredKey]) -> None:
        """A key Secret came, changed or went."""
        self.look_after_keys()
        if self._keys.load(self._stored()):
            self._handlers.sealing_keys(self._sealed())

    def noticed(self, handle: Callable[[Change[T]], None]) -> Callable[[Change[T]], None]:
        """Return a handler of SealedSecrets or Secrets that also has the use of the keys counted anew."""

        def handle_and_count(change: Change[T]) -> None:
            self.use.changed()
            handle(change)

        return handle_and_count

    def _remembered(self, sealed: Object) -> str:
        secret = self._secret(sealed["metadata"]["namespace"], sealed["metadata"]["name"])
        return secret.annotations.get(SEALED_KEYS_ANNOTATION, "") if secret is not None else ""
