"""Whether a namespace may use a store: from the watch where it knows, from the API server where it does not."""

from typing import Any

import pytest

from secrets_operator.fetching.namespace_access import NamespaceAccess
from secrets_operator.flow import Object
from secrets_operator.kube.errors import ApiError, Forbidden, ServerError
from secrets_operator.planning.namespaces import Namespace
from tests.builders import namespace, store
from tests.memory_cluster import MemoryCluster

RED = {"namespaceSelector": {"matchLabels": {"team": "red"}}}
DENIED = "using ClusterSecretStore store from namespace team is denied by its conditions"


def cluster_store(*conditions: dict[str, Any]) -> Object:
    return store(namespace="", spec={"conditions": list(conditions)})


def live(team: str) -> Object:
    return {"kind": "Namespace", "metadata": {"name": "team", "labels": {"team": team}}}


class World:
    """A cluster and what a watch knows of its namespaces."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.known: dict[str, Namespace] = {}
        self.access = NamespaceAccess(self.cluster.client, cached=self.known.get)

    def reads(self) -> int:
        return self.cluster.calls.total()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("team", "denial"), [pytest.param("red", "", id="admitted"), pytest.param("blue", DENIED, id="denied")]
)
async def test_a_watched_namespace_costs_no_call(world: World, team: str, denial: str) -> None:
    world.known["team"] = namespace("team", team=team)
    assert (await world.access.denial(cluster_store(RED), "team"), world.reads()) == (denial, 0)


@pytest.mark.parametrize(
    ("team", "denial"), [pytest.param("red", "", id="admitted"), pytest.param("blue", DENIED, id="denied")]
)
async def test_any_other_is_read_when_it_is_judged(world: World, team: str, denial: str) -> None:
    world.cluster.put(live(team))
    assert (await world.access.denial(cluster_store(RED), "team"), world.reads()) == (denial, 1)


async def test_a_namespace_that_is_not_there_is_denied(world: World) -> None:
    assert await world.access.denial(cluster_store(RED), "team") == DENIED


@pytest.mark.parametrize(
    ("found", "name"),
    [
        pytest.param(store(spec={"conditions": [{}]}), "team", id="a SecretStore"),
        pytest.param(cluster_store(), "team", id="a store without conditions"),
        pytest.param(cluster_store({}), "", id="the operator itself"),
    ],
)
async def test_who_needs_no_judgement(world: World, found: Object, name: str) -> None:
    assert (await world.access.denial(found, name), world.reads()) == ("", 0)


async def test_conditions_that_make_no_sense_admit_nobody(world: World) -> None:
    world.known["team"] = namespace("team", team="red")
    denial = await world.access.denial(cluster_store(RED, {"namespaceRegexes": ["("]}), "team")
    assert denial.startswith("ClusterSecretStore store cannot be used: spec.conditions[1].namespaceRegexes[0]: ")


async def test_a_missing_permission_is_told_with_what_to_do(world: World) -> None:
    world.cluster.failures["get Namespace"] = [Forbidden("x", code=403)]
    denial = await world.access.denial(cluster_store(RED), "team")
    assert denial.endswith("may not read namespace team to judge them: allow it to get namespaces")


async def test_trouble_of_the_api_server_is_no_judgement(world: World) -> None:
    world.cluster.failures["get Namespace"] = [ServerError("x", code=500)]
    with pytest.raises(ApiError):
        await world.access.denial(cluster_store(RED), "team")
