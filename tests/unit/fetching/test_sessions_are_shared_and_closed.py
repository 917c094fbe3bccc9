"""One session for many users: opened once, shared as far as its credential reaches, closed after its last user."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, OperatorError, Refused, Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.openings import Deadlines
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import key_of
from secrets_operator.flow import Key, Object
from secrets_operator.kube.errors import Forbidden, ServerError
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.metrics import Metrics
from tests.builders import secret, store
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider, ScriptedSession
from tests.shared_reading import session_of, settle, shared

AUTH = {"name": "credential", "key": "token"}
SHARED_AUTH = {**AUTH, "namespace": "platform"}


def store_of(namespace: str = "team", *, generation: int = 1, **spec: Any) -> Object:
    return store(namespace=namespace, spec={"provider": {"scripted": spec}}, generation=generation)


def cluster_store(**spec: Any) -> Object:
    return store_of("", **spec)


class World:
    """Sessions of a scripted provider on a cluster in memory."""

    def __init__(self) -> None:
        credentials = [secret("credential", namespace, data={"token": "t"}) for namespace in ("platform", "a", "b")]
        self.cluster = MemoryCluster(*credentials)
        self.provider = ScriptedProvider()
        self.changed: list[Key] = []
        self.blocking = Blocking(1)
        self.sessions = Sessions(
            Providers.from_mapping({"scripted": self.provider}),
            Outside(Referents(self.cluster.client), self.blocking, Metrics("1")),
            replace(shared(), credential_changed=self.changed.append),
            denial=self.speaks_against,
            limit=1,
            deadlines=Deadlines(open=0.05, validate=0.05, close=0.05),
        )

    async def speaks_against(self, found: Object, namespace: str) -> str:
        return f"{found['metadata']['name']} is not for {namespace}" if namespace == "kept-out" else ""

    async def used(self, found: Object, namespace: str = "team") -> ScriptedSession:
        """Use the session of a store for a moment and return the provider's."""
        async with self.sessions.use(found, namespace) as current:
            return session_of(current)

    def closed(self) -> list[int]:
        return [session.closed for session in self.provider.sessions]

    def rotate(self, namespace: str) -> None:
        self.cluster.put(secret("credential", namespace, data={"token": "new"}, resourceVersion="2"))

    @contextmanager
    def opening_held_up(self) -> Iterator[None]:
        self.provider.gate.clear()
        yield
        self.provider.gate.set()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.sessions.close()
    made.blocking.close()
    assert set(made.closed()) <= {1}, "every session is closed once, and none is left open"


async def test_a_session_is_opened_once_however_many_ask_at_the_same_time(world: World) -> None:
    used = await asyncio.gather(*(world.used(store_of()) for _ in range(50)))
    assert (len(set(used)), world.provider.opening) == (1, 1)


async def test_a_store_in_each_namespace_has_a_session_in_each(world: World) -> None:
    assert await world.used(store_of("a"), "a") is not await world.used(store_of("b"), "b")


async def test_a_cluster_store_with_a_credential_of_its_own_is_shared_by_all_namespaces(world: World) -> None:
    found = cluster_store(auth=SHARED_AUTH)
    used = {await world.used(found, namespace) for namespace in ("a", "b", "c")}
    assert (len(used), world.provider.opening) == (1, 1)


async def test_fifty_namespaces_that_use_a_new_cluster_store_at_once_open_it_once(world: World) -> None:
    found = cluster_store(auth=SHARED_AUTH)
    used = await asyncio.gather(*(world.used(found, f"team-{number}") for number in range(50)))
    assert (len(set(used)), world.provider.opening, world.closed()) == (1, 1, [0])


async def test_what_keeps_a_cluster_store_from_being_opened_reaches_all_who_wait_and_is_tried_once(
    world: World,
) -> None:
    world.provider.open_error = Refused("denied")
    found = cluster_store(auth=SHARED_AUTH)
    results = await asyncio.gather(*(world.used(found, name) for name in ("a", "b", "c")), return_exceptions=True)
    assert ([str(result) for result in results], world.provider.opening) == (["denied"] * 3, 1)


