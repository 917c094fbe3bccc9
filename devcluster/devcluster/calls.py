"""One authenticated request on its way through the server: who asks for what, with which options."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from devcluster.clock import Clock
from devcluster.field_errors import invalid_value, not_supported
from devcluster.registry import Registry
from devcluster.request_info import RequestInfo, is_true
from devcluster.statuses import ApiError, Named, invalid
from devcluster.storage import Store
from devcluster.structural import FieldError

_MANAGER_LIMIT = 128
_VALIDATIONS = ("Ignore", "Strict", "Warn")


@dataclass(frozen=True, slots=True)
class User:
    """An identity: name, groups and what else the authenticator knows."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_admin(self) -> bool:
        """Say whether rules apply at all."""
        return "system:masters" in self.groups


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its subject, sender, query, headers, time of arrival (seconds since the epoch) and body."""

    info: RequestInfo
    user: User
    query: Mapping[str, str]
    headers: Mapping[str, str]
    received: float
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The options of a write."""

    manager: str
    dry_run: bool = False
    field_validation: str = "Warn"
    force: bool = False


@dataclass(slots=True)
class ControlPlane:
    """What every handler works on: the store, the served resources, the clock and the dice."""

    store: Store
    registry: Registry
    clock: Clock
    dice: random.Random


def write_options(call: Call) -> WriteOptions:
    """Read the options of a write.

    Raises:
        ApiError: 422, an option has a value that it cannot have.

    """
    query = call.query
    dry_run, validation = query.get("dryRun", ""), query.get("fieldValidation", "") or "Warn"
    errors = []
    if dry_run not in {"", "All"}:
        errors.append(not_supported("dryRun", dry_run, ["All"]))
    if validation not in _VALIDATIONS:
        errors.append(not_supported("fieldValidation", validation, list(_VALIDATIONS)))
    manager = query.get("fieldManager", "")
    if len(manager) > _MANAGER_LIMIT:
        errors.append(invalid_value("fieldManager", manager, f"may not be more than {_MANAGER_LIMIT} bytes"))
    if errors:
        raise invalid_options(call.info.verb, errors)
    if not manager:
        manager = call.headers.get("User-Agent", "unknown").partition("/")[0][:_MANAGER_LIMIT]
    return WriteOptions(manager, bool(dry_run), validation, is_true(query.get("force")))


def invalid_options(verb: str, errors: list[FieldError]) -> ApiError:
    """Return the answer to a request with impossible options."""
    return invalid(Named(f"{verb.capitalize()}Options", "meta.k8s.io"), errors)
