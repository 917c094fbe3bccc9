"""Finds provider plug-ins by entry point and loads each on first use.

In: the entry points of the group ``secrets_operator.providers``, each named as the property below ``spec.provider``.
Out: a :class:`~secrets_operator.provider.contract.Provider`, or an error that belongs on the condition of the store
that asked: one missing, doubled or broken plug-in never stops the operator or another store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.provider.contract import ENTRY_POINT_GROUP, Capabilities, Provider

# Providers of this project whose distribution is not named after the provider, or that must not be guessed wrong.
FIRST_PARTY = {
    "aws": "secrets-operator-aws",
    "kubernetes": "secrets-operator-kubernetes",
    "vault": "secrets-operator-vault",
    "webhook": "secrets-operator-webhook",
}


@dataclass(frozen=True, slots=True)
class Installed:
    """The distribution a provider comes from."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Offer:
    """One distribution's offer of a provider: ``load`` imports it and may raise anything."""

    name: str
    origin: Installed
    load: Callable[[], Any]


class Providers:
    """The providers on offer, by name; nothing is imported before :meth:`get`."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers: dict[str, list[Offer]] = {}
        for offer in offers:
            self._offers.setdefault(offer.name, []).append(offer)
        # What loading led to, errors included: a broken plug-in stays broken until the process is replaced.
        self._outcomes: dict[str, Provider | str] = {}

    @classmethod
    def from_entry_points(cls) -> Providers:
        """Offer what is installed in this environment."""
        return cls(Offer(point.name, _origin(point), point.load) for point in entry_points(group=ENTRY_POINT_GROUP))

    @classmethod
    def from_mapping(cls, providers: Mapping[str, Provider]) -> Providers:
        """Offer exactly these, for tests."""
        origin = Installed("in-memory", "")
        return cls(Offer(name, origin, partial(providers.__getitem__, name)) for name in providers)

    def names(self) -> list[str]:
        """Return the names on offer, sorted, without importing anything."""
        return sorted(self._offers)

    def installed(self) -> dict[str, Installed]:
        """Return where each provider comes from; of a doubled name the first, since it cannot be used anyway."""
        return {name: self._offers[name][0].origin for name in self.names()}

    def get(self, name: str) -> Provider:
        """Return the provider of that name, importing it on first use.

        Raises InvalidSpec when it is not installed, Terminal when it is offered twice or cannot be loaded.
        """
        offers = self._offers.get(name, [])
        if not offers:
            raise InvalidSpec(f"provider {name} is not installed: {_install_hint(name)}")
        if len(offers) > 1:
            origins = " and ".join(sorted(str(offer.origin) for offer in offers))
            raise Terminal(f"provider {name} is offered by {origins}: uninstall all but one")
        if name not in self._outcomes:
            self._outcomes[name] = _load(offers[0])
        outcome = self._outcomes[name]
        if isinstance(outcome, str):
            raise Terminal(outcome)
        return outcome


def _install_hint(name: str) -> str:
    # Only distributions of ours are named: a name made up here could be registered by anybody.
    if name in FIRST_PARTY:
        return f"pip install {FIRST_PARTY[name]}"
    return "install the plug-in that offers it beside the operator"


def _origin(point: EntryPoint) -> Installed:
    if point.dist is None:
        return Installed("unknown", "")
    return Installed(point.dist.name, point.dist.version)


def _load(offer: Offer) -> Provider | str:
    """Return the provider, or the sentence that says why there is none."""
    try:
        candidate = offer.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 a plug-in's import may raise anything, and it is not our crash
        return f"provider {offer.name} of {offer.origin} cannot be loaded: {_first_line(error)}"
    fault = _fault(candidate, offer.name)
    return f"provider {offer.name} of {offer.origin} is not a provider: {fault}" if fault else candidate


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0][:200].rstrip(": ")


def _fault(candidate: Any, name: str) -> str:
    """Say what keeps an object from being the provider ``name``, or return nothing."""
    if isinstance(candidate, type):
        return f"its entry point names the class {candidate.__name__}, not an instance of it"
    missing = [method for method in ("problems", "open") if not callable(getattr(candidate, method, None))]
    if missing:
        return f"{type(candidate).__name__} has no {' and no '.join(missing)}"
    if getattr(candidate, "name", None) != name:
        return f"its name differs from its entry point's, {name}"
    if not isinstance(getattr(candidate, "capabilities", None), Capabilities):
        return "its capabilities are not of the type Capabilities"
    return ""
