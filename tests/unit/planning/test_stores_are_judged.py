"""Whether a store can be read from, and what is wrong with one before anybody is asked."""

from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.planning.refresh import format_time
from secrets_operator.planning.secret_store import checked_every, refresh_interval, store_problems
from secrets_operator.planning.stores import Grace, Readiness, StoreView, store_key, view_of
from secrets_operator.resources.durations import DurationError
from secrets_operator.resources.references import StoreRef
from tests.builders import NOW, at, store

KEY = Key("SecretStore", "team", "store")
GRACE = Grace(timedelta(seconds=10), since=at(-3600))
NEW = {"creationTimestamp": format_time(at(-5))}


def new_store() -> Object:
    made = store(ready=None)
    made["metadata"].update(NEW)
    return made


@pytest.mark.parametrize(
    ("found", "readiness", "detail"),
    [
        pytest.param(None, Readiness.MISSING, "", id="not there -> missing"),
        pytest.param(store(), Readiness.READY, "", id="Ready=True -> ready"),
        pytest.param(
            store(ready=False, message="denied"), Readiness.NOT_READY, "denied", id="Ready=False -> not ready"
        ),
        pytest.param(store(ready=None), Readiness.NOT_READY, "", id="never validated, old -> not ready"),
        pytest.param(new_store(), Readiness.PENDING, "", id="never validated, new -> on its way"),
        pytest.param(store(spec={"controller": "other"}), Readiness.FOREIGN, "", id="another class -> not ours"),
        pytest.param(store(spec={"controller": "default"}), Readiness.READY, "", id="our class by name -> ready"),
        pytest.param(store(spec={"controller": ""}), Readiness.READY, "", id="empty class -> ready"),
        pytest.param(
            store(spec={"somethingNew": {}}),
            Readiness.NOT_READY,
            "not supported yet: spec.somethingNew",
            id="Ready=True says nothing about a field that is not acted on",
        ),
        pytest.param(
            store(spec={"conditions": [{"namespaceRegexes": ["("]}]}),
            Readiness.READY,
            "",
            id="conditions of a SecretStore mean nothing",
        ),
        pytest.param(
            store(namespace="", spec={"conditions": [{"namespaceRegexes": ["("]}]}),
            Readiness.NOT_READY,
            "spec.conditions[0].namespaceRegexes[0]: is no regular expression in the syntax of RE2: missing ): (",
            id="Ready=True says nothing about conditions that make no sense",
        ),
    ],
)
def test_view_of(found: Object | None, readiness: Readiness, detail: str) -> None:
    view = view_of(KEY, found, controller_class="default", denial="", grace=GRACE, now=NOW)
    assert view == StoreView("SecretStore", "store", readiness, detail)


def test_an_old_store_gets_its_grace_from_the_start_of_the_operator() -> None:
    grace = Grace(timedelta(seconds=10), since=at(-5))
    view = view_of(KEY, store(ready=None), controller_class="default", denial="", grace=grace, now=NOW)
    assert view.readiness is Readiness.PENDING


@pytest.mark.parametrize(
    ("found", "readiness"),
    [
        pytest.param(store(), Readiness.DENIED, id="a ready store"),
        pytest.param(
            store(ready=False, message="token of team-a expired"), Readiness.DENIED, id="how a store is doing"
        ),
        pytest.param(new_store(), Readiness.DENIED, id="that a store is new"),
        pytest.param(store(spec={"controller": "other"}), Readiness.FOREIGN, id="another class is still not ours"),
    ],
)
def test_who_may_not_use_a_store_learns_nothing_else_of_it(found: Object, readiness: Readiness) -> None:
    view = view_of(KEY, found, controller_class="default", denial="denied", grace=GRACE, now=NOW)
    assert (view.readiness, view.detail) == (readiness, "denied" if readiness is Readiness.DENIED else "")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param(StoreRef(name="s"), Key("SecretStore", "team", "s"), id="a SecretStore is of the same namespace"),
        pytest.param(
            StoreRef(name="s", kind="ClusterSecretStore"),
            Key("ClusterSecretStore", "", "s"),
            id="a ClusterSecretStore is of none",
        ),
    ],
)
def test_store_key(reference: StoreRef, expected: Key) -> None:
    assert store_key(reference, "team") == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"provider": {"fake": {}}}, [], id="one provider is fine, even without settings"),
        pytest.param({"provider": {"fake": {}, "aws": None}}, [], id="a null provider does not count"),
        pytest.param({"provider": {}}, ["spec.provider: needs exactly one provider, has none"], id="none"),
        pytest.param({}, ["spec.provider: needs exactly one provider, has none"], id="no provider at all"),
        pytest.param(
            {"provider": {"fake": {}, "aws": {}}},
            ["spec.provider: needs exactly one provider, has aws, fake"],
            id="two",
        ),
        pytest.param(
            {"provider": {"fake": {}}, "unheardOf": {}},
            ["not supported yet: spec.unheardOf"],
            id="a field that is not acted on",
        ),
        pytest.param(
            {"provider": {"fake": {}}, "refreshInterval": -1},
            ["spec.refreshInterval: must not be negative"],
            id="a negative interval",
        ),
    ],
)
def test_store_problems(spec: dict[str, Any], expected: list[str]) -> None:
    assert store_problems({"kind": "ClusterSecretStore", "spec": spec}) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="unset -> the setting"),
        pytest.param(0, None, id="0 -> the setting"),
        pytest.param("0s", None, id="0s -> the setting"),
        pytest.param(30, timedelta(seconds=30), id="a number is seconds"),
        pytest.param("5m", timedelta(minutes=5), id="a text is a Go duration"),
    ],
)
def test_refresh_interval(value: str | int | None, expected: timedelta | None) -> None:
    assert refresh_interval(value) == expected


@pytest.mark.parametrize("value", [pytest.param("5 minutes", id="no Go duration"), pytest.param("-1m", id="negative")])
def test_refresh_interval_is_refused(value: str) -> None:
    with pytest.raises(DurationError):
        refresh_interval(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("30s", 30, id="as the store says"),
        pytest.param(None, 300, id="it says nothing -> the setting"),
        pytest.param("5 minutes", 300, id="it says what cannot be read -> the setting"),
    ],
)
def test_checked_every(value: str | None, expected: int) -> None:
    found = store(spec={"refreshInterval": value})
    assert checked_every(found, timedelta(minutes=5)) == timedelta(seconds=expected)
