"""What was just written is the state of a Secret, until the watch moves on."""

from dataclasses import replace

from secrets_operator.applying.secrets import Secrets
from secrets_operator.planning.secret_state import SecretState, secret_state
from secrets_operator.planning.targets import DesiredSecret
from tests.builders import DIGESTER, applied, values
from tests.memory_cluster import MemoryCluster

FIRST = DesiredSecret("app", "team", "manager", values(password="first"))
SECOND = replace(FIRST, data=values(password="second"))


class World:
    """Secrets whose watch stands still until it is told otherwise."""

    def __init__(self, cached: SecretState | None) -> None:
        self.cached = cached
        self.cluster = MemoryCluster()
        self.secrets = Secrets(self.cluster.client, cached=lambda *_: self.cached, digester=DIGESTER)

    async def value(self) -> str | None:
        """Return the digest of the password in the state of the Secret."""
        state = await self.secrets.state("team", "app")
        return state.digests.get("password") if state else None


def seen(desired: DesiredSecret, version: str) -> SecretState:
    return replace(secret_state(applied(desired), DIGESTER), resource_version=version)


DIGESTS = {name: DIGESTER.digest(name.encode()) for name in ("first", "second")}


async def test_a_write_is_the_state_while_the_watch_is_where_it_was() -> None:
    world = World(seen(FIRST, "1"))
    await world.secrets.apply(SECOND)
    assert await world.value() == DIGESTS["second"]


async def test_what_the_watch_brings_afterwards_counts() -> None:
    world = World(seen(FIRST, "1"))
    await world.secrets.apply(SECOND)
    world.cached = seen(FIRST, "3")
    assert await world.value() == DIGESTS["first"]
    world.cached = seen(FIRST, "1")
    assert await world.value() == DIGESTS["first"]


async def test_a_secret_deleted_after_the_write_is_gone() -> None:
    world = World(seen(FIRST, "1"))
    await world.secrets.apply(SECOND)
    world.cached = None
    world.cluster.objects.clear()
    assert await world.value() is None


async def test_a_secret_unknown_to_the_watch_is_read_from_the_api_server() -> None:
    world = World(None)
    await world.secrets.apply(FIRST)
    world.cluster.objects.clear()
    assert await world.value() is None
