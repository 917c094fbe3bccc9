"""What the page shows: the caches of the operator, read and never changed, and what is asked when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from secrets_operator.kube.resources import Resource
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.serving.dashboard.listing import Resources
from secrets_operator.serving.dashboard.lookups import Lookups


@dataclass(frozen=True, slots=True)
class World:
    """One operator, as the page sees it."""

    kinds: Mapping[Resource, Resources]
    secret: Callable[[str, str], SecretState | None]
    """(namespace, name) -> a Secret that the operator wrote."""

    digester: Digester
    lookups: Lookups
    controller_class: str
