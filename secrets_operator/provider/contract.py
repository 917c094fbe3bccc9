"""What a provider plug-in implements, and what the operator gives it.

A :class:`Provider` is a stateless factory: it checks a store's ``spec.provider.<name>`` object and opens a
:class:`Session` for one store and one credential. The operator caches sessions, coalesces what many resources ask for
at the same moment into batches, and asks each session for a reference once. Reading (`fetch`, `find`) is the only I/O;
picking a property or spreading a value into keys (`select`, `extract`) is pure, so one read serves every consumer.
`find` reads all secrets that match a query; a provider that cannot do so answers Rejected.

Plug-ins import from ``secrets_operator.provider``, ``.flow``, ``.resources`` and ``.errors`` only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from secrets_operator.flow import Query, RetrySettings, SecretBytes

T = TypeVar("T")

ENTRY_POINT_GROUP = "secrets_operator.providers"
# More than any Secret holds: a query that matches more is a mistake, and answering it would cost everybody else memory.
MOST_MATCHES = 10_000


class Capabilities(StrEnum):
    """What a store can do; shown in ``status.capabilities``."""

    READ_ONLY = "ReadOnly"
    WRITE_ONLY = "WriteOnly"
    READ_WRITE = "ReadWrite"


@dataclass(frozen=True, slots=True)
class Reference:
    """One remote read. Equal references are read once.

    ``version`` is as the user wrote it, ``""`` for the latest. ``metadata`` asks for the metadata of the secret
    (``metadataPolicy: Fetch``) in place of its value. ``property`` and ``namespace``, that of the resource which reads,
    are set for providers with ``per_reader`` only.
    """

    key: str
    version: str = ""
    metadata: bool = False
    property: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The remote value, whole and uninterpreted."""

    payload: SecretBytes


@dataclass(frozen=True, slots=True)
class Absent:
    """A definite answer that the secret, or that version of it, does not exist."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: throttled, unreachable, timed out. The operator tries again, after ``after`` seconds if given."""

    message: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer the user must act on: access denied, malformed key, unusable version.

    ``credentials`` says that the credential itself was turned down, so that the session is opened anew next time.
    """

    message: str
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """All secrets that match a query, whole and uninterpreted, by their remote names; none at all is an answer too."""

    payloads: Mapping[str, SecretBytes]


Answer = Found | Absent | Failed | Rejected
FindAnswer = Matches | Absent | Failed | Rejected

TOO_MANY_MATCHES = Rejected(f"more than {MOST_MATCHES} secrets match: narrow the query")


@dataclass(frozen=True, slots=True)
class Problem:
    """A field of the provider object that cannot be accepted; ``path`` is relative to it (``auth.secretRef``)."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """Which store a session belongs to and for whom it is opened.

    ``namespace`` is the namespace whose resources use the session: the store's own for a SecretStore, the consumer's
    for a ClusterSecretStore, ``""`` while a ClusterSecretStore is validated and no consumer is asking.
    """

    kind: str
    name: str
    namespace: str


class Host(Protocol):
    """What a session may ask of the operator. There is no other way to the cluster.

    Selectors are the raw objects of the store's spec. The namespace rule of stores is applied here: a SecretStore reads
    its own namespace only; a ClusterSecretStore reads the selector's namespace or, without one, the consumer's.
    ``field`` is the path of the selector below the provider object and names it in errors. ``retry`` is None for a
    store without retry settings; a provider without a use for it takes no notice.
    """

    store: StoreIdentity
    retry: RetrySettings | None

    async def secret_value(self, selector: Mapping[str, Any], *, field: str) -> SecretBytes:
        """Return one key of a Secret.

        Raises InvalidSpec when the selector, the Secret or the key is missing, NamespaceUnknown when the namespace is
        the consumer's and there is none, Retryable when the API server does not answer.
        """
        ...

    async def secret_data(
        self, selector: Mapping[str, Any], *, labels: Mapping[str, str], field: str
    ) -> Mapping[str, SecretBytes]:
        """Return all keys of a Secret that has ``labels``; the ``key`` of the selector does not count.

        Raises as :meth:`secret_value`, and InvalidSpec when a label is missing.
        """
        ...

    async def config_map_value(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return one key of a ConfigMap; raises as :meth:`secret_value`."""
        ...

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        """Return a fresh token of a ServiceAccount for ``audiences``, valid for about ``seconds`` (600 or more).

        Without audiences it is one for the API server. Raises as :meth:`secret_value`.
        """
        ...

    async def service_account_annotations(self, selector: Mapping[str, Any], *, field: str) -> Mapping[str, str]:
        """Return the annotations of a ServiceAccount, empty when it has none; raises as :meth:`secret_value`."""
        ...

    def consumer_namespace(self, *, field: str) -> str:
        """Return the namespace whose resources use the session, which is then shared with no other namespace.

        For what a login says about its consumer. Raises NamespaceUnknown when no consumer is asking.
        """
        ...

    def namespace_of(self, selector: Mapping[str, Any], *, field: str) -> str:
        """Return the namespace in which the object of a selector is read; raises as :meth:`secret_value`.

        For the ``identity`` of a :class:`Sharing`: an account of that name in another namespace is somebody else.
        """
        ...

    async def turn(self) -> None:
        """Wait until the store may be called; await it before each remote call that :meth:`run_blocking` does not make.

        This is what keeps a store to its calls a second.
        """
        ...

    async def run_blocking(self, call: Callable[[], T]) -> T:
        """Run a blocking SDK call in its turn, in the bounded thread pool; its exceptions arrive unchanged."""
        ...

    def called(self, service: str, call: str, *, ok: bool, throttled: bool = False) -> None:
        """Count one call of the remote side for the metrics; not ``ok`` is any error, also one that is an answer.

        ``throttled`` says that the answer was to slow down.

        ``service`` and ``call`` are fixed names (``AWS/SecretsManager``, ``GetSecretValue``), never keys or addresses.
        """
        ...

    def leases_changed(self, service: str, change: int) -> None:
        """Count logins that the remote side keeps open: 1 for one more, -1 for one that was given back or is lost."""
        ...


