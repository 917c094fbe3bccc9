"""Which rows a query shows, in which order, and that a change costs only the row that changed."""

from __future__ import annotations

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Key, Object
from secrets_operator.serving.dashboard.filters import Filter, detail_query, read_filter, read_key
from secrets_operator.serving.dashboard.listing import PAGE_ROWS, Listing
from secrets_operator.serving.dashboard.rows import State
from tests.builders import condition, external_secret, store
from tests.page_world import Held

KINDS = {"ExternalSecret", "ClusterSecretStore"}


def resource(name: str, namespace: str = "team", *, ready: str = "True") -> Object:
    return external_secret(name, namespace, status={"conditions": [condition("Ready", ready)]})


def listing(*resources: Object) -> tuple[Listing, Held]:
    held = Held(*resources)
    return Listing({"ExternalSecret": held, "ClusterSecretStore": Held(store(namespace=""))}, "default"), held


async def names(made: Listing, wanted: Filter) -> list[str]:
    return [row.key.name for row in (await made.page(wanted, KINDS)).rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, ["failed", "store", "a", "b", "c"], id="failing first, then by namespace, kind and name"),
        pytest.param({"namespace": "other"}, ["c"], id="one namespace"),
        pytest.param({"namespace": " other "}, ["c"], id="space around a namespace does not count"),
        pytest.param({"kind": "ClusterSecretStore"}, ["store"], id="one kind"),
        pytest.param({"state": "failing"}, ["failed"], id="one state"),
        pytest.param({"name": "ail"}, ["failed"], id="a part of the name"),
        pytest.param({"state": "ready", "namespace": "team"}, ["a", "b"], id="several conditions all hold"),
        pytest.param({"namespace": "nowhere"}, [], id="nothing"),
    ],
)
async def test_a_query_chooses_rows(query: dict[str, str], expected: list[str]) -> None:
    made, _ = listing(resource("b"), resource("a"), resource("c", "other"), resource("failed", ready="False"))
    found = await names(made, read_filter(query))
    assert sorted(found) == sorted(expected)
    if query:
        assert found == expected


async def test_failing_rows_come_first_and_the_rest_by_namespace_kind_and_name() -> None:
    made, _ = listing(resource("b"), resource("a"), resource("c", "other"), resource("failed", "zone", ready="False"))
    assert await names(made, Filter()) == ["failed", "store", "c", "a", "b"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param({"kind": "Secret"}, "kind", id="a kind that is not shown"),
        pytest.param({"state": "fine"}, "state", id="a state that does not exist"),
        pytest.param({"page": "0"}, "page", id="a page before the first"),
        pytest.param({"page": "-1"}, "page", id="a negative page"),
        pytest.param({"page": "²"}, "page", id="a digit that is no number"),
        pytest.param({"page": "9999999"}, "page", id="a page beyond all reason"),
        pytest.param({"name": "n" * 254}, "name", id="a name no object can have"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        read_filter(query)
    assert caught.value.field == field


def test_a_key_is_found_again_by_its_query() -> None:
    key = Key("ExternalSecret", "team", "a b&c=d")
    query = dict(part.split("=") for part in detail_query(key)[1:].split("&"))
    assert query == {"kind": "ExternalSecret", "namespace": "team", "name": "a+b%26c%3Dd"}
    assert read_key({"kind": "ExternalSecret", "namespace": "team", "name": "a b&c=d"}) == key


@pytest.mark.parametrize("query", [{}, {"kind": "Secret", "name": "a"}, {"kind": "ExternalSecret"}], ids=str)
def test_a_query_without_a_resource_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidSpec):
        read_key(query)


async def test_a_change_moves_its_row_and_a_deletion_takes_it_out() -> None:
    made, held = listing(resource("a"), resource("b"))
    assert await names(made, Filter()) == ["store", "a", "b"]
    held.put(resource("b", ready="False"))
    made.changed(Key("ExternalSecret", "team", "b"))
    assert await names(made, Filter()) == ["b", "store", "a"]
    held.remove("team", "b")
    made.changed(Key("ExternalSecret", "team", "b"))
    assert await names(made, Filter()) == ["store", "a"]


async def test_only_changed_rows_are_made_anew() -> None:
    made, held = listing(resource("a"), resource("b"))
    await names(made, Filter())
    held.reads = 0
    await names(made, Filter())
    assert held.reads == 0
    made.changed(Key("ExternalSecret", "team", "a"))
    await names(made, Filter())
    assert held.reads == 1


async def test_thousands_are_shown_in_pages_of_two_hundred() -> None:
    made, _ = listing(*(resource(f"r{number:04}") for number in range(1000)))
    page = await made.page(Filter(kind="ExternalSecret"), KINDS)
    assert (len(page.rows), page.pages, page.total, page.counts) == (PAGE_ROWS, 5, 1000, {State.READY: 1000})
    last = await made.page(Filter(kind="ExternalSecret", page=99), KINDS)
    assert (last.number, last.rows[-1].key.name) == (5, "r0999")


async def test_kinds_that_a_visitor_may_not_list_are_left_out() -> None:
    made, _ = listing(resource("a"))
    page = await made.page(Filter(), {"ExternalSecret"})
    assert [row.key.name for row in page.rows] == ["a"]
    assert await made.readers(Key("SecretStore", "team", "store"), set()) == []


async def test_a_store_knows_who_reads_from_it() -> None:
    made, _ = listing(resource("a"), resource("b", "other"))
    readers = await made.readers(Key("SecretStore", "team", "store"), KINDS)
    assert [row.key.name for row in readers] == ["a"]


@pytest.mark.parametrize("others", [0, 600], ids=["a few rows", "rows that are made in turns"])
async def test_a_store_that_changes_its_controller_class_takes_its_readers_along(others: int) -> None:
    shared = {"secretStoreRef": {"name": "store", "kind": "ClusterSecretStore"}}
    reader = external_secret("reader", spec=shared, status={"conditions": [condition("Ready", "True")]})
    stores = Held(store(namespace="", spec={"controller": "other"}))
    held = Held(reader, *(resource(f"other-{number}") for number in range(others)))
    made = Listing({"ExternalSecret": held, "ClusterSecretStore": stores}, "default")
    assert await names(made, Filter(state="foreign")) == ["store", "reader"]
    stores.put(store(namespace=""))
    made.changed(Key("ClusterSecretStore", "", "store"))
    assert await names(made, Filter(state="foreign")) == []
    assert (await made.page(Filter(), KINDS)).counts[State.READY] == 2 + others
    stores.remove("", "store")
    made.changed(Key("ClusterSecretStore", "", "store"))
    assert (await made.page(Filter(), KINDS)).counts[State.READY] == 1 + others
