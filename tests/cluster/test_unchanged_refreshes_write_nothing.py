"""What the operator asks of the API server while nothing changes, by the request log of the dev cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devcluster import ClusterThread, LoggedRequest
from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

READS = "secrets_operator_provider_reads_total"
KEYS = {"one": b"1", "two": b"2", "three": b"3"}


@pytest.fixture
def quiet(place: World) -> Iterator[str]:
    """A namespace with a store of three values."""
    namespace = place.create_namespace()
    place.apply(fake_store(namespace, {key: value.decode() for key, value in KEYS.items()}))
    yield namespace
    place.delete_namespace(namespace)


def writes(embedded: ClusterThread, namespace: str) -> list[LoggedRequest]:
    """Return the logged requests in a namespace that may change something."""
    requests = embedded.call(lambda: list(embedded.cluster.requests))
    return [one for one in requests if one.namespace == namespace and one.verb not in {"get", "list", "watch"}]


def refreshed(operator: OperatorProcess, times: int) -> None:
    """Wait until three keys were read that many times more."""
    before = operator.metric(READS)
    wait_for(f"{times} refreshes", lambda: operator.metric(READS) >= before + times * len(KEYS))


def test_a_refresh_of_three_keys_that_finds_the_same_writes_nothing(
    place: World, embedded: ClusterThread, operator_here: OperatorProcess, quiet: str
) -> None:
    place.apply(external_secret(quiet, {key: key for key in KEYS}, refreshInterval="1s"))
    place.wait_data(quiet, "app", KEYS)
    place.wait_condition("ExternalSecret", quiet, "app")
    wait_for("the event", lambda: place.events(quiet, "app"))
    # The first sync was logged, so the log does see writes.
    assert {(one.verb, one.resource) for one in writes(embedded, quiet)} >= {("patch", "secrets"), ("create", "events")}
    embedded.call(embedded.cluster.requests.clear)
    refreshed(operator_here, 2)
    assert writes(embedded, quiet) == []


def test_one_write_each_of_secret_status_and_event_is_all_that_a_first_sync_takes(
    place: World, embedded: ClusterThread, operator_here: OperatorProcess, quiet: str
) -> None:
    wait_for("the store is settled", lambda: place.events(quiet, "store"))
    embedded.call(embedded.cluster.requests.clear)
    place.apply(external_secret(quiet, {key: key for key in KEYS}))
    place.wait_condition("ExternalSecret", quiet, "app")
    wait_for("the event", lambda: place.events(quiet, "app"))
    applied, *made = [(one.verb, one.resource, one.subresource) for one in writes(embedded, quiet)]
    assert applied == ("patch", "externalsecrets", "")
    assert made == [
        ("patch", "secrets", ""),
        ("patch", "externalsecrets", "status"),
        ("create", "events", ""),
    ]
