"""The sealing keys of a cluster as the verbs see them: the Secrets, which is newest, and what is under each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from secrets_operator.cli.sealing.controller_modes import connected
from secrets_operator.cli.sealing.flags import ConnectionFlags
from secrets_operator.controllers.sealing_certificate import NAME as CERTIFICATE
from secrets_operator.errors import NotFound, Terminal
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Forbidden, ResourceUnknown
from secrets_operator.kube.resources import CONFIG_MAPS, SEALED_SECRETS, SECRETS
from secrets_operator.planning.marks import WATCHED_SELECTOR
from secrets_operator.planning.sealing_key_inventory import Inventory, inventory
from secrets_operator.resources.labels import SEALED_KEYS_ANNOTATION, SEALING_CERTIFICATE_LABEL, SEALING_KEY_LABEL, TRUE
from secrets_operator.sealing.keyring import KeyOrder
from secrets_operator.sealing.stored_keys import KeyReport, StoredKey, key_reports, newest_of, stored_key

T = TypeVar("T")
_PAGE = 500


@dataclass(frozen=True, slots=True)
class KeyCluster:
    """An open connection and the operator's namespace; ``prefix`` is its ``--key-prefix``."""

    client: Client
    namespace: str
    prefix: str

    async def secrets(self) -> list[Object]:
        """Return the key Secrets, whatever their label says, and the one of the legacy name."""
        listed = await self.client.list(SECRETS, self.namespace, label_selector=SEALING_KEY_LABEL)
        found: list[Object] = listed["items"]
        try:
            legacy = await self.client.get(SECRETS, self.namespace, self.prefix)
        except NotFound:
            return found
        return found if SEALING_KEY_LABEL in (legacy["metadata"].get("labels") or {}) else [*found, legacy]

    def stored(self, secrets: list[Object]) -> list[StoredKey]:
        """Return what is known of each key Secret."""
        return [stored_key(one, order=KeyOrder.CERT_NOT_BEFORE, legacy_name=self.prefix) for one in secrets]

    async def published(self) -> dict[str, str]:
        """Return what the operator says about its newest key; empty when it has said nothing yet."""
        try:
            config_map = await self.client.get(CONFIG_MAPS, self.namespace, CERTIFICATE)
        except (NotFound, Forbidden):
            return {}
        return dict(config_map.get("data") or {})

    async def inventory(self) -> Inventory | None:
        """Return what is under each key in the whole cluster; None when that may not be read."""
        try:
            secrets = partial(self.client.list_metadata, SECRETS, label_selector=WATCHED_SELECTOR)
            remembered = {_place(one): _memory(one) async for one in _all(secrets)}
            sealed = [one async for one in _all(partial(self.client.list, SEALED_SECRETS))]
        except Forbidden:
            return None
        except ResourceUnknown:
            return Inventory()
        return inventory((one, remembered.get(_place(one), "")) for one in sealed)


@dataclass(frozen=True, slots=True)
class Overview:
    """All keys with their use (None when it could not be read), and what the operator says about the newest."""

    reports: list[KeyReport]
    counted: Inventory | None
    published: dict[str, str]


async def overview(cluster: KeyCluster) -> Overview:
    """Read everything about the keys. The newest is the one that the operator seals with, if it says so."""
    stored, published = cluster.stored(await cluster.secrets()), await cluster.published()
    counted = await cluster.inventory()
    active = {one.fingerprint for one in stored if one.key is not None}
    newest, said = newest_of(stored), published.get("fingerprint", "")
    by_date = newest.fingerprint if newest else ""
    numbers = counted or Inventory()
    reports = key_reports(
        stored, newest=said if said in active else by_date, items=numbers.items, objects=numbers.objects
    )
    return Overview(reports, counted, published)


def with_keys(
    connection: ConnectionFlags, namespace: str, prefix: str, work: Callable[[KeyCluster], Awaitable[T]]
) -> T:
    """Return what ``work`` makes of the cluster; raises Terminal when the operator is not found."""

    async def run(client: Client) -> T:
        return await work(KeyCluster(client, namespace or await _found(client), prefix))

    return connected(connection, run)


async def _found(client: Client) -> str:
    """Return the namespace in which an operator published its certificate."""
    try:
        listed = await client.list(CONFIG_MAPS, label_selector=f"{SEALING_CERTIFICATE_LABEL}={TRUE}")
    except Forbidden as error:
        raise Terminal(f"the operator cannot be looked for: {error}. Pass --controller-namespace") from error
    namespaces = sorted(one["metadata"]["namespace"] for one in listed["items"])
    if len(namespaces) != 1:
        found = f"there are several operators: {', '.join(namespaces)}" if namespaces else "no operator is found"
        raise Terminal(f"{found}. Pass --controller-namespace")
    return str(namespaces[0])


async def _all(list_page: Callable[..., Awaitable[Object]]) -> AsyncIterator[Object]:
    """Yield every object of a list that is read in pages."""
    continue_ = ""
    while True:
        page = await list_page(limit=_PAGE, continue_=continue_)
        for item in page["items"]:
            yield item
        continue_ = page["metadata"].get("continue", "")
        if not continue_:
            return


def _place(resource: Object) -> tuple[str, str]:
    return resource["metadata"]["namespace"], resource["metadata"]["name"]


def _memory(secret: Object) -> str:
    return str((secret["metadata"].get("annotations") or {}).get(SEALED_KEYS_ANNOTATION, ""))
