"""Whose a source is, by its controller class, and which sources an ExternalSecret names."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.planning.controller_classes import is_of_another, is_of_class, named_sources

OTHER = {"controller": "other"}


@pytest.mark.parametrize(
    ("kind", "spec", "ours"),
    [
        pytest.param("SecretStore", {}, True, id="a store without a class is everybody's"),
        pytest.param("SecretStore", {"controller": ""}, True, id="an empty class is none"),
        pytest.param("SecretStore", {"controller": "blue"}, True, id="our own class"),
        pytest.param("ClusterSecretStore", OTHER, False, id="another class"),
        pytest.param("Password", OTHER, False, id="a generator of another class"),
        pytest.param(
            "ClusterGenerator", {"generator": {"passwordSpec": OTHER}}, False, id="a generator inside another"
        ),
        pytest.param("ClusterGenerator", {"generator": {"passwordSpec": {}}}, True, id="one inside without a class"),
        pytest.param("ClusterGenerator", {"generator": {}}, True, id="nothing inside"),
        pytest.param("ClusterGenerator", {"generator": {"passwordSpec": None}}, True, id="an empty spec inside"),
    ],
)
def test_a_source_is_ours_or_not(kind: str, spec: Object, ours: bool) -> None:
    assert is_of_class({"kind": kind, "metadata": {"name": "source"}, "spec": spec}, "blue") is ours


def entry(**source: Any) -> Object:
    return {"sourceRef": source}


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(
            {"secretStoreRef": {"name": "own"}}, [Key("SecretStore", "team", "own")], id="a store of its namespace"
        ),
        pytest.param(
            {"secretStoreRef": {"name": "all", "kind": "ClusterSecretStore"}, "data": [{"secretKey": "k"}]},
            [Key("ClusterSecretStore", "", "all")],
            id="a store of the cluster",
        ),
        pytest.param(
            {"data": [entry(storeRef={"name": "a"})], "dataFrom": [entry(storeRef={"name": "b"})]},
            [Key("SecretStore", "team", "a"), Key("SecretStore", "team", "b")],
            id="stores of entries",
        ),
        pytest.param(
            {
                "dataFrom": [
                    entry(generatorRef={"kind": "Password", "name": "p"}),
                    entry(generatorRef={"kind": "ClusterGenerator", "name": "g"}),
                ]
            },
            [Key("Password", "team", "p"), Key("ClusterGenerator", "", "g")],
            id="generators",
        ),
        pytest.param(
            {"secretStoreRef": "own", "data": None, "dataFrom": ["x", {"sourceRef": 1}, entry(storeRef={"kind": "A"})]},
            [],
            id="what makes no sense names nothing",
        ),
    ],
)
def test_the_sources_that_a_spec_names(spec: Object, named: list[Key]) -> None:
    assert list(named_sources(spec, "team")) == named


FOREIGN = {Key("SecretStore", "team", "theirs"), Key("ClusterGenerator", "", "theirs")}


@pytest.mark.parametrize(
    ("kind", "name", "spec", "anothers"),
    [
        pytest.param("SecretStore", "theirs", {}, True, id="their store"),
        pytest.param("SecretStore", "ours", {}, False, id="our store"),
        pytest.param("ExternalSecret", "app", {"secretStoreRef": {"name": "theirs"}}, True, id="what reads from it"),
        pytest.param(
            "ExternalSecret", "theirs", {"secretStoreRef": {"name": "ours"}}, False, id="its name is no matter"
        ),
        pytest.param(
            "ExternalSecret",
            "app",
            {
                "secretStoreRef": {"name": "ours"},
                "dataFrom": [entry(generatorRef={"kind": "ClusterGenerator", "name": "theirs"})],
            },
            True,
            id="one entry of theirs is enough",
        ),
        pytest.param("PushSecret", "app", {"secretStoreRefs": [{"name": "theirs"}]}, True, id="what pushes to theirs"),
        pytest.param(
            "PushSecret",
            "app",
            {"secretStoreRefs": [{"name": "theirs"}, {"name": "ours"}]},
            False,
            id="one store of ours is enough to push",
        ),
        pytest.param(
            "PushSecret",
            "app",
            {"secretStoreRefs": [{"labelSelector": {"matchLabels": {"a": "b"}}}]},
            False,
            id="stores with some labels may be ours",
        ),
        pytest.param("SealedSecret", "theirs", {}, False, id="kinds without a class are everybody's"),
    ],
)
def test_a_resource_is_anothers_or_not(kind: str, name: str, spec: Object, anothers: bool) -> None:
    found = {"kind": kind, "metadata": {"namespace": "team", "name": name}, "spec": spec}
    assert is_of_another(found, FOREIGN) is anothers
