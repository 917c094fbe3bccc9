"""The errors of a Kubernetes API server: one exception that carries a `Status` object.

Everything that refuses a request raises `ApiError`, made by one of the functions below; the HTTP
server turns it into the response. Wording follows apimachinery's `pkg/api/errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devcluster.documents import Document
from devcluster.structural import FieldError


@dataclass(frozen=True, slots=True)
class Named:
    """What a message says about the object concerned: its resource (or kind), group and name."""

    resource: str
    group: str
    name: str = ""

    @property
    def qualified(self) -> str:
        """Return `plural.group`, or the plural alone in the core group."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def details(self, **more: Any) -> Document:
        """Return the `details` of a Status, without empty entries."""
        found = {"name": self.name, "group": self.group, "kind": self.resource, **more}
        return {key: value for key, value in found.items() if value not in ("", None)}


@dataclass(eq=False)
class ApiError(Exception):
    """A request that the server refuses, with everything its Status object says."""

    code: int
    reason: str
    message: str
    details: Document | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def status(self) -> Document:
        """Return the Status object."""
        body: Document = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


class NoSuchPath(Exception):
    """The path belongs to nothing the server serves."""


def success(subject: Named, uid: str) -> Document:
    """Return the Status that answers a finished deletion."""
    details = subject.details(uid=uid)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def not_found(subject: Named) -> ApiError:
    """Return the answer about an object that does not exist."""
    return ApiError(404, "NotFound", f'{subject.qualified} "{subject.name}" not found', subject.details())


def already_exists(subject: Named) -> ApiError:
    """Return the answer to the creation of an object that exists."""
    return ApiError(409, "AlreadyExists", f'{subject.qualified} "{subject.name}" already exists', subject.details())


def generate_name_taken(subject: Named) -> ApiError:
    """Return the answer when no free name was found for a `generateName`."""
    message = f'{subject.qualified} "{subject.name}" already exists, the server was not able to generate a unique name'
    return ApiError(409, "AlreadyExists", message, subject.details(retryAfterSeconds=1))


def conflict(subject: Named, cause: str = "") -> ApiError:
    """Return the answer to a write that lost an optimistic race or failed a precondition."""
    stale = "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {subject.qualified} "{subject.name}": {cause or stale}'
    return ApiError(409, "Conflict", message, subject.details())


def apply_conflict(message: str, causes: list[dict[str, str]]) -> ApiError:
    """Return the answer to a server-side apply over fields that others hold."""
    return ApiError(409, "Conflict", message, {"causes": causes})


def bad_request(message: str) -> ApiError:
    """Return the answer to a request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def forbidden(subject: Named, message: str, causes: list[Document] | None = None) -> ApiError:
    """Return the answer to something that rules do not allow."""
    return ApiError(403, "Forbidden", message, subject.details(causes=causes))


def unauthorized() -> ApiError:
    """Return the answer to credentials that nobody knows."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    """Return the answer to a verb that the resource does not have."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(message: str = "415: Unsupported Media Type", *, bare: bool = False) -> ApiError:
    """Return the answer to a body in a format that the resource does not take."""
    return ApiError(415, "UnsupportedMediaType", message, None if bare else {})


def expired(message: str) -> ApiError:
    """Return the answer to a resourceVersion or continue token that is too old."""
    return ApiError(410, "Expired", message)


def too_large_revision(requested: int, current: int) -> ApiError:
    """Return the answer to a resourceVersion from the future."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {requested}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1})


def invalid(subject: Named, errors: Sequence[FieldError]) -> ApiError:
    """Return the answer to an object with invalid fields; `subject.resource` is the kind."""
    texts = list(dict.fromkeys(f"{error.field}: {error.message}" for error in errors))
    summary = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": error.reason, "message": error.message, "field": error.field} for error in errors]
    message = f'{subject.qualified} "{subject.name}" is invalid: {summary}'
    return ApiError(422, "Invalid", message, subject.details(causes=causes))
