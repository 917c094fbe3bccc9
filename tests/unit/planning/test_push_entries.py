"""What a PushSecret pushes to one store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Key
from secrets_operator.planning.push_entries import Place, PushEntry, PushTarget, check_data_to, push_entries
from secrets_operator.resources.push_secret import PushDataTo, PushSecretSpec

VAULT = PushTarget(Key("SecretStore", "team", "vault"), {"region": "eu"})
SHARED = PushTarget(Key("ClusterSecretStore", "", "vault"))
METADATA = {"kind": "PushSecretMetadata"}


def spec(**parts: Any) -> PushSecretSpec:
    complete = {"secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "db"}}}
    return PushSecretSpec.model_validate(complete | parts)


def data(key: str, place: str, member: str = "", **others: Any) -> dict[str, Any]:
    remote = {"remoteKey": place, **({"property": member} if member else {})}
    return {"match": {**({"secretKey": key} if key else {}), "remoteRef": remote}, **others}


def to(**others: Any) -> dict[str, Any]:
    return {"storeRef": {"name": "vault"}, **others}


def keys(strategy: str, _path: str) -> Sequence[str]:
    return ["user", "a/b"] if strategy == "ReverseUnicode" else ["user", "a_U002f_b"]


def rename(_path: str, entry: PushDataTo, chosen: Sequence[str]) -> Mapping[str, str]:
    return {key: f"team/{key}" if entry.rewrite else key for key in chosen}


def entries(given: PushSecretSpec, target: PushTarget = VAULT) -> list[PushEntry]:
    return list(push_entries(given, target, keys=keys, rename=rename))


REWRITE = [{"transform": {"template": "x"}}]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({}, [], id="neither data nor dataTo -> nothing"),
        pytest.param(
            {"data": [data("user", "a"), data("", "b", "inner", metadata=METADATA)]},
            [
                PushEntry("spec.data[0]", Place("a"), "user"),
                PushEntry("spec.data[1]", Place("b", "inner"), metadata=METADATA),
            ],
            id="data -> its entries",
        ),
        pytest.param(
            {"data": [data("a/b", "a", conversionStrategy="ReverseUnicode")]},
            [PushEntry("spec.data[0]", Place("a"), "a/b", conversion="ReverseUnicode")],
            id="a converted key -> named as it is after conversion",
        ),
        pytest.param(
            {"dataTo": [to(metadata=METADATA)]},
            [
                PushEntry("spec.dataTo[0]", Place("a_U002f_b"), "a_U002f_b", metadata=METADATA),
                PushEntry("spec.dataTo[0]", Place("user"), "user", metadata=METADATA),
            ],
            id="dataTo without a condition -> all keys, sorted",
        ),
        pytest.param(
            {"dataTo": [to(match={"regexp": "se"}, rewrite=REWRITE)]},
            [PushEntry("spec.dataTo[0]", Place("team/user"), "user")],
            id="dataTo with an expression -> keys that it matches anywhere, renamed",
        ),
        pytest.param({"dataTo": [to(match={"regexp": "^none$"})]}, [], id="dataTo that matches nothing -> nothing"),
        pytest.param(
            {"dataTo": [to(remoteKey="all", match={"regexp": "^u"})]},
            [PushEntry("spec.dataTo[0]", Place("all"), only=frozenset({"user"}))],
            id="dataTo with a remote key -> one entry with the matching keys",
        ),
        pytest.param(
            {"data": [data("user", "mine")], "dataTo": [to()]},
            [
                PushEntry("spec.data[0]", Place("mine"), "user"),
                PushEntry("spec.dataTo[0]", Place("a_U002f_b"), "a_U002f_b"),
            ],
            id="data and dataTo for the same key -> data",
        ),
        pytest.param(
            {"data": [data("", "whole")], "dataTo": [to(remoteKey="all")]},
            [
                PushEntry("spec.data[0]", Place("whole")),
                PushEntry("spec.dataTo[0]", Place("all"), only=frozenset({"user", "a_U002f_b"})),
            ],
            id="a whole Secret in data and one in dataTo -> both",
        ),
        pytest.param(
            {"dataTo": [to(storeRef={"name": "other"}), to(storeRef={"name": "vault", "kind": "ClusterSecretStore"})]},
            [],
            id="dataTo for other stores -> nothing",
        ),
        pytest.param(
            {"dataTo": [to(storeRef={"labelSelector": {"matchLabels": {"region": "eu"}}}, remoteKey="all")]},
            [PushEntry("spec.dataTo[0]", Place("all"), only=frozenset({"user", "a_U002f_b"}))],
            id="dataTo for stores with a label -> those that have it",
        ),
    ],
)
def test_what_is_pushed(parts: dict[str, Any], expected: list[PushEntry]) -> None:
    assert entries(spec(**parts)) == expected


@pytest.mark.parametrize(
    ("parts", "field", "message"),
    [
        pytest.param(
            {"data": [data("user", "a"), data("nothing", "b")]},
            "spec.data[1].match.secretKey",
            "no key 'nothing'",
            id="a key that the source does not have",
        ),
        pytest.param(
            {"data": [data("a_U002f_b", "a", conversionStrategy="ReverseUnicode")]},
            "spec.data[0].match.secretKey",
            "no key 'a_U002f_b'",
            id="a key by its name before conversion",
        ),
        pytest.param(
            {"dataTo": [to(), to(match={"regexp": "user"})]},
            "spec.dataTo[1]",
            "'user' is pushed by spec.dataTo[0]",
            id="two entries of dataTo with the same place",
        ),
        pytest.param(
            {"data": [data("a_U002f_b", "user")], "dataTo": [to(match={"regexp": "user"})]},
            "spec.dataTo[0]",
            "'user' is pushed by spec.data[0]",
            id="data and dataTo with the same place and different keys",
        ),
    ],
)
def test_nothing_is_pushed_with(parts: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        entries(spec(**parts))
    assert (refused.value.field, message in str(refused.value)) == (field, True)


def test_labels_that_no_store_has_are_a_mistake() -> None:
    given = spec(dataTo=[to(), to(storeRef={"labelSelector": {"matchLabels": {"region": "us"}}})])
    with pytest.raises(InvalidSpec, match=r"spec\.dataTo\[1\]\.storeRef\.labelSelector: no SecretStore"):
        check_data_to(given, [VAULT, SHARED])


@pytest.mark.parametrize(
    ("entry", "recorded"),
    [
        pytest.param(PushEntry("", Place("a")), data("", "a"), id="a whole Secret"),
        pytest.param(
            PushEntry("", Place("a", "b"), "k", conversion="ReverseUnicode", metadata=METADATA),
            data("k", "a", "b", metadata=METADATA, conversionStrategy="ReverseUnicode"),
            id="a key, with everything",
        ),
    ],
)
def test_the_status_records(entry: PushEntry, recorded: dict[str, Any]) -> None:
    assert entry.record() == recorded
