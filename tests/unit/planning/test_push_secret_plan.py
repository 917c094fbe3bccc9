"""What a PushSecret asks for, when it is due, and which stores it needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.planning.external_secret import Unusable
from secrets_operator.planning.push_secret import (
    WantedPush,
    named_stores,
    push_is_due,
    seconds_until_push,
    selected_stores,
    wanted_push,
)
from secrets_operator.planning.push_stores import is_held, stores_of
from secrets_operator.planning.refresh import Synced
from tests.builders import NOW, at, condition, push_secret, store

READY = {"conditions": [condition("Ready", "True", reason="Synced")]}


def want(**spec: Any) -> WantedPush:
    found = wanted_push(push_secret(spec=spec))
    assert isinstance(found, WantedPush)
    return found


VERSION = want().version


@pytest.mark.parametrize(
    ("interval", "last", "status", "due"),
    [
        pytest.param("1h", Synced("", None), {}, True, id="never pushed -> due"),
        pytest.param("0", Synced("", None), {}, True, id="never pushed, interval 0 -> due"),
        pytest.param("1h", Synced(VERSION, NOW), READY, False, id="just pushed -> not due"),
        pytest.param("1h", Synced("1-older", NOW), READY, True, id="spec, labels or annotations changed -> due"),
        pytest.param("0", Synced("1-older", NOW), READY, True, id="interval 0 and changed -> due"),
        pytest.param("0", Synced(VERSION, at(-(10**6))), READY, False, id="interval 0 and pushed long ago -> not due"),
        pytest.param("1h", Synced(VERSION, None), READY, True, id="no time of the last push -> due"),
        pytest.param("1h", Synced(VERSION, at(-3601)), READY, True, id="the interval has passed -> due"),
        pytest.param("1h", Synced(VERSION, at(60)), READY, True, id="pushed in the future by a wrong clock -> due"),
        pytest.param(
            "1h",
            Synced(VERSION, NOW),
            {"conditions": [condition("Ready", "False", reason="Errored")]},
            True,
            id="the last push failed -> due",
        ),
    ],
)
def test_a_push_is_due(interval: str, last: Synced, status: Object, *, due: bool) -> None:
    assert push_is_due(push_secret(status=status), want(refreshInterval=interval), last, NOW) is due


def test_pushes_are_spread_within_the_interval_and_stop_without_one() -> None:
    seconds = seconds_until_push(want(refreshInterval="1h"), Synced(VERSION, NOW), NOW)
    assert seconds is not None
    assert 1800 <= seconds <= 3600
    assert seconds_until_push(want(refreshInterval="0"), Synced(VERSION, NOW), NOW) is None
    assert want(refreshInterval="1ms").interval == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param({"secretStoreRefs": [{}]}, "spec.secretStoreRefs[0]: set one of", id="a store without a name"),
        pytest.param(
            {"secretStoreRefs": [{"labelSelector": {"matchLabels": {"a b": "c"}}}]},
            "spec.secretStoreRefs[0].labelSelector.matchLabels[a b]: is no label name",
            id="a selector of stores that selects nothing",
        ),
        pytest.param(
            {"selector": {"secret": {"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}}},
            "spec.selector.secret.selector.matchExpressions[0].values: must not be empty",
            id="a selector of Secrets that selects nothing",
        ),
        pytest.param({"refreshInterval": "soon"}, "spec.refreshInterval: must be a Go duration", id="no duration"),
    ],
)
def test_what_cannot_be_acted_on_says_why(spec: Object, problem: str) -> None:
    found = wanted_push(push_secret(spec=spec))
    assert isinstance(found, Unusable)
    assert found.message.startswith(problem)


EU = {"region": "eu"}
REFS: list[Object] = [
    {"name": "vault"},
    {"name": "vault", "kind": "ClusterSecretStore"},
    {"name": "ignored", "labelSelector": {"matchLabels": {"region": "eu"}}},
]


def test_stores_are_named_or_chosen_by_their_labels_which_win_over_the_name() -> None:
    found = want(secretStoreRefs=REFS)
    shared = store("vault", "", labels=EU)
    assert named_stores(found) == (Key("SecretStore", "team", "vault"), Key("ClusterSecretStore", "", "vault"))
    stores = [store("b", labels=EU), store("a", labels=EU), store("c"), shared]
    assert selected_stores(found, stores) == (Key("SecretStore", "team", "a"), Key("SecretStore", "team", "b"))


@pytest.mark.parametrize(
    ("spec", "status", "namespace", "held"),
    [
        pytest.param({}, {}, "team", True, id="named by one that deletes -> held"),
        pytest.param({"deletionPolicy": "None"}, {}, "team", False, id="named by one that does not delete -> not"),
        pytest.param({"secretStoreRefs": [{"name": "other"}]}, {}, "team", False, id="not named -> not"),
        pytest.param({"secretStoreRefs": [REFS[2]]}, {}, "team", True, id="chosen by its labels -> held"),
        pytest.param(
            {"secretStoreRefs": [{"name": "other"}]},
            {"syncedPushSecrets": {"SecretStore/store": {"a": {}}}},
            "team",
            True,
            id="not named any more and pushed to -> held",
        ),
        pytest.param({}, {}, "elsewhere", False, id="a namesake in another namespace is named -> not"),
        pytest.param({"secretStoreRefs": [REFS[1] | {"name": "store"}]}, {}, "team", False, id="another kind -> not"),
    ],
)
def test_a_store_is_held(spec: Object, status: Object, namespace: str, *, held: bool) -> None:
    one = push_secret(namespace=namespace, spec={"deletionPolicy": "Delete"} | spec, status=status)
    assert is_held(store("store", labels=EU), [one]) is held


def test_a_cluster_store_is_held_from_any_namespace() -> None:
    spec = {"deletionPolicy": "Delete", "secretStoreRefs": [REFS[1]]}
    shared = store("vault", "")
    assert is_held(shared, [push_secret(namespace="elsewhere", spec=spec)])


def test_the_stores_of_a_push_secret_are_those_it_names_selects_and_pushed_to() -> None:
    one = push_secret(spec={"secretStoreRefs": REFS}, status={"syncedPushSecrets": {"SecretStore/old": {}, "odd": {}}})
    assert stores_of(one) == {
        Key("SecretStore", "team", "vault"),
        Key("ClusterSecretStore", "", "vault"),
        Key("SecretStore", "team", ""),
        Key("SecretStore", "team", "old"),
    }
