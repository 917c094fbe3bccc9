"""Makes the reflectors of one operator: all of one client, for the namespaces, labels and kinds of its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from secrets_operator.clock import Clock
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import SECRETS, Resource
from secrets_operator.planning.manifest_state import manifest_state
from secrets_operator.planning.marks import FAN_OUT_MANAGER_PREFIXES, WATCHED_SELECTOR
from secrets_operator.planning.secret_state import Digester, SecretState, secret_state
from secrets_operator.settings import Settings
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import Collection, custom_resource, selections
from secrets_operator.watching.metadata_source import MetadataSource
from secrets_operator.watching.onlookers import Onlooker, telling, telling_owner
from secrets_operator.watching.reflector import Reflector, Selection

T = TypeVar("T")
OnChange = Callable[[Change[T]], None]


class Reflectors:
    """See the module's docstring."""

    def __init__(
        self, client: Client, settings: Settings, *, clock: Clock, chance: Callable[[], float], onlooker: Onlooker
    ) -> None:
        """Tell ``onlooker`` of every change of what users write, and of the Secrets made of it."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._onlooker = onlooker
        self.shown: dict[Resource, Collection[Object]] = {}
        """What users write, by kind."""

    def of(self, selection: Selection, project: Callable[[Object], T], on_change: OnChange[T]) -> Reflector[T]:
        """Make the reflector of one selection."""
        return Reflector(
            self._client, selection, project=project, on_change=on_change, clock=self._clock, chance=self._chance
        )

    def versions(self, selection: Selection, on_change: OnChange[str]) -> Reflector[str]:
        """Make the reflector of a selection that keeps resourceVersions, and sees the metadata of objects alone."""
        return Reflector(
            MetadataSource(self._client),
            selection,
            project=lambda found: str(found["metadata"]["resourceVersion"]),
            on_change=on_change,
            clock=self._clock,
            chance=self._chance,
        )

    def resources(self, resource: Resource, *handlers: OnChange[Object], optional: bool = False) -> Collection[Object]:
        """Make those of a kind that users write, which ``optional`` says may be missing."""
        project = custom_resource(resource.api_version, resource.kind, managers=FAN_OUT_MANAGER_PREFIXES)
        told = telling(_each(handlers), resource.kind, self._onlooker)
        watched = selections(resource, self._settings, optional=optional)
        made = Collection(resource.kind, [self.of(selection, project, told) for selection in watched])
        self.shown[resource] = made
        return made

    def secrets(self, digester: Digester, handler: OnChange[SecretState]) -> Collection[SecretState]:
        """Make those of the Secrets that operators write."""
        told = telling_owner(handler, onlooker=self._onlooker)
        watched = [
            self.of(selection, lambda secret: secret_state(secret, digester), told)
            for selection in self._written(SECRETS)
        ]
        return Collection(SECRETS.kind, watched)

    def targets(
        self, resource: Resource, digester: Digester, handler: OnChange[SecretState]
    ) -> list[Reflector[SecretState]]:
        """Make those of another kind that operators write."""
        return [
            self.of(selection, lambda manifest: manifest_state(manifest, digester), handler)
            for selection in self._written(resource)
        ]

    def _written(self, resource: Resource) -> list[Selection]:
        places = self._settings.watch_namespaces or ("",)
        return [Selection(resource, namespace, WATCHED_SELECTOR) for namespace in places]


def _each(handlers: Sequence[OnChange[Object]]) -> OnChange[Object]:
    def handle(change: Change[Object]) -> None:
        for handler in handlers:
            handler(change)

    return handle if len(handlers) > 1 else handlers[0]
