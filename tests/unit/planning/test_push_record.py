"""What is recorded as pushed, and what of it is to go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from secrets_operator.flow import Key, Object
from secrets_operator.planning.push_entries import Place, PushEntry
from secrets_operator.planning.push_record import (
    is_claimed,
    merged,
    overlap,
    place_of,
    store_of,
    surplus,
)
from tests.builders import metadata

STORE = Key("SecretStore", "team", "vault")


def record(*places: str, store: str = "SecretStore/vault") -> dict[str, dict[str, Any]]:
    """Return a record of places, written as ``key`` or ``key/property``."""
    made = [Place(*text.split("/")) for text in places]
    return {store: {str(place): PushEntry("", place).record() for place in made}} if made else {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(record("a"), record("a"), {}, id="still wanted -> stays"),
        pytest.param(record("a", "b"), record("b"), record("a"), id="wanted no more -> goes"),
        pytest.param(record("a"), {}, record("a"), id="nothing wanted at a store -> all of it goes"),
        pytest.param({}, record("a"), {}, id="never pushed -> nothing goes"),
        pytest.param(record("a/x"), record("a/y"), record("a/x"), id="another property -> the old one goes"),
        pytest.param(record("a"), record("a/x"), {}, id="the whole became a property -> stays, it holds the property"),
        pytest.param(record("a/x"), record("a"), {}, id="a property became the whole -> stays, it is inside"),
        pytest.param(record("a/x"), record("a/x.y"), {}, id="a property became one inside it -> stays"),
        pytest.param(record("a/x.y"), record("a/x"), {}, id="a property became one around it -> stays"),
        pytest.param(record("a/x"), record("a/xy"), record("a/x"), id="a longer name is another property"),
        pytest.param(
            record("a"), record("a", store="SecretStore/other"), record("a"), id="another store -> the old one's goes"
        ),
    ],
)
def test_what_goes(old: Any, new: Any, expected: Any) -> None:
    assert surplus(old, new) == expected


def test_what_is_merged_has_both() -> None:
    old, new = record("a", "b"), record("c", store="ClusterSecretStore/vault") | record("b", "d")
    assert merged(old, new) == record("a", "b", "d") | record("c", store="ClusterSecretStore/vault")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("SecretStore/vault", STORE, id="a store of the namespace"),
        pytest.param("ClusterSecretStore/vault", Key("ClusterSecretStore", "", "vault"), id="a store of the cluster"),
        pytest.param("Secret/vault", None, id="something else"),
        pytest.param("SecretStore", None, id="no name"),
    ],
)
def test_a_record_means_the_store(text: str, key: Key | None) -> None:
    assert store_of(text, "team") == key


def other(namespace: str = "team", *, records: Any = None, **spec: Any) -> Object:
    return {
        "metadata": metadata("other", namespace),
        "spec": {"secretStoreRefs": [{"name": "vault"}], **spec},
        "status": {"syncedPushSecrets": records or {}},
    }


WANTS_A = [{"match": {"remoteRef": {"remoteKey": "a"}}}]
SHARED_REF = [{"name": "vault", "kind": "ClusterSecretStore"}]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(other(records=record("a")), True, id="another has pushed to it"),
        pytest.param(other(data=WANTS_A), True, id="another is to push to it"),
        pytest.param(other(data=WANTS_A, secretStoreRefs=[{"labelSelector": {}}]), True, id="another may, by labels"),
        pytest.param(other(records=record("a/x")), True, id="another has a property of it"),
        pytest.param(other(records=record("b"), data=[]), False, id="another has something else"),
        pytest.param(other("elsewhere", records=record("a")), False, id="another has it at a namesake of the store"),
        pytest.param(other(data=WANTS_A, secretStoreRefs=SHARED_REF), False, id="another is to push to another store"),
    ],
)
def test_a_place_is_claimed_when(one: Object, *, expected: bool) -> None:
    assert is_claimed(Place("a"), STORE, [one]) is expected


def test_a_place_of_a_cluster_store_is_claimed_from_any_namespace() -> None:
    shared = Key("ClusterSecretStore", "", "vault")
    claims = other("elsewhere", records=record("a", store="ClusterSecretStore/vault"))
    assert is_claimed(Place("a"), shared, [claims])


PLACES = some.builds(Place, some.sampled_from("ab"), some.sampled_from(["", "x", "x.y", "y"]))
RECORDS = some.dictionaries(
    some.sampled_from(["SecretStore/one", "SecretStore/two"]),
    some.sets(PLACES).map(lambda places: {str(place): PushEntry("", place).record() for place in places}),
)


@given(RECORDS, RECORDS)
def test_nothing_that_goes_is_or_holds_or_lies_in_something_wanted_and_nothing_is_lost(old: Any, new: Any) -> None:
    goes = surplus(old, new)
    for store, entries in goes.items():
        assert entries.keys() <= old[store].keys()
        for recorded in entries.values():
            assert not any(overlap(place_of(recorded), place_of(wanted)) for wanted in new.get(store, {}).values())
    for store, entries in old.items():
        for name, recorded in entries.items():
            covered = any(overlap(place_of(recorded), place_of(wanted)) for wanted in new.get(store, {}).values())
            assert covered or name in goes[store]
