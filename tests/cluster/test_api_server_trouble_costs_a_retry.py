"""Whatever the API server does, the state of the world is right afterwards, and no good Secret is lost on the way.

These tests break the API server, so they run on a dev cluster of their own, also where TEST_KUBECONFIG is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.embedded_cluster import EmbeddedCluster
from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

ROOT = Path(__file__).parents[2]
NAMESPACE = "broken"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(tmp_path_factory.mktemp("embedded") / "kubeconfig") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def place(embedded: EmbeddedCluster) -> World:
    world = World(embedded.kubeconfig)
    world.apply_files(ROOT / "crds")
    world.wait_established(ROOT / "crds")
    world.ensure_namespace("secrets-operator")
    world.ensure_namespace(NAMESPACE)
    return world


@pytest.fixture(scope="module")
def operator_here(place: World, embedded: EmbeddedCluster) -> Iterator[OperatorProcess]:
    with OperatorProcess(embedded.kubeconfig, "secrets-operator") as process:
        process.wait_ready()
        yield process


@pytest.fixture
def good(place: World, operator_here: OperatorProcess, embedded: EmbeddedCluster) -> Iterator[str]:
    """A Secret in good state, whose value the store then changes."""
    name = f"e{place.call('GET', '/api/v1/namespaces')['metadata']['resourceVersion']}"
    place.apply(fake_store(NAMESPACE, {"k": "old"}, name=name))
    place.apply(external_secret(NAMESPACE, {"k": "k"}, name=name, store=name))
    place.wait_data(NAMESPACE, name, {"k": b"old"})
    place.wait_condition("ExternalSecret", NAMESPACE, name)
    yield name
    embedded.do(lambda cluster: cluster.clear_faults())


def change_through(place: World, name: str, data: dict[str, bytes]) -> None:
    """Change what the resource asks for and see it arrive."""
    place.apply(external_secret(NAMESPACE, dict.fromkeys(data, "k"), name=name, store=name))
    place.wait_data(NAMESPACE, name, data)
    place.wait_condition("ExternalSecret", NAMESPACE, name, status="True")


Break = Callable[[EmbeddedCluster], object]

_SECRET_WRITES = r"/secrets/e\d+"
_STATUS_WRITES = r"/externalsecrets/e\d+/status"


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda e: e.do(lambda c: c.close_watches()), id="it ends every watch"),
        pytest.param(lambda e: e.do(lambda c: c.expire_history()), id="it forgets its history (410)"),
        pytest.param(lambda e: e.run(e.cluster.restart(pause_seconds=1.0)), id="it restarts"),
        pytest.param(
            lambda e: e.do(lambda c: c.fail_requests(500, count=3, method="PATCH", path=_SECRET_WRITES)),
            id="it answers 500 to writes of the Secret",
        ),
        pytest.param(
            lambda e: e.do(lambda c: c.fail_requests(409, count=2, method="PATCH", path=_SECRET_WRITES)),
            id="it answers 409 to writes of the Secret",
        ),
        pytest.param(
            lambda e: e.do(
                lambda c: c.fail_requests(
                    429, count=1, method="PATCH", path=_SECRET_WRITES, headers={"Retry-After": "1"}
                )
            ),
            id="it sheds load (429 with Retry-After)",
        ),
        pytest.param(
            lambda e: e.do(lambda c: c.fail_requests(503, count=2, method="PATCH", path=_STATUS_WRITES)),
            id="it answers 503 to writes of the status",
        ),
        pytest.param(
            lambda e: e.do(lambda c: c.fail_requests(403, count=1, method="PATCH", path=_SECRET_WRITES)),
            id="a role is missing for a moment (403)",
        ),
        pytest.param(lambda e: e.do(lambda c: c.delay_requests(0.5, count=5, method="PATCH")), id="it answers slowly"),
    ],
)
def test_the_change_arrives_all_the_same(place: World, good: str, embedded: EmbeddedCluster, break_it: Break) -> None:
    break_it(embedded)
    change_through(place, good, {"k": b"old", "second": b"old"})


def test_drift_made_while_it_cannot_be_watched_is_healed(place: World, good: str, embedded: EmbeddedCluster) -> None:
    embedded.do(lambda c: c.fail_requests(500, count=None, method="GET", path="watch=true"))
    embedded.do(lambda c: c.close_watches())
    place.edit_secret(NAMESPACE, good, {"stringData": {"k": "by hand"}})
    assert place.data(NAMESPACE, good) == {"k": b"by hand"}
    embedded.do(lambda c: c.clear_faults())
    place.wait_data(NAMESPACE, good, {"k": b"old"})


def test_a_deletion_missed_while_disconnected_is_repaired(place: World, good: str, embedded: EmbeddedCluster) -> None:
    embedded.do(lambda c: c.fail_requests(500, count=None, method="GET", path="watch=true"))
    embedded.do(lambda c: c.close_watches())
    place.delete_secret(NAMESPACE, good)
    embedded.do(lambda c: c.expire_history())
    embedded.do(lambda c: c.clear_faults())
    place.wait_data(NAMESPACE, good, {"k": b"old"})


def test_an_outage_changes_no_condition_and_empties_nothing(
    place: World, good: str, embedded: EmbeddedCluster, operator_here: OperatorProcess
) -> None:
    before = place.get("ExternalSecret", NAMESPACE, good)
    embedded.do(lambda c: c.fail_requests(500, count=None, path="/apis/external-secrets.io"))
    embedded.do(lambda c: c.close_watches())
    wait_for("the outage to be noticed", lambda: "watch.interrupted" in operator_here.output)
    embedded.do(lambda c: c.clear_faults())
    change_through(place, good, {"k": b"old", "after": b"old"})
    after = place.get("ExternalSecret", NAMESPACE, good)
    assert before is not None
    assert after is not None
    assert (
        after["status"]["conditions"][0]["lastTransitionTime"]
        == before["status"]["conditions"][0]["lastTransitionTime"]
    )
