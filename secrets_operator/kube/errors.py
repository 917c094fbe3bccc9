"""What the API server, or the way to it, answered, as errors of the operator's own tree.

    ApiError                    carries the HTTP code (0: no answer), the reason and the causes
    ├── NotFound                404 about the object itself: a definite answer (also errors.NotFound)
    ├── Invalid, BadRequest     422 and every other 4xx: the user must act (also errors.Terminal)
    └── RetryableApiError       (also errors.Retryable)
        ├── Conflict            409: read again, decide again
        │   ├── AlreadyExists   someone else created it first
        │   └── ApplyConflict   without force: other field managers hold the fields
        ├── Forbidden           403: an administrator grants the permission meanwhile, and nothing tells us when
        ├── Unauthorized        401, after the token was read again
        ├── ResourceUnknown     404 about the kind: its CRD is not installed (yet), or a proxy answered
        ├── Gone                410: the resourceVersion or continue token is too old, list anew
        ├── TooManyRequests     429
        ├── Fenced                  not sent: this replica does not hold its lease
        ├── ServerError         5xx, or no answer of an API server at all
        └── Unreachable         the connection failed or timed out

Nothing else leaves :mod:`.client`; the mapping is in :mod:`.mapping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secrets_operator import errors


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause from ``details.causes``; ``message`` is empty where it could quote a secret value."""

    field: str
    reason: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.message or self.reason}" if self.field else self.message or self.reason


class ApiError(errors.OperatorError):
    """The API server refused, failed or could not be reached."""

    def __init__(self, message: str, *, code: int = 0, reason: str = "", causes: Sequence[Cause] = ()) -> None:
        """Carry the HTTP ``code`` (0 without an answer), the machine-readable ``reason`` and the ``causes``."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.causes = tuple(causes)


class NotFound(ApiError, errors.NotFound):
    """The object does not exist; the API server said so itself."""


class Invalid(ApiError, errors.Terminal):
    """The object was read and turned down, field by field."""


class BadRequest(ApiError, errors.Terminal):
    """The request makes no sense to the API server; the same one never will."""


class RetryableApiError(ApiError, errors.Retryable):
    """The same request may succeed later, ``after`` seconds when the API server said so."""


class Conflict(RetryableApiError):
    """The object changed meanwhile, or does not meet a precondition: read again, decide again."""


class AlreadyExists(Conflict):
    """An object of that name exists."""


class ApplyConflict(Conflict):
    """A server-side apply without force met fields of other managers; they are in ``causes``."""


class Forbidden(RetryableApiError):
    """A permission is missing, or an admission webhook refuses; an administrator may change either at any time."""


class Unauthorized(RetryableApiError):
    """The credential was turned down, also after it was read again."""


class ResourceUnknown(RetryableApiError):
    """The kind is not served. Says nothing about any object: a CRD may be on its way, or a proxy may have answered."""


class Gone(RetryableApiError):
    """The resourceVersion or the continue token is no longer known: list anew."""


class TooManyRequests(RetryableApiError):
    """The API server sheds load."""


class Fenced(RetryableApiError):
    """Not sent: the lease of this replica may have run out, and another one may be doing its work."""


class ServerError(RetryableApiError):
    """The API server failed, or what answered is not one."""


class Unreachable(RetryableApiError):
    """The connection failed, broke or timed out."""


class InvalidConnection(errors.Terminal):
    """The configuration does not say where the API server is, or how to log in to it."""
