"""The fake provider: values written in the store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.errors import NotFound, OperatorError, Refused, Terminal, Unsure
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found, Matches, Query, Reference, Rejected
from secrets_operator.provider.conformance import Check, Finds, Known, Opening, Subject, checks
from secrets_operator.provider.fake import PROVIDER, FakeProvider
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.provider.push_contract import RemoteEntry
from secrets_operator.provider.subject import Pushes

DATA = [
    {"key": "plain", "value": "text-4b1d"},
    {"key": "plain", "value": "older-88e2", "version": "v1"},
    {"key": "doc", "value": '{"user":"u-19aa","deep":{"n": 1.50},"none":null}'},
]
SUBJECT = Subject(
    provider=PROVIDER,
    working=Opening({"data": DATA, "validationResult": 0}, MemoryHost()),
    known=[Known(Reference("plain"), b"text-4b1d"), Known(Reference("plain", "v1"), b"older-88e2")],
    absent=Reference("nothing"),
    document=Known(Reference("doc"), DATA[2]["value"].encode()),
    properties={"user": b"u-19aa", "deep.n": b"1.5", "deep": b'{"n": 1.50}', "none": b""},
    keys={"user": b"u-19aa", "deep": b'{"n": 1.50}', "none": b""},
    finds=Finds(
        Query(name="o|l"),
        {"doc": DATA[2]["value"].encode(), "plain": b"older-88e2"},
        nothing=Query(name="^nothing$"),
    ),
    pushes=Pushes(RemoteEntry("pushed", "first"), beside=RemoteEntry("pushed", "second")),
)


@pytest.mark.parametrize("check", checks(SUBJECT), ids=lambda check: check.__name__)
def test_the_fake_provider_keeps_the_contract(check: Check) -> None:
    # What was pushed stays with the provider, and each check is to find nothing.
    asyncio.run(check(replace(SUBJECT, provider=FakeProvider())))


async def fetch_one(reference: Reference, data: list[dict[str, str]] | None = None) -> Any:
    session = await PROVIDER.open({"data": DATA if data is None else data}, MemoryHost())
    return (await session.fetch([reference]))[0]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param(Reference("plain", "v1"), Found(SecretBytes(b"older-88e2")), id="a version is matched exactly"),
        pytest.param(Reference("plain", "v2"), Absent(), id="another version is absent"),
        pytest.param(Reference("doc", "v1"), Absent(), id="a version of an entry without version is absent"),
        pytest.param(Reference("Plain"), Absent(), id="case matters"),
    ],
)
async def test_key_and_version_are_matched_exactly(reference: Reference, expected: Any) -> None:
    assert await fetch_one(reference) == expected


async def test_of_equal_entries_the_last_counts() -> None:
    data = [{"key": "k", "value": "first"}, {"key": "k", "value": "last"}]
    assert await fetch_one(Reference("k"), data) == Found(SecretBytes(b"last"))


async def test_metadata_is_refused_rather_than_ignored() -> None:
    assert isinstance(await fetch_one(Reference("plain", metadata=True)), Rejected)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        pytest.param("^p", {"plain"}, id="an anchored expression"),
        pytest.param("O", set(), id="case matters"),
        pytest.param("(?i)O", {"doc"}, id="unless told otherwise, as in Go"),
        pytest.param(".*", {"doc", "plain"}, id="everything"),
    ],
)
async def test_keys_are_found_by_an_expression(name: str, keys: set[str]) -> None:
    session = await PROVIDER.open({"data": DATA}, MemoryHost())
    answer = await session.find(Query(name=name))
    assert isinstance(answer, Matches)
    assert set(answer.payloads) == keys


@pytest.mark.parametrize("versions", [["v1", "v9", "v10"], ["v9", "v10", "v1"], ["v10", "v1", "v9"]])
async def test_of_several_versions_the_one_that_sorts_last_is_found(versions: list[str]) -> None:
    data = [{"key": "k", "value": version, "version": version} for version in versions]
    session = await PROVIDER.open({"data": data}, MemoryHost())
    assert await session.find(Query(name="k")) == Matches({"k": SecretBytes(b"v9")})


@pytest.mark.parametrize(
    "query", [Query(), Query(path="p", name="k"), Query(name="k", tags=(("a", "b"),)), Query(name="*")]
)
async def test_a_query_that_cannot_be_acted_on_is_rejected(query: Query) -> None:
    session = await PROVIDER.open({"data": DATA}, MemoryHost())
    assert isinstance(await session.find(query), Rejected)


async def test_a_missing_property_is_not_found_and_a_text_has_no_keys() -> None:
    session = await PROVIDER.open({"data": DATA}, MemoryHost())
    with pytest.raises(NotFound, match="property user does not exist"):
        session.select(SecretBytes(b"text-4b1d"), "user")
    with pytest.raises(Terminal, match="not a JSON object"):
        session.extract(SecretBytes(b"text-4b1d"))


@pytest.mark.parametrize(
    ("result", "error"),
    [
        pytest.param(1, Unsure, id="one is unknown"),
        pytest.param(2, Refused, id="two is an error"),
    ],
)
async def test_the_validation_says_what_it_is_told(result: int, error: type[OperatorError]) -> None:
    session = await PROVIDER.open({"validationResult": result}, MemoryHost())
    with pytest.raises(error, match=r"^validationResult: "):
        await session.validate()


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        pytest.param({}, [], id="an empty store is accepted"),
        pytest.param({"data": DATA, "validationResult": 2}, [], id="a full one is accepted"),
        pytest.param({"data": [{"key": "k"}]}, ["data[0].value"], id="an entry without value"),
        pytest.param({"data": [{"key": "", "value": ""}]}, ["data[0].key", "data[0].value"], id="an empty entry"),
        pytest.param({"data": [{"key": "k", "value": 1}]}, ["data[0].value"], id="a value that is no text"),
        pytest.param({"data": [{"key": "k", "value": "v", "version": 1}]}, ["data[0].version"], id="nor a version"),
        pytest.param({"data": [{"key": "k", "value": "v", "valueMap": {}}]}, ["data[0].valueMap"], id="unknown"),
        pytest.param({"data": ["k"]}, ["data[0]"], id="an entry that is no object"),
        pytest.param({"data": {}}, ["data"], id="data that is no list"),
        pytest.param({"validationResult": 3}, ["validationResult"], id="a result out of range"),
        pytest.param({"validationResult": True}, ["validationResult"], id="a result that is a truth value"),
        pytest.param({"dta": []}, ["dta"], id="a misspelt field"),
    ],
)
def test_a_store_is_checked_field_by_field(spec: dict[str, Any], paths: list[str]) -> None:
    assert [problem.path for problem in PROVIDER.problems(spec, store_kind="SecretStore")] == paths
