"""SDK clients and logins that sessions with equal identity have in common: fifty stores with one role assume it once.

A login renews itself, so one that AWS has turned down must not be handed out again: it is forgotten, and whoever opens
a session next logs in anew. Used from threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary


class Connection:
    """A client and the login behind it, of the module ``login``."""

    def __init__(self, client: Any, login: Any, identity: bytes | None) -> None:
        self.client = client
        self.login = login
        self.identity = identity
        """None for one that nobody shares."""
        self.users = 0
        self.making = threading.Lock()
        """Held by whoever makes another client with the login: sessions of the SDK are for one thread at a time."""


class Connections:
    """The connections that are in use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Weak: whoever gave up while a connection was made for it has no way to give it back.
        self._open: WeakValueDictionary[bytes, Connection] = WeakValueDictionary()

    def take(self, identity: bytes | None, connect: Callable[[], Connection]) -> Connection:
        """Return the connection of an identity, or else a new one; ``connect`` must not wait for anything."""
        with self._lock:
            found = None if identity is None else self._open.get(identity)
            if found is None:
                found = connect()
                if identity is not None:
                    self._open[identity] = found
            found.users += 1
            return found

    def give_back(self, connection: Connection) -> None:
        """Have one user less; the last one closes it."""
        with self._lock:
            connection.users -= 1
            if connection.users > 0:
                return
            self._forget(connection)
        connection.client.close()

    def forget(self, connection: Connection) -> None:
        """Hand it out no more; who has it keeps it."""
        with self._lock:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        if connection.identity is not None and self._open.get(connection.identity) is connection:
            del self._open[connection.identity]


class Lease:
    """A connection as one session has it."""

    def __init__(self, connection: Connection, connections: Connections) -> None:
        self._connection = connection
        self._connections = connections

    @property
    def credentials(self) -> Any:
        """The SDK's, None when there are none."""
        return self._connection.login.credentials

    def turned_down(self) -> None:
        """AWS did not take the credentials: nobody else is to begin with them."""
        self._connections.forget(self._connection)

    def give_back(self) -> None:
        """Have it no longer; blocks for a moment where nobody else has it."""
        self._connections.give_back(self._connection)
