"""The one error tree. Callers branch by meaning, never by text.

    OperatorError
    ├── Terminal              the user must act; retried only when something changes
    │   ├── InvalidSpec       a field of a resource is wrong: carries its path
    │   ├── Refused           the other side said no: credentials, permissions, ownership
    │   └── NamespaceUnknown  a cluster store's credential lives with its consumer, and none is known
    ├── Retryable             try again: after `after` seconds when the other side said so, else with backoff
    ├── Unsure                a check that cannot tell: what was checked stays in use and is checked again in its time
    └── NotFound              a definite answer that the thing does not exist

Messages are for users: one stable line that says what to do, without values, times or request ids.
"""

from __future__ import annotations


class OperatorError(Exception):
    """Base of every error the operator raises on purpose."""

    def __init__(self, message: str, *, field: str = "") -> None:
        """Carry ``message`` and, where one is to blame, the path of the ``field`` (``spec.data[0].remoteRef.key``)."""
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class Terminal(OperatorError):
    """The user must act: the same attempt would fail again."""


class InvalidSpec(Terminal):
    """A field of a resource cannot be accepted."""


class Refused(Terminal):
    """The other side answered no."""


class NamespaceUnknown(Terminal):
    """A selector without namespace on a cluster store, read while no consumer is asking."""


class Retryable(OperatorError):
    """The same attempt may succeed later."""

    def __init__(self, message: str, *, field: str = "", after: float | None = None) -> None:
        """Carry the wait in seconds that the other side asked for, or None to use backoff."""
        super().__init__(message, field=field)
        self.after = after


class Unsure(OperatorError):
    """A check has no way to tell whether the thing works, which speaks neither for it nor against it."""


class NotFound(OperatorError):
    """The thing asked for does not exist."""
