"""Follows the Secrets that PushSecrets name: one whose source changes, goes or comes pushes again."""

from __future__ import annotations

from collections.abc import Callable

from secrets_operator.flow import Key
from secrets_operator.watching.secret_watches import SecretWatches


class SourceWatches:
    """What the controller of PushSecrets asks to be woken by."""

    def __init__(self, watches: SecretWatches, *, is_watched: Callable[[str, str], bool]) -> None:
        """Follow none that ``is_watched`` anyway: the operator knows of every change of a Secret it writes."""
        self._watches = watches
        self._is_watched = is_watched

    def follow(self, key: Key, name: str, seen: str) -> None:
        """Wake ``key`` once the Secret ``name`` has another resourceVersion than ``seen``, none being empty."""
        if self._is_watched(key.namespace, name):
            self._watches.forget(key)
        else:
            self._watches.follow(key, key.namespace, name, seen)

    def forget(self, key: Key) -> None:
        """Wake ``key`` no more."""
        self._watches.forget(key)
