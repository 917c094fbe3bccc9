"""What a PushSecret brings to its stores, what it leaves there, and what it says about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.flow import Again, Done, Never, Retry
from secrets_operator.kube.errors import ServerError
from secrets_operator.planning.generator_states import OWNER_KEY, owner_key
from secrets_operator.provider import Failed, Rejected
from secrets_operator.provider.push_contract import RemoteEntry
from tests.builders import store
from tests.push_world import KEY, PushWorld, entry

BOTH = [{"name": "one"}, {"name": "two"}]
GENERATED = {"generatorRef": {"kind": "Password", "name": "strong"}}


A, B = entry("a", "password"), entry("b", "user")


@pytest.fixture
async def world() -> AsyncIterator[PushWorld]:
    world = PushWorld(data=[A, B])
    yield world
    await world.close()


async def test_what_was_pushed_is_said_and_pushed_again_only_when_something_changed(world: PushWorld) -> None:
    assert isinstance(await world.reconcile(), Again)
    assert world.one.content() == {"a": "first", "b": "me"}
    assert world.said() == ("Synced", "PushSecret synced")
    assert world.recorded() == {"SecretStore/one": ["a", "b"]}
    assert world.finalizers("PushSecret", "app") == world.finalizers("SecretStore", "one") == []
    calls, pushes = dict(world.cluster.calls), len(world.one.pushed)
    world.clock.pass_by(60)
    await world.reconcile()
    assert len(world.one.pushed) == pushes
    world.clock.pass_by(3600)
    await world.reconcile()
    assert len(world.one.pushed) == 2 * pushes
    world.cluster.calls.subtract(calls)
    assert +world.cluster.calls == {"get Secret": 2, "apply PushSecret/status": 1}, "one heartbeat, nothing else"
    assert world.cluster.events() == [("Synced", "PushSecret synced")]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda world: world.source(password="second", user="me"), id="the source"),
        pytest.param(lambda world: world.source(password="first", user="me", labels={"a": "b"}), id="labels of it"),
        pytest.param(lambda world: world.apply(data=[A, B], refreshInterval="2h"), id="the spec"),
        pytest.param(
            lambda world: world.cluster.put(store("one", spec={"provider": {"one": {}}}, generation=2)), id="the store"
        ),
    ],
)
async def test_a_change_is_pushed_at_once(world: PushWorld, change: Any) -> None:
    await world.reconcile()
    before = len(world.one.pushed)
    change(world)
    await world.reconcile()
    assert len(world.one.pushed) == before + 2


async def test_after_a_restart_nothing_is_pushed_before_its_time_and_the_source_is_followed(world: PushWorld) -> None:
    await world.reconcile()
    world.start()
    world.followed.seen.clear()
    assert isinstance(await world.reconcile(), Again)
    assert len(world.one.pushed) == 2
    assert world.followed.seen == {KEY: ("source", "1")}
    world.source(password="second", user="me")
    await world.reconcile()
    assert world.one.content() == {"a": "second", "b": "me"}


async def test_a_store_that_fails_holds_up_no_other_and_a_retry_pushes_what_is_left(world: PushWorld) -> None:
    world.apply(data=[A, B], secretStoreRefs=BOTH)
    world.one.trouble["b"] = Failed("throttled", after=7.0)
    assert await world.reconcile() == Retry(
        "could not push to provider: SecretStore/one: spec.data[1] (b): throttled", after=7.0
    )
    assert (world.one.content(), world.two.content()) == ({"a": "first"}, {"a": "first", "b": "me"})
    assert world.recorded() == {"SecretStore/one": ["a"], "SecretStore/two": ["a", "b"]}
    assert world.said()[0] == "Errored"
    world.one.trouble.clear()
    assert isinstance(await world.reconcile(), Again)
    assert [one.remote.remote_key for one in world.one.pushed] == ["a", "b", "b"]
    assert len(world.two.pushed) == 2
    assert world.said()[0] == "Synced"


async def test_what_is_refused_keeps_nothing_else_from_being_pushed(world: PushWorld) -> None:
    world.one.trouble["a"] = Rejected("is somebody else's")
    await world.reconcile()
    assert world.one.content() == {"b": "me"}
    assert world.said() == (
        "Errored",
        "could not push to provider: SecretStore/one: spec.data[0] (a): is somebody else's",
    )


async def test_nothing_is_pushed_when_an_entry_cannot_be(world: PushWorld) -> None:
    world.apply(data=[A, entry("b", "nothing")])
    await world.reconcile()
    assert world.one.content() == {}
    assert world.said() == ("Errored", "spec.data[1].match.secretKey: the source has no key 'nothing'")


@pytest.mark.parametrize("policy", ["Delete", "None"])
async def test_a_source_that_was_never_there_is_an_error(world: PushWorld, policy: str) -> None:
    world.apply(data=[A], deletionPolicy=policy, selector={"secret": {"name": "nothing"}})
    assert await world.reconcile() == Retry("spec.selector.secret.name: there is no Secret nothing")
    assert world.said()[0] == "Errored"
    assert world.followed.seen == {KEY: ("nothing", "")}


async def test_an_api_server_that_does_not_answer_deletes_nothing(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    status = dict(world.status())
    for _ in range(3):
        world.cluster.failures["get Secret"] = [ServerError("down", code=503)]
        world.clock.pass_by(3600)
        assert isinstance(await world.reconcile(), Retry)
    assert (world.one.content(), world.status()) == ({"a": "first"}, status)


async def test_several_sources_are_pushed_and_of_one_place_the_last_by_name(world: PushWorld) -> None:
    for name, value in (("x", "1"), ("y", "2")):
        world.source(name, labels={"push": "yes"}, **{f"of-{name}": value, "shared": value})
    chosen = {"secret": {"selector": {"matchLabels": {"push": "yes"}}}}
    world.cluster.objects["Secret", "team", "source"]["metadata"]["labels"] = {}
    world.apply(dataTo=[{"storeRef": {"name": "one"}}], selector=chosen, deletionPolicy="Delete")
    await world.reconcile()
    assert world.one.content() == {"of-x": "1", "of-y": "2", "shared": "2"}
    pushes = len(world.one.pushed)
    world.clock.pass_by(3600)
    await world.reconcile()
    assert (len(world.one.pushed), world.one.deleted) == (2 * pushes, [])


async def test_a_selector_that_matches_nothing_is_an_error_and_deletes_nothing(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    chosen = {"secret": {"selector": {"matchLabels": {"push": "no"}}}}
    world.apply(data=[A], deletionPolicy="Delete", selector=chosen)
    world.clock.pass_by(3600)
    await world.reconcile()
    assert (world.said()[0], world.one.content()) == ("Errored", {"a": "first"})


async def test_what_is_there_already_is_left_with_if_not_exists_and_never_deleted(world: PushWorld) -> None:
    world.one.held[RemoteEntry("a")] = "theirs"
    world.apply(data=[A, B], updatePolicy="IfNotExists", deletionPolicy="Delete")
    await world.reconcile()
    assert world.one.content() == {"a": "theirs", "b": "me"}
    assert world.recorded() == {"SecretStore/one": ["b"]}
    world.source(password="second", user="you")
    await world.reconcile()
    assert world.one.content() == {"a": "theirs", "b": "me"}
    assert world.said()[1] == "PushSecret synced; what was there already is left as it is"
    world.delete("PushSecret", "app")
    await world.reconcile()
    assert world.one.content() == {"a": "theirs"}


async def test_generated_values_are_new_with_each_refresh_and_the_same_for_all_stores(world: PushWorld) -> None:
    world.cluster.put({"kind": "Password", "metadata": {"namespace": "team", "name": "strong"}, "spec": {}})
    world.apply(data=[A], selector=GENERATED, secretStoreRefs=BOTH)
    world.two.trouble["a"] = Failed("down")
    await world.reconcile()
    world.two.trouble.clear()
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "made-1"}, {"a": "made-1"})
    await world.reconcile()
    assert world.counting.count == 1
    world.clock.pass_by(3600)
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "made-2"}, {"a": "made-2"})


async def test_generated_values_that_grew_old_are_made_anew_for_all_stores(world: PushWorld) -> None:
    world.cluster.put({"kind": "Password", "metadata": {"namespace": "team", "name": "strong"}, "spec": {}})
    world.apply(data=[A], selector=GENERATED, secretStoreRefs=BOTH)
    world.two.trouble["a"] = Failed("down")
    await world.reconcile()
    world.two.trouble.clear()
    world.clock.pass_by(10**6)
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "made-2"}, {"a": "made-2"})


async def test_the_flag_for_states_is_about_external_secrets_only(world: PushWorld) -> None:
    world.settings = replace(world.settings, generator_states=False)
    world.start()
    world.counting.stateful = True
    world.cluster.put({"kind": "Password", "metadata": {"namespace": "team", "name": "strong"}, "spec": {}})
    world.apply(data=[A], selector=GENERATED)
    await world.reconcile()
    assert len(world.all("GeneratorState")) == 1


async def test_what_a_generator_leaves_is_recorded_and_of_what_nobody_uses_any_more_ended(world: PushWorld) -> None:
    world.counting.stateful = True
    world.cluster.put({"kind": "Password", "metadata": {"namespace": "team", "name": "strong"}, "spec": {}})
    world.apply(data=[A], selector=GENERATED)
    await world.reconcile()
    (state,) = world.all("GeneratorState")
    assert state["metadata"]["ownerReferences"][0]["apiVersion"] == "external-secrets.io/v1alpha1"
    assert state["metadata"]["labels"] == {OWNER_KEY: owner_key(KEY, "__pushsecret")}
    for _ in range(2):
        world.clock.pass_by(3600)
        await world.reconcile()
    assert [deadline is None for deadline in world.deadlines()] == [False, True, True]

    # Of two tries only what the second one made is used.
    world.one.trouble["a"] = Failed("down")
    world.clock.pass_by(3600)
    await world.reconcile()
    world.one.trouble.clear()
    world.clock.pass_by(10**6)
    await world.reconcile()
    assert world.one.content() == {"a": "made-5"}
    assert [deadline is None for deadline in world.deadlines()] == [False, False, True, False, True]


async def test_what_is_at_a_store_and_stays_there_is_never_taken_back(world: PushWorld) -> None:
    world.counting.stateful = True
    world.cluster.put({"kind": "Password", "metadata": {"namespace": "team", "name": "strong"}, "spec": {}})
    world.apply(data=[A], selector=GENERATED, updatePolicy="IfNotExists", secretStoreRefs=BOTH)
    world.two.trouble["a"] = Failed("down")
    await world.reconcile()
    world.two.trouble.clear()
    for _ in range(4):
        world.clock.pass_by(10**6)
        await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "made-1"}, {"a": "made-2"})
    assert [deadline is None for deadline in world.deadlines()] == [True, True, False, False, False]


async def test_a_template_adds_to_what_is_pushed_and_the_source_stays(world: PushWorld) -> None:
    template = {
        "type": "custom",
        "data": {"url": "{{ .user }}:{{ .password }}"},
        "metadata": {"labels": {"a": "{{ .user }}"}},
    }
    world.apply(data=[entry("a", "url"), B], template=template)
    await world.reconcile()
    assert world.one.content() == {"a": "me:first", "b": "me"}
    source = world.one.pushed[0].source
    assert (source.type, source.labels, sorted(source.data)) == ("custom", {"a": "me"}, ["password", "url", "user"])
    world.apply(data=[A], template={"data": {"url": "{{ .nothing | fail }}"}})
    await world.reconcile()
    assert world.said()[1].startswith("template spec.template.data[url]:1:4: ")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            {"secretStoreRefs": [{"name": "x"}]},
            "spec.secretStoreRefs: there is no SecretStore x",
            id="a store that is missing",
        ),
        pytest.param(
            {"secretStoreRefs": [{"labelSelector": {"matchLabels": {"a": "b"}}}]},
            "spec.secretStoreRefs: there is no store",
            id="labels that no store has",
        ),
        pytest.param({"refreshInterval": "soon"}, "spec.refreshInterval: must be", id="a spec that cannot be read"),
        pytest.param(
            {"selector": GENERATED},
            "spec.selector.generatorRef: there is no Password strong",
            id="a generator that is missing",
        ),
    ],
)
async def test_what_is_in_the_way_is_said(world: PushWorld, spec: Any, message: str) -> None:
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    world.apply(data=[A], **{"deletionPolicy": "Delete", **spec})
    assert isinstance(await world.reconcile(), Retry | Never)
    assert world.said()[0] == "Errored"
    assert world.said()[1].startswith(message)
    assert world.one.content() == {"a": "first"}
    assert world.recorded() == {"SecretStore/one": ["a"]}


async def test_a_store_that_keeps_the_namespace_out_is_not_pushed_to(world: PushWorld) -> None:
    world.denial = "keeps team out"
    await world.reconcile()
    assert (world.said(), world.one.content()) == (("Errored", "spec.secretStoreRefs: keeps team out"), {})


async def test_stores_of_another_operator_are_left_out_and_a_resource_with_none_of_ours_alone(world: PushWorld) -> None:
    world.cluster.put(store("two", spec={"provider": {"two": {}}, "controller": "other"}))
    world.apply(data=[A], secretStoreRefs=BOTH)
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "first"}, {})
    world.apply(data=[A], secretStoreRefs=BOTH[1:], deletionPolicy="Delete")
    before = dict(world.status())
    assert await world.reconcile() == Done()
    assert (world.status(), world.finalizers("PushSecret", "app")) == (before, [])