def _nobody_knows() -> Hashable:
    return None


def _alone(_reference: Reference) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Sharing:
    """With which other sessions of its provider a session shares what it reads, of whatever store they are.

    ``identity`` must be equal only where the remote side would answer both sessions alike, and is opaque: it shows no
    value. It is made of what was resolved, the credential itself, the roles, the place, the way there, and not of what
    a store claims: a value may never reach somebody whose credential would not have read it. One of the sessions then
    reads for all. ``complete`` returns a reference as the remote side knows it, with what the store puts before keys:
    two stores mean the same secret if and only if these are equal. ``fetch`` is the session's for such references.

    ``account`` says against whose limits calls count, as soon as the remote side itself has told; None until then. An
    account that asks to slow down is called slowly by all sessions that name it.

    ``batch_of`` says how many references one call of the remote side answers, this one among them, at the price of one:
    a call with room takes along what is refreshed a little later.
    """

    identity: Hashable
    complete: Callable[[Reference], Reference]
    fetch: Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]
    account: Callable[[], Hashable] = _nobody_knows
    batch_of: Callable[[Reference], int] = _alone


class Session(Protocol):
    """An open, authenticated connection to one store. Used by many tasks at once.

    One that others may read for, and that may read for others, has an attribute ``sharing``, a :class:`Sharing`.
    """

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Answer every reference, in order; never raise for what the remote side says or fails to say.

        The references of one call are distinct. Use the remote side's batch call where it has one.
        """
        ...

    async def find(self, query: Query) -> FindAnswer:
        """Answer with every match or with none: a part of them would look as if the others were deleted.

        Never raises for what the remote side says or fails to say. Trouble with one secret is trouble with the query;
        only what definitely does not exist is left out. More than MOST_MATCHES are TOO_MANY_MATCHES.
        """
        ...

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Return the property ``path`` of a payload; pure. Raises NotFound when the payload has no such property."""
        ...

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a payload into keys; pure. Raises Terminal when it is not a mapping."""
        ...

    async def validate(self) -> None:
        """Check that the credential works.

        Raises Terminal when the user must act, Retryable when there is no answer, Unsure when there is no way to tell:
        the store is then used unchecked.
        """
        ...

    async def close(self) -> None:
        """Release what the session holds, on the remote side too; called once, with no fetch under way."""
        ...


class Provider(Protocol):
    """A kind of store, named as the property below ``spec.provider``.

    One whose requests depend on the property and on the namespace of who reads, as requests made by templates do, also
    has an attribute ``per_reader`` that is true. References then hold both, and a session's ``select`` returns the
    payload as it is: the property was a part of the request. One that is not for production, or not maintained any
    more, says so in an attribute ``notice`` ("is not maintained any more"): a warning for whoever applies a store.
    """

    @property
    def name(self) -> str:
        """The property name (``aws``, ``vault``)."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What stores of this kind can do."""
        ...

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:
        """Check the provider object without any I/O; a field that is not acted on is a problem, never ignored.

        ``store_kind`` is ``SecretStore`` or ``ClusterSecretStore``. A session is opened only when there is no problem.
        """
        ...

    async def open(self, spec: Mapping[str, Any], host: Host) -> Session:
        """Open a session; raises as :meth:`Session.validate`, and what ``host`` raises."""
        ...


def is_per_reader(provider: Provider) -> bool:
    """Tell whether references of a provider hold the property and the namespace of who reads."""
    return bool(getattr(provider, "per_reader", False))


def sharing_of(session: Session) -> Sharing | None:
    """Return with whom a session shares what it reads; None where it shares nothing."""
    found: Sharing | None = getattr(session, "sharing", None)
    return found


def notice_of(provider: Provider) -> str:
    """Return what whoever applies a store should know of its provider, in half a sentence; empty for most."""
    return str(getattr(provider, "notice", ""))
