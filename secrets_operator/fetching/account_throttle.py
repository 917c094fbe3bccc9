"""Chooses at whose pace the calls of a session are made: that of the account they go to, as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.throttle import Throttle


class AccountThrottle:
    """See the module's docstring. A throttle of an account lives for as long as somebody here has it."""

    def __init__(
        self, guards: StoreGuards, provider: str, account: Callable[[], Hashable], *, until_known: Throttle
    ) -> None:
        """Ask ``account`` before each call; None says that it is not known yet."""
        self._guards = guards
        self._provider = provider
        self._account = account
        self._known: Hashable = None
        self._throttle = until_known

    def __call__(self) -> Throttle:
        """Return the pace of the next call."""
        account = self._account()
        if account is not None and account != self._known:
            self._known, self._throttle = account, self._guards.throttle_of((self._provider, account))
        return self._throttle