async def test_a_credential_that_one_namespace_lacks_is_no_failure_of_the_others_who_wait(world: World) -> None:
    used = await asyncio.gather(
        *(world.used(cluster_store(auth=AUTH), namespace) for namespace in ("lacking", "a", "b")),
        return_exceptions=True,
    )
    assert [type(result) for result in used] == [InvalidSpec, ScriptedSession, ScriptedSession]


@pytest.mark.looptime
async def test_a_namespace_whose_credential_opens_slowly_holds_up_no_other(world: World) -> None:
    world.provider.slow_logins.add("a")
    found = cluster_store(auth=AUTH)
    slow = asyncio.create_task(world.used(found, "a"))
    await settle()
    assert (await world.used(found, "b")).host.store.namespace == "b"
    assert not slow.done()
    with pytest.raises(Retryable):
        await slow


async def test_a_store_that_is_being_opened_for_nobody_fails_no_consumer(world: World) -> None:
    found = cluster_store(auth=AUTH)
    with world.opening_held_up():
        checking = asyncio.create_task(world.sessions.validate(found))
        await settle()
        using = asyncio.create_task(world.used(found, "a"))
        await settle()
    await checking
    assert (await using).host.store.namespace == "a"


async def test_a_credential_read_late_is_never_one_of_another_namespace(world: World) -> None:
    async with world.sessions.use(cluster_store(), "a") as first:
        await world.used(cluster_store(), "b")
        assert world.provider.opening == 1
        with pytest.raises(NamespaceUnknown):
            await first.host.secret_value(AUTH, field="auth")
    namespaces = [(await world.used(cluster_store(), name)).host.store.namespace for name in ("a", "b")]
    assert (namespaces, world.provider.opening) == (["a", "b"], 3)


async def test_a_cluster_store_with_credentials_of_its_consumers_has_a_session_for_each_namespace(world: World) -> None:
    found = cluster_store(auth=AUTH)
    used = [await world.used(found, namespace) for namespace in ("a", "b", "a")]
    assert (used[0] is used[2], used[0] is used[1], world.provider.opening) == (True, False, 2)
    assert [session.host.store.namespace for session in used] == ["a", "b", "a"]


async def test_a_new_generation_gets_a_new_session_and_the_old_one_is_closed_after_its_last_user(world: World) -> None:
    async with world.sessions.use(store_of(), "team") as first, world.sessions.use(store_of(), "team"):
        async with world.sessions.use(store_of(generation=2), "team") as second:
            assert first is not second
        await settle()
        assert world.closed() == [0, 0]
    await settle()
    assert world.closed() == [1, 0]


async def test_a_store_deleted_and_applied_again_gets_a_new_session(world: World) -> None:
    first = await world.used(store_of())
    again = store_of()
    again["metadata"]["uid"] = "another"
    assert await world.used(again) is not first


async def test_a_forgotten_store_has_its_session_closed_at_once_when_nobody_uses_it(world: World) -> None:
    await world.used(store_of())
    world.sessions.forget(Key("SecretStore", "team", "store"))
    await settle()
    assert world.closed() == [1]


async def test_forgetting_a_store_leaves_other_stores_alone(world: World) -> None:
    await world.used(store_of())
    world.sessions.forget(Key("SecretStore", "other", "store"))
    await settle()
    assert world.closed() == [0]


async def test_a_session_forgotten_while_it_is_opened_still_serves_who_waits_for_it_and_is_closed_then(
    world: World,
) -> None:
    with world.opening_held_up():
        waiting = asyncio.create_task(world.used(store_of()))
        await settle()
        world.sessions.forget(Key("SecretStore", "team", "store"))
    waited_for = await waiting
    await settle()
    assert (waited_for.closed, await world.used(store_of()) is waited_for) == (1, False)


