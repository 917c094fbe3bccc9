"""GeneratorStates: what they are called, and which of them are to end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from secrets_operator.flow import Key
from secrets_operator.planning.generator_states import (
    FINALIZER,
    OWNER_KEY,
    Kept,
    entry_of,
    kept,
    manifest,
    owner_key,
    printed,
    spent,
)
from secrets_operator.planning.secret_state import Owner

OWNER = Key("ExternalSecret", "shop", "app")
DUE = datetime(2026, 3, 1, tzinfo=UTC)


def state(name: str, entry: str = "0", *, age: int = 0, deadline: datetime | None = None) -> Kept:
    return Kept("shop", name, f"uid-{name}", "uid", entry, ("2026-03-01T00:00:00Z", age), deadline)


FIRST, SECOND, THIRD = state("a", age=1), state("b", age=2), state("c", age=3)


@pytest.mark.parametrize(
    ("states", "entries", "made", "ends"),
    [
        pytest.param([FIRST], {"0"}, {"a"}, [], id="the first one stays"),
        pytest.param([FIRST, SECOND], {"0"}, {"b"}, [], id="the one before the newest stays: somebody may hold it"),
        pytest.param([THIRD, FIRST, SECOND], {"0"}, {"c"}, ["a"], id="the one before that ends"),
        pytest.param([FIRST, SECOND], {"0"}, {"not-yet-in-the-cache"}, ["a"], id="the newest may not be cached yet"),
        pytest.param([FIRST, SECOND], {"0"}, set(), [], id="nothing was made: the newest two stay"),
        pytest.param([FIRST, state("d", deadline=DUE)], {"0"}, {"a"}, [], id="what has an end keeps it"),
        pytest.param([FIRST, SECOND], {"1"}, set(), ["a", "b"], id="the entry generates no more: all end"),
        pytest.param([state("e", "1"), FIRST], {"0", "1"}, {"a", "e"}, [], id="each entry counts for itself"),
    ],
)
def test_what_is_not_used_any_more_ends(states: list[Kept], entries: set[str], made: set[str], ends: list[str]) -> None:
    assert [one.name for one in spent(states, entries=entries, made=made)] == ends


def test_the_label_is_that_of_external_secrets_operator() -> None:
    # As sha3.Sum224 of Go's golang.org/x/crypto prints "ExternalSecret-shop-app-0" in hex.
    assert owner_key(OWNER, "0") == "c0503fd8040fb6960a035aefee93cf87833761d4ad34daac4c985509"
    assert owner_key(OWNER, "0") != owner_key(OWNER, "1")


@pytest.mark.parametrize(
    ("field", "entry"),
    [("spec.dataFrom[12].sourceRef.generatorRef", "12"), ("dataFrom[0]", "0"), ("__pushsecret", "__pushsecret")],
)
def test_an_entry_is_named_by_its_index(field: str, entry: str) -> None:
    assert entry_of(field) == entry


def test_a_state_is_read_as_it_was_written() -> None:
    owner = Owner("external-secrets.io", "ExternalSecret", "app", "uid-app")
    resource = {"kind": "Grafana", "spec": {"url": "https://g.test"}}
    made = manifest(owner, OWNER, "0", resource=resource, state={"id": 1}, mark="00c0ffee")
    assert made["metadata"]["name"] == "gen-externalsecret-app-00c0ffee"
    assert made["metadata"]["finalizers"] == [FINALIZER]
    assert made["metadata"]["labels"] == {OWNER_KEY: owner_key(OWNER, "0")}
    assert made["metadata"]["ownerReferences"] == [
        {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "app", "uid": "uid-app"}
    ]
    assert made["spec"] == {"resource": resource, "state": {"id": 1}}
    made["metadata"] |= {"uid": "u", "creationTimestamp": "2026-03-01T00:00:00Z", "resourceVersion": "7"}
    made["spec"]["garbageCollectionDeadline"] = printed(DUE)
    assert kept(made) == Kept(
        "shop", made["metadata"]["name"], "u", "uid-app", owner_key(OWNER, "0"), ("2026-03-01T00:00:00Z", 7), DUE
    )


def test_a_long_name_leaves_room_for_the_mark() -> None:
    owner = Owner("external-secrets.io", "ExternalSecret", "n" * 253, "u")
    key = Key("ExternalSecret", "shop", "n" * 253)
    assert len(manifest(owner, key, "0", resource={}, state={}, mark="0" * 8)["metadata"]["name"]) <= 253
