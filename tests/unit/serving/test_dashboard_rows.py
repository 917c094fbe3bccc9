"""What the page says of one resource, from what is cached of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.planning.conditions import find
from secrets_operator.planning.marks import EXTERNAL_SECRET_MARKS, external_secret_manager
from secrets_operator.planning.refresh import format_time
from secrets_operator.planning.secret_state import OwnedFields, SecretState
from secrets_operator.serving.dashboard.rows import Drift, Refresh, Row, Source, State, drift, refresh, row, target_of
from tests.builders import (
    DIGESTER,
    NOW,
    at,
    cluster_external_secret,
    condition,
    external_secret,
    push_secret,
    sealed_secret,
    store,
)

KEY = Key("ExternalSecret", "team", "app")
PUSH = Key("PushSecret", "team", "app")
SEALED = Key("SealedSecret", "team", "app")
STORE = Source("store", Key("SecretStore", "team", "store"))


def status(ready: str, *, reason: str = "R", message: str = "why", **more: Any) -> Object:
    return {"conditions": [condition("Ready", ready, reason=reason, message=message)], **more}


def line(key: Key, resource: Object, *foreign: Key) -> Row:
    return row(key, resource, foreign.__contains__)


@pytest.mark.parametrize(
    ("key", "resource", "expected"),
    [
        pytest.param(
            KEY,
            external_secret(status=status("True", refreshTime=format_time(at(-5)))),
            Row(KEY, State.READY, "R", "", (STORE,), at(-5)),
            id="a resource that is ready shows its last sync and no message",
        ),
        pytest.param(
            KEY,
            external_secret(status=status("False", refreshTime=format_time(at(-5)))),
            Row(KEY, State.FAILING, "R", "why", (STORE,), at(-5)),
            id="one that fails shows why, and the sync that went well before",
        ),
        pytest.param(
            KEY,
            external_secret(status=status("Unknown")),
            Row(KEY, State.WAITING, "R", "why", (STORE,)),
            id="one whose success was withdrawn is waiting",
        ),
        pytest.param(
            KEY, external_secret(), Row(KEY, State.WAITING, sources=(STORE,)), id="one without a status is waiting"
        ),
        pytest.param(
            PUSH,
            push_secret(status=status("False", refreshTime=format_time(at(-5)))),
            Row(PUSH, State.FAILING, "R", "why", (STORE,), at(-5)),
            id="a PushSecret shows where it pushes to, why it fails, and the push that went well before",
        ),
        pytest.param(
            SEALED,
            sealed_secret(synced=True),
            Row(SEALED, State.READY, "", "", (Source("ciphertext"),), NOW),
            id="a SealedSecret is judged by its condition Synced",
        ),
        pytest.param(
            Key("ClusterSecretStore", "", "store"),
            store(namespace="", ready=False, message="no"),
            Row(Key("ClusterSecretStore", "", "store"), State.FAILING, "", "no", (Source("fake"),)),
            id="a store shows its provider",
        ),
        pytest.param(
            Key("Password", "team", "p"),
            {"kind": "Password", "metadata": {"name": "p", "namespace": "team"}, "spec": {}},
            Row(Key("Password", "team", "p"), State.DECLARED),
            id="a generator has no state",
        ),
    ],
)
def test_a_row_says_what_the_resource_says(key: Key, resource: Object, expected: Row) -> None:
    assert line(key, resource) == expected


def test_a_store_whose_breaker_is_open_fails_although_it_was_valid() -> None:
    made = store()
    made["status"]["conditions"].append(condition("CircuitOpen", "True", message="left alone"))
    key = Key("SecretStore", "team", "store")
    assert line(key, made) == Row(key, State.FAILING, "", "left alone", (Source("fake"),), NOW)


def test_every_source_is_named_once() -> None:
    own = {"name": "other", "kind": "ClusterSecretStore"}
    entries = [
        {"sourceRef": {"storeRef": own}, "extract": {"key": "k"}},
        {"sourceRef": {"storeRef": own}, "extract": {"key": "l"}},
        {"sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}},
        {"sourceRef": {"generatorRef": {"kind": "ClusterGenerator", "name": "g"}}},
    ]
    assert line(KEY, external_secret(spec={"dataFrom": entries})).sources == (
        STORE,
        Source("other", Key("ClusterSecretStore", "", "other")),
        Source("p", Key("Password", "team", "p")),
        Source("g", Key("ClusterGenerator", "", "g")),
    )


def test_a_namespaced_store_of_a_cluster_external_secret_is_nowhere_in_particular() -> None:
    inner = {"secretStoreRef": {"name": "store"}}
    key = Key("ClusterExternalSecret", "", "shared")
    made = line(key, cluster_external_secret(spec={"externalSecretSpec": inner}))
    assert made.sources == (Source("store"),)


CLUSTER_STORE = Key("ClusterSecretStore", "", "all")
REFS = [{"name": "store"}, {"name": "all", "kind": "ClusterSecretStore"}]


@pytest.mark.parametrize(
    ("refs", "foreign", "state"),
    [
        pytest.param(REFS, [STORE.key, CLUSTER_STORE], State.FOREIGN, id="every store is another operator's"),
        pytest.param(REFS, [CLUSTER_STORE], State.WAITING, id="one store of ours is enough"),
        pytest.param(
            [{"labelSelector": {"matchLabels": {"a": "b"}}}], [STORE.key], State.WAITING, id="stores chosen by labels"
        ),
    ],
)
def test_a_push_secret_is_anothers_when_all_its_stores_are(
    refs: list[Object], foreign: list[Key], state: State
) -> None:
    assert line(PUSH, push_secret(spec={"secretStoreRefs": refs}), *foreign).state is state


def test_stores_that_are_chosen_by_their_labels_are_told_without_a_name() -> None:
    by_labels = {"kind": "ClusterSecretStore", "labelSelector": {"matchLabels": {"a": "b"}}}
    made = line(PUSH, push_secret(spec={"secretStoreRefs": [by_labels]}))
    assert made.sources == (Source("each ClusterSecretStore with certain labels"),)


@pytest.mark.parametrize(
    ("spec", "ready", "expected"),
    [
        pytest.param({"refreshInterval": "0"}, "True", Refresh(text="on change"), id="an interval of 0"),
        pytest.param({"refreshInterval": "1h"}, "False", Refresh(text="retrying"), id="a push that fails"),
        pytest.param({"refreshInterval": "1d"}, "True", Refresh(text="never"), id="an interval that is none"),
    ],
)
def test_when_is_pushed_again(spec: Object, ready: str, expected: Refresh) -> None:
    pushed = push_secret(spec=spec, status=status(ready, refreshTime=format_time(NOW)))
    assert refresh(line(PUSH, pushed), pushed, NOW) == expected


def test_the_next_push_is_within_the_interval() -> None:
    pushed = push_secret(status=status("True", refreshTime=format_time(NOW)))
    found = refresh(line(PUSH, pushed), pushed, NOW).at
    assert found is not None
    assert NOW < found <= NOW + timedelta(minutes=66)


def of(spec: Object, *, synced: datetime | None = NOW) -> Object:
    return external_secret(spec=spec, status={"refreshTime": format_time(synced)} if synced else {})


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param({"refreshPolicy": "OnChange"}, "on change", id="by its policy only when it changes"),
        pytest.param({"refreshPolicy": "CreatedOnce"}, "never", id="by its policy never"),
        pytest.param({"refreshInterval": "0"}, "never", id="an interval of 0 is never"),
        pytest.param({"refreshInterval": "soon"}, "never", id="an interval that cannot be read is never"),
        pytest.param(
            {"syncWindows": {"kind": "deny", "windows": [{"schedule": "@every 1s", "duration": "1h"}]}},
            "soon",
            id="windows that are never open leave no time to tell",
        ),
    ],
)
def test_without_a_time_for_the_next_refresh_the_reason_is_said(spec: Object, text: str) -> None:
    assert refresh(Row(KEY, State.READY), of(spec), NOW) == Refresh(text=text)


def test_the_next_refresh_is_within_the_interval() -> None:
    told = refresh(Row(KEY, State.READY), of({"refreshInterval": "10m"}), NOW)
    assert told.at is not None
    assert timedelta(minutes=5) <= told.at - NOW <= timedelta(minutes=10, seconds=1)


@pytest.mark.parametrize("key", [KEY, SEALED], ids=["an ExternalSecret", "a SealedSecret"])
def test_what_fails_is_tried_again(key: Key) -> None:
    assert refresh(Row(key, State.FAILING), of({}), NOW) == Refresh(text="retrying")


def test_a_store_is_not_refreshed() -> None:
    assert refresh(Row(Key("SecretStore", "team", "store"), State.READY), store(), NOW) == Refresh()


@pytest.mark.parametrize(
    ("key", "resource", "target"),
    [
        pytest.param(KEY, external_secret(), "app", id="its own name"),
        pytest.param(KEY, external_secret(spec={"target": {"name": "db"}}), "db", id="the name it gives"),
        pytest.param(
            KEY,
            external_secret(spec={"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}}),
            "",
            id="none, where it writes another kind",
        ),
        pytest.param(SEALED, sealed_secret(), "app", id="that of the SealedSecret"),
        pytest.param(Key("SecretStore", "team", "store"), store(), "", id="none for a store"),
    ],
)
def test_the_secret_that_is_written(key: Key, resource: Object, target: str) -> None:
    assert target_of(key, resource) == target


def live(*, value: bytes = b"v") -> SecretState:
    digests = {"password": DIGESTER.digest(b"v")}
    return SecretState(
        "app",
        "team",
        labels=EXTERNAL_SECRET_MARKS.labels,
        annotations={EXTERNAL_SECRET_MARKS.hash_annotation: DIGESTER.combine(digests)},
        digests={"password": DIGESTER.digest(value)},
        applied={external_secret_manager("app"): OwnedFields(data=frozenset({"password"}))},
    )


WRITTEN = external_secret(status=status("True", binding={"name": "app"}))


@pytest.mark.parametrize(
    ("resource", "state", "expected"),
    [
        pytest.param(WRITTEN, live(), Drift.NONE, id="as it was applied"),
        pytest.param(WRITTEN, live(value=b"hand"), Drift.CHANGED, id="changed by somebody else"),
        pytest.param(WRITTEN, None, Drift.MISSING, id="deleted by somebody else"),
        pytest.param(external_secret(), None, Drift.UNKNOWN, id="never written"),
        pytest.param(external_secret(), live(value=b"hand"), Drift.UNKNOWN, id="somebody else's from the start"),
    ],
)
def test_drift_compares_with_what_was_applied(resource: Object, state: SecretState | None, expected: Drift) -> None:
    assert drift(line(KEY, resource), resource, state, DIGESTER) is expected


def test_a_sealed_secret_that_says_synced_misses_its_secret() -> None:
    resource = sealed_secret(synced=True)
    assert find(resource["status"]["conditions"], "Synced")
    assert drift(line(SEALED, resource), resource, None, DIGESTER) is Drift.MISSING


def test_of_what_another_operator_looks_after_nothing_is_said() -> None:
    foreign = Key("SecretStore", "team", "store")
    resource = external_secret(status=status("False", binding={"name": "app"}))
    known = line(KEY, resource, foreign)
    assert known == Row(KEY, State.FOREIGN, sources=(STORE,))
    assert (refresh(known, resource, NOW), drift(known, resource, None, DIGESTER)) == (Refresh(), Drift.UNKNOWN)
    assert line(foreign, store(ready=False), foreign) == Row(foreign, State.FOREIGN, sources=(Source("fake"),))


def test_the_children_of_a_cluster_external_secret_are_ours_to_make_whoever_fills_them() -> None:
    named = {"externalSecretSpec": {"secretStoreRef": {"name": "shared", "kind": "ClusterSecretStore"}}}
    key, shared = Key("ClusterExternalSecret", "", "shared"), Key("ClusterSecretStore", "", "shared")
    assert line(key, cluster_external_secret(spec=named), shared).state is State.WAITING
