"""Whatever happens in whatever order: nothing that was pushed is lost sight of, and nothing of others is deleted."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from secrets_operator.kube.errors import ServerError
from secrets_operator.provider import Failed
from secrets_operator.provider.push_contract import RemoteEntry
from tests.push_world import KEY, PushWorld

PLACES = {"a": RemoteEntry("a"), "b": RemoteEntry("b"), "c/x": RemoteEntry("c", "x"), "c/y": RemoteEntry("c", "y")}
THEIRS = RemoteEntry("theirs")

STEPS: some.SearchStrategy[list[tuple[str, Any]]] = some.lists(
    some.one_of(
        some.tuples(some.just("wants"), some.sets(some.sampled_from(sorted(PLACES)))),
        some.tuples(some.just("fails"), some.sets(some.sampled_from(["a", "b", "c"]))),
        some.tuples(some.sampled_from(["unwritten", "restart", "later", "source"]), some.just(frozenset())),
    ),
    max_size=12,
)


def entries(places: Any) -> list[dict[str, Any]]:
    remote = [PLACES[name] for name in sorted(places)]
    refs = [{"remoteKey": one.remote_key, **({"property": one.property} if one.property else {})} for one in remote]
    return [{"match": {"secretKey": "password", "remoteRef": ref}} for ref in refs]


def known(world: PushWorld) -> set[str]:
    """Return what the status records, or will once it can be written."""
    _, kept = world.controller._records.get(KEY, ("", {}))
    records = [world.status().get("syncedPushSecrets") or {}, kept]
    return {name for record in records for name in record.get("SecretStore/one", {})}


async def play(steps: list[tuple[str, Any]]) -> None:
    wanted: Any = {"a"}
    world = PushWorld(deletionPolicy="Delete", data=entries(wanted))
    world.one.held[THEIRS] = "theirs"
    for step, places in [*steps, ("fails", frozenset()), ("later", frozenset())]:
        if step == "wants":
            wanted = places
            world.apply(deletionPolicy="Delete", data=entries(wanted))
        elif step == "fails":
            world.one.trouble = {name: Failed("down") for name in places}
        elif step == "unwritten":
            world.cluster.failures["apply PushSecret/status"] = [ServerError("down", code=503)]
        elif step == "restart":
            # What could not be written is written by the next try; to crash before it is another matter.
            world.cluster.failures.clear()
            await world.reconcile()
            await world.sessions.close()
            world.start()
        elif step == "later":
            world.clock.pass_by(7200)
        else:
            world.source(password=f"{world.clock.seconds}")
            world.clock.pass_by(1)
        await world.reconcile()
        assert world.one.content().keys() - {"theirs"} <= known(world)
        assert world.one.held[THEIRS] == "theirs"
    world.cluster.failures.clear()
    await world.reconcile()
    assert world.one.content().keys() - {"theirs"} == set(wanted) == set(world.recorded().get("SecretStore/one", []))
    assert all(remote in PLACES.values() for remote in world.one.deleted)
    world.delete("PushSecret", "app")
    await world.reconcile()
    assert world.one.content() == {"theirs": "theirs"}
    await world.close()


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_what_is_at_the_store_is_recorded_and_what_is_wanted_is_there_in_the_end(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(play(steps))