async def test_a_session_forgotten_at_the_moment_it_is_open_is_not_closed_under_who_waits_for_it(world: World) -> None:
    closed_in_use: list[int] = []

    async def use() -> None:
        async with world.sessions.use(store_of(), "team") as current:
            await settle()
            closed_in_use.append(session_of(current).closed)

    users = [asyncio.create_task(use()) for _ in range(3)]
    while not world.provider.sessions:  # noqa: ASYNC110 - the moment is meant, which no event announces
        await asyncio.sleep(0)
    world.sessions.forget(Key("SecretStore", "team", "store"))
    await asyncio.gather(*users)
    assert closed_in_use == [0, 0, 0]


async def test_one_user_giving_up_leaves_the_opening_to_the_others(world: World) -> None:
    with world.opening_held_up():
        leaving, staying = (asyncio.create_task(world.used(store_of())) for _ in range(2))
        await settle()
        leaving.cancel()
        await settle()
    assert (await staying, world.provider.opening) == (world.provider.sessions[0], 1)


async def test_a_failure_to_open_reaches_all_who_wait_and_the_next_tries_again(world: World) -> None:
    world.provider.open_error = Refused("denied")
    results = await asyncio.gather(*(world.used(store_of()) for _ in range(3)), return_exceptions=True)
    assert ([str(result) for result in results], world.provider.opening) == (["denied"] * 3, 1)
    world.provider.open_error = None
    assert not (await world.used(store_of())).closed


async def test_a_store_that_does_not_answer_while_opening_fails_in_time_and_is_tried_again(world: World) -> None:
    with world.opening_held_up(), pytest.raises(Retryable, match=r"could not be opened within 0\.05 s"):
        await world.used(store_of())
    assert not (await world.used(store_of())).closed


async def test_a_spec_the_provider_refuses_is_never_opened(world: World) -> None:
    with pytest.raises(InvalidSpec, match=r"^spec\.provider\.scripted\.region: is not known to a SecretStore$"):
        await world.used(store_of(region="moon"))
    assert world.provider.opening == 0


async def test_a_discarded_session_is_replaced_for_the_next_user_and_closed_after_its_last(world: World) -> None:
    async with world.sessions.use(store_of(), "team") as current:
        world.sessions.discard(current)
        world.sessions.discard(current)
        assert await world.used(store_of()) is not session_of(current)
        assert session_of(current).closed == 0
    await settle()
    assert world.closed() == [1, 0]


async def test_a_session_that_hangs_when_closed_does_not_keep_the_process(world: World) -> None:
    session = await world.used(store_of())

    async def hangs() -> None:
        session.closed += 1
        await asyncio.Event().wait()

    session.close = hangs  # type: ignore[method-assign] # the twin's own behaviour, for this test
    async with asyncio.timeout(2):
        await world.sessions.close()


async def test_a_store_that_asked_to_slow_down_is_left_without_waiting_for_a_turn(world: World) -> None:
    session = await world.used(store_of())
    for _ in range(3):
        session.host.called("Scripted", "Read", ok=False, throttled=True)
    for _ in range(10):
        session.host.calls.throttle().take()  # type: ignore[attr-defined] # the operator's host

    async def says_goodbye() -> None:
        await session.host.turn()
        session.closed += 1

    session.close = says_goodbye  # type: ignore[method-assign] # the twin's own behaviour, for this test
    await world.sessions.close()
    assert world.closed() == [1]


async def test_a_cluster_store_that_was_edited_while_it_was_opened_is_opened_once_more(world: World) -> None:
    edited = cluster_store(auth=SHARED_AUTH)
    edited["metadata"]["generation"] = 2
    with world.opening_held_up():
        early = asyncio.create_task(world.used(cluster_store(auth=SHARED_AUTH), "a"))
        await settle()
        late = [asyncio.create_task(world.used(edited, f"team-{number}")) for number in range(20)]
        await settle()
    await early
    assert len(set(await asyncio.gather(*late))) == 1
    assert world.provider.opening == 2


