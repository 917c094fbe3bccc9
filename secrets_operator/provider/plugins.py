"""Plug-ins by entry point: listed without imports, each loaded on first use.

In: the entry points of one group. Out: the plug-in of a name, or an error that belongs on the condition of the
resource that asked: one missing, doubled or broken plug-in never stops the operator or another resource.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, Self, TypeVar

from secrets_operator.errors import InvalidSpec, Terminal

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Installed:
    """The distribution a plug-in comes from."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Offer:
    """One distribution's offer of a plug-in: ``load`` imports it and may raise anything."""

    name: str
    origin: Installed
    load: Callable[[], Any]


class Plugins(ABC, Generic[P]):
    """The plug-ins of one kind on offer, by name; nothing is imported before :meth:`get`."""

    noun: ClassVar[str]
    group: ClassVar[str]
    first_party: ClassVar[Mapping[str, str]]
    """Name -> the distribution of this project that offers it."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers: dict[str, list[Offer]] = {}
        for offer in offers:
            self._offers.setdefault(offer.name, []).append(offer)
        # What loading led to, errors included: a broken plug-in stays broken until the process is replaced.
        self._outcomes: dict[str, P | str] = {}

    @classmethod
    def from_entry_points(cls) -> Self:
        """Offer what is installed in this environment."""
        return cls(Offer(point.name, _origin(point), point.load) for point in entry_points(group=cls.group))

    @classmethod
    def from_mapping(cls, plugins: Mapping[str, P]) -> Self:
        """Offer exactly these, for tests."""
        origin = Installed("in-memory", "")
        return cls(Offer(name, origin, partial(plugins.__getitem__, name)) for name in plugins)

    def names(self) -> list[str]:
        """Return the names on offer, sorted, without importing anything."""
        return sorted(self._offers)

    def installed(self) -> dict[str, Installed]:
        """Return where each plug-in comes from; of a doubled name the first, since it cannot be used anyway."""
        return {name: self._offers[name][0].origin for name in self.names()}

    def get(self, name: str) -> P:
        """Return the plug-in of that name, importing it on first use.

        Raises InvalidSpec when it is not installed, Terminal when it is offered twice or cannot be loaded.
        """
        offers = self._offers.get(name, [])
        if not offers:
            raise InvalidSpec(f"{self.noun} {name} is not installed: {self._install_hint(name)}")
        if len(offers) > 1:
            origins = " and ".join(sorted(str(offer.origin) for offer in offers))
            raise Terminal(f"{self.noun} {name} is offered by {origins}: uninstall all but one")
        if name not in self._outcomes:
            self._outcomes[name] = self._load(offers[0])
        outcome = self._outcomes[name]
        if isinstance(outcome, str):
            raise Terminal(outcome)
        return outcome

    @abstractmethod
    def _misses(self, candidate: Any) -> str:
        """Say what a candidate of the right name lacks, or return nothing."""

    def _install_hint(self, name: str) -> str:
        # Only distributions of ours are named: a name made up here could be registered by anybody.
        if name in self.first_party:
            return f"pip install {self.first_party[name]}"
        return "install the plug-in that offers it beside the operator"

    def _load(self, offer: Offer) -> P | str:
        """Return the plug-in, or the sentence that says why there is none."""
        named = f"{self.noun} {offer.name} of {offer.origin}"
        try:
            candidate = offer.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 a plug-in's import may raise anything, and it is not our crash
            return f"{named} cannot be loaded: {_first_line(error)}"
        fault = self._fault(candidate, offer.name)
        return f"{named} is not a {self.noun}: {fault}" if fault else candidate

    def _fault(self, candidate: Any, name: str) -> str:
        if isinstance(candidate, type):
            return f"its entry point names the class {candidate.__name__}, not an instance of it"
        missing = self._misses(candidate)
        if missing:
            return missing
        if getattr(candidate, "name", None) != name:
            return f"its name differs from its entry point's, {name}"
        return ""


def missing_methods(candidate: Any, *methods: str) -> str:
    """Say which methods an object lacks, or return nothing."""
    missing = [method for method in methods if not callable(getattr(candidate, method, None))]
    return f"{type(candidate).__name__} has no {' and no '.join(missing)}" if missing else ""


def _origin(point: EntryPoint) -> Installed:
    if point.dist is None:
        return Installed("unknown", "")
    return Installed(point.dist.name, point.dist.version)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0][:200].rstrip(": ")
