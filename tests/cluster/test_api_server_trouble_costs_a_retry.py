"""Whatever the API server does, the state of the world is right afterwards, and no good Secret is lost on the way.

These tests break the API server, so they run on a dev cluster of their own, also where TEST_KUBECONFIG is set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from devcluster import ClusterThread
from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

NAMESPACE = "broken"


@pytest.fixture
def good(place: World, operator_here: OperatorProcess, embedded: ClusterThread) -> Iterator[str]:
    """A Secret in good state, whose value the store then changes."""
    place.ensure_namespace(NAMESPACE)
    name = f"e{place.call('GET', '/api/v1/namespaces')['metadata']['resourceVersion']}"
    place.apply(fake_store(NAMESPACE, {"k": "old"}, name=name))
    place.apply(external_secret(NAMESPACE, {"k": "k"}, name=name, store=name))
    place.wait_data(NAMESPACE, name, {"k": b"old"})
    place.wait_condition("ExternalSecret", NAMESPACE, name)
    yield name
    embedded.call(embedded.cluster.clear_faults)


def change_through(place: World, name: str, data: dict[str, bytes]) -> None:
    """Change what the resource asks for and see it arrive."""
    place.apply(external_secret(NAMESPACE, dict.fromkeys(data, "k"), name=name, store=name))
    place.wait_data(NAMESPACE, name, data)
    place.wait_condition("ExternalSecret", NAMESPACE, name, status="True")


Break = Callable[[ClusterThread], object]

_SECRET_WRITES = r"/secrets/e\d+"
_STATUS_WRITES = r"/externalsecrets/e\d+/status"


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda e: e.call(e.cluster.close_watches), id="it ends every watch"),
        pytest.param(lambda e: e.call(e.cluster.expire_history), id="it forgets its history (410)"),
        pytest.param(lambda e: e.run(e.cluster.restart(pause_seconds=1.0)), id="it restarts"),
        pytest.param(
            lambda e: e.call(partial(e.cluster.fail_requests, 500, count=3, method="PATCH", path=_SECRET_WRITES)),
            id="it answers 500 to writes of the Secret",
        ),
        pytest.param(
            lambda e: e.call(partial(e.cluster.fail_requests, 409, count=2, method="PATCH", path=_SECRET_WRITES)),
            id="it answers 409 to writes of the Secret",
        ),
        pytest.param(
            lambda e: e.call(
                partial(
                    e.cluster.fail_requests,
                    429,
                    count=1,
                    method="PATCH",
                    path=_SECRET_WRITES,
                    headers={"Retry-After": "1"},
                )
            ),
            id="it sheds load (429 with Retry-After)",
        ),
        pytest.param(
            lambda e: e.call(partial(e.cluster.fail_requests, 503, count=2, method="PATCH", path=_STATUS_WRITES)),
            id="it answers 503 to writes of the status",
        ),
        pytest.param(
            lambda e: e.call(partial(e.cluster.fail_requests, 403, count=1, method="PATCH", path=_SECRET_WRITES)),
            id="a role is missing for a moment (403)",
        ),
        pytest.param(
            lambda e: e.call(partial(e.cluster.delay_requests, 0.5, count=5, method="PATCH")), id="it answers slowly"
        ),
    ],
)
def test_the_change_arrives_all_the_same(place: World, good: str, embedded: ClusterThread, break_it: Break) -> None:
    break_it(embedded)
    change_through(place, good, {"k": b"old", "second": b"old"})


def test_drift_made_while_it_cannot_be_watched_is_healed(place: World, good: str, embedded: ClusterThread) -> None:
    embedded.call(partial(embedded.cluster.fail_requests, 500, count=None, method="GET", path="watch=true"))
    embedded.call(embedded.cluster.close_watches)
    place.edit_secret(NAMESPACE, good, {"stringData": {"k": "by hand"}})
    assert place.data(NAMESPACE, good) == {"k": b"by hand"}
    embedded.call(embedded.cluster.clear_faults)
    place.wait_data(NAMESPACE, good, {"k": b"old"})


def test_a_deletion_missed_while_disconnected_is_repaired(place: World, good: str, embedded: ClusterThread) -> None:
    embedded.call(partial(embedded.cluster.fail_requests, 500, count=None, method="GET", path="watch=true"))
    embedded.call(embedded.cluster.close_watches)
    place.delete_secret(NAMESPACE, good)
    embedded.call(embedded.cluster.expire_history)
    embedded.call(embedded.cluster.clear_faults)
    place.wait_data(NAMESPACE, good, {"k": b"old"})


def test_an_outage_changes_no_condition_and_empties_nothing(
    place: World, good: str, embedded: ClusterThread, operator_here: OperatorProcess
) -> None:
    before = place.get("ExternalSecret", NAMESPACE, good)
    embedded.call(partial(embedded.cluster.fail_requests, 500, count=None, path="/apis/external-secrets.io"))
    embedded.call(embedded.cluster.close_watches)
    wait_for("the outage to be noticed", lambda: "watch.interrupted" in operator_here.output)
    embedded.call(embedded.cluster.clear_faults)
    change_through(place, good, {"k": b"old", "after": b"old"})
    after = place.get("ExternalSecret", NAMESPACE, good)
    assert before is not None
    assert after is not None
    assert (
        after["status"]["conditions"][0]["lastTransitionTime"]
        == before["status"]["conditions"][0]["lastTransitionTime"]
    )