async def test_who_may_not_use_a_store_is_lent_no_session_of_it_not_even_an_open_one(world: World) -> None:
    found = cluster_store(auth=SHARED_AUTH)
    await world.used(found, "a")
    with pytest.raises(Refused, match=r"^store is not for kept-out$"):
        await world.used(found, "kept-out")
    assert (world.provider.opening, await world.used(found, "b") is world.provider.sessions[0]) == (1, True)


async def test_closing_ends_an_opening_under_way(world: World) -> None:
    with world.opening_held_up():
        waiting = asyncio.create_task(world.used(store_of()))
        await settle()
        await world.sessions.close()
        assert (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is asyncio.CancelledError


class TestValidation:
    async def test_a_valid_store_keeps_its_session_for_its_users(self, world: World) -> None:
        await world.sessions.validate(store_of())
        await world.used(store_of())
        assert (world.provider.validated, world.provider.opening) == (1, 1)

    async def test_a_cluster_store_with_credentials_of_its_consumers_counts_as_valid(self, world: World) -> None:
        await world.sessions.validate(cluster_store(auth=AUTH))
        assert world.provider.validated == 0

    async def test_a_session_that_reads_such_a_credential_late_is_lent_to_no_consumer(self, world: World) -> None:
        world.provider.late_credential = AUTH
        await world.sessions.validate(cluster_store())
        assert (await world.used(cluster_store(), "a")).host.store.namespace == "a"
        await settle()
        assert world.closed() == [1, 0]

    @pytest.mark.parametrize(
        ("error", "closed"),
        [
            pytest.param(Refused("denied"), [1], id="turned down -> its session goes"),
            pytest.param(Retryable("throttled"), [0], id="no answer -> its session stays for its users"),
        ],
    )
    async def test_failure(self, world: World, error: OperatorError, closed: list[int]) -> None:
        world.provider.validation_error = error
        with pytest.raises(type(error)):
            await world.sessions.validate(store_of())
        await settle()
        assert world.closed() == closed

    async def test_a_store_that_does_not_answer_fails_in_time(self, world: World) -> None:
        await world.used(store_of())
        with world.opening_held_up(), pytest.raises(Retryable, match=r"did not answer within 0\.05 s"):
            await world.sessions.validate(store_of())

    async def test_a_rotated_credential_opens_a_new_session(self, world: World) -> None:
        found = cluster_store(auth=SHARED_AUTH)
        first = await world.used(found, "a")
        world.rotate("platform")
        await world.sessions.validate(found)
        await settle()
        assert (first.closed, await world.used(found, "a") is first) == (1, False)
        assert (world.changed, world.sessions.credential_changes(found)) == ([key_of(found)], 1)

    async def test_an_unchanged_credential_keeps_the_session(self, world: World) -> None:
        found = cluster_store(auth=SHARED_AUTH)
        first = await world.used(found, "a")
        await world.sessions.validate(found)
        assert await world.used(found, "b") is first
        assert (world.changed, world.sessions.credential_changes(found)) == ([], 0)

    async def test_a_credential_one_namespace_deleted_is_no_trouble_of_the_others(self, world: World) -> None:
        found = cluster_store(auth=AUTH)
        _, others = await asyncio.gather(world.used(found, "a"), world.used(found, "b"))
        del world.cluster.objects["Secret", "a", "credential"]
        await world.sessions.validate(found)
        with pytest.raises(InvalidSpec, match="there is no Secret a/credential"):
            await world.used(found, "a")
        assert await world.used(found, "b") is others

    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ServerError("x", code=500), id="the API server failing is no news about a credential"),
            pytest.param(Forbidden("x", code=403), id="nor is a missing permission"),
        ],
    )
    async def test_trouble_of_the_api_server(self, world: World, error: ServerError | Forbidden) -> None:
        found = cluster_store(auth=SHARED_AUTH)
        first = await world.used(found, "a")
        world.cluster.failures["get Secret"] = [error]
        await world.sessions.validate(found)
        assert await world.used(found, "a") is first
