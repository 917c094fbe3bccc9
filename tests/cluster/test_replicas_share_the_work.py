"""Several replicas as processes: they split the work, take over from each other, and never write without a lease.

The leases are short, so that the tests are quick. The dev cluster is one of their own: they read its request log, and
start on it empty.
"""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from devcluster import ClusterThread
from secrets_operator.clock import SystemClock
from secrets_operator.flow import Key
from secrets_operator.planning.sharing import owner_of, tolerated
from tests.cluster.conftest import OPERATOR_NAMESPACE, ROOT
from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import Object, OperatorProcess, World, condition, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

LEASE_SECONDS = 6.0
SHORT_LEASES = (
    "--replicas=3",
    f"--leader-election-lease-duration={LEASE_SECONDS:g}s",
    "--leader-election-renew-deadline=4s",
    "--leader-election-retry-period=500ms",
    "--heartbeat-interval=1s",
    # The tests scrape again and again, and look at sums only.
    "--metrics-per-resource=0",
    "--compat-metrics=none",
)
RESOURCES = 300
WORK = "shared-work"
OWNED = "secrets_operator_owned_keys"


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterThread]:
    """An empty dev cluster."""
    with ClusterThread() as thread:
        yield thread


@pytest.fixture(scope="module")
def kubeconfig_there(cluster: ClusterThread, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shared") / "kubeconfig"
    cluster.run(cluster.cluster.write_kubeconfig(path))
    return path


@pytest.fixture(scope="module")
def there(kubeconfig_there: Path) -> World:
    """That cluster, with our CRDs and nothing else."""
    world = World(kubeconfig_there)
    world.apply_files(ROOT / "crds")
    world.wait_established(ROOT / "crds")
    world.ensure_namespace(OPERATOR_NAMESPACE)
    world.ensure_namespace(WORK)
    return world


def replica(kubeconfig: Path) -> OperatorProcess:
    return OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, options=SHORT_LEASES)


def leases(world: World) -> list[Object]:
    found: list[Object] = world.call("GET", f"/apis/coordination.k8s.io/v1/namespaces/{OPERATOR_NAMESPACE}/leases")[
        "items"
    ]
    return found


def wait_members(operators: list[OperatorProcess], count: int, *, seconds: float = 60.0) -> None:
    wait_for(
        f"{len(operators)} replicas see {count} members",
        lambda: all(one.metric("secrets_operator_members") == count for one in operators),
        seconds=seconds,
    )


def written(operator: OperatorProcess) -> float:
    return operator.metric("secrets_operator_secret_writes_total")


def all_ready(world: World) -> bool:
    items = world.call("GET", f"/apis/external-secrets.io/v1/namespaces/{WORK}/externalsecrets")["items"]
    ready = [one for one in items if (condition(one, "Ready") or {}).get("status") == "True"]
    return len(ready) == RESOURCES


@pytest.fixture(scope="module")
def replicas(there: World, kubeconfig_there: Path) -> Iterator[list[OperatorProcess]]:
    """Three replicas, started at the same moment on an empty cluster, that then got 300 resources to share."""
    with ExitStack() as stack:
        operators = [stack.enter_context(replica(kubeconfig_there)) for _ in range(3)]
        wait_members(operators, 3)
        there.apply(fake_store(WORK, {"k": "value"}))
        for number in range(RESOURCES):
            there.apply(external_secret(WORK, {"k": "k"}, name=f"r{number}"))
        wait_for("everything is in order", partial(all_ready, there), seconds=60)
        stack.callback(lambda: [one.stop() for one in operators])
        yield operators


def test_replicas_that_start_on_an_empty_cluster_make_one_sealing_key(
    there: World, replicas: list[OperatorProcess]
) -> None:
    wait_for("every replica has the certificate", lambda: all(one.get("/v1/cert.pem")[0] == 200 for one in replicas))
    query = {"labelSelector": "sealedsecrets.bitnami.com/sealed-secrets-key"}
    path = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/secrets"
    assert len(there.call("GET", path, query=query)["items"]) == 1
    assert len({one.get("/v1/cert.pem")[1] for one in replicas}) == 1


def test_three_replicas_split_the_resources_within_a_fifth(there: World, replicas: list[OperatorProcess]) -> None:
    """Whatever the names of the replicas are; and who has what can be told from the Leases alone."""
    keys = [str(Key("ExternalSecret", WORK, f"r{number}")) for number in range(RESOURCES)]
    keys.append(str(Key("SecretStore", WORK, "store")))

    def are_even_and_as_the_leases_say() -> bool:
        weights, owned = weights_of(there), {identity(one): one.metric(OWNED) for one in replicas}
        return Counter(owner_of(key, weights) for key in keys) == owned and all(
            RESOURCES / 3 * 0.8 <= count <= RESOURCES / 3 * 1.2 for count in owned.values()
        )

    wait_for("shares are even", are_even_and_as_the_leases_say)


def test_what_is_new_and_falls_to_one_replica_is_shared_out(there: World, replicas: list[OperatorProcess]) -> None:
    """Names are chosen so that all are the largest replica's by hash, and make its share larger than is tolerated."""
    namespace, before = there.create_namespace(), weights_of(there)
    largest = identity(max(replicas, key=lambda one: one.metric(OWNED)))
    there.apply(fake_store(namespace, {"k": "value"}))
    names = (f"n{number}" for number in range(1000))
    its = [name for name in names if owner_of(str(Key("ExternalSecret", namespace, name)), before) == largest][:36]
    for name in its:
        there.apply(external_secret(namespace, {"k": "k"}, name=name))
    resources = RESOURCES + len(its) + 2
    most = resources / 3 + tolerated(resources, 3) + 1
    wait_for("it says that it keeps less", lambda: weights_of(there)[largest] < before[largest])
    wait_for(
        "nobody has too much",
        lambda: total(replicas, "owned_keys") == resources and all(one.metric(OWNED) <= most for one in replicas),
    )
    there.delete_namespace(namespace)
    wait_for("all is as before", lambda: total(replicas, "owned_keys") == RESOURCES + 1)


def test_one_lease_for_each_member(there: World, replicas: list[OperatorProcess]) -> None:
    found = leases(there)
    assert len(found) == len(replicas)
    assert {lease["metadata"]["labels"]["secrets-operator.dev/member"] for lease in found} == {"secrets-operator"}
    assert all(lease["spec"]["holderIdentity"] == lease["metadata"]["name"] for lease in found)


def weights_of(world: World) -> dict[str, int]:
    """Return what the Leases say of who has how much."""
    annotation = "secrets-operator.dev/weight"
    return {one["metadata"]["name"]: int(one["metadata"]["annotations"][annotation]) for one in leases(world)}


def identity(operator: OperatorProcess) -> str:
    """Return the name of a replica's Lease."""
    found = re.search(r'"replica": "([^"]+)"', operator.output)
    assert found is not None
    return found[1]


def total(operators: list[OperatorProcess], metric: str) -> float:
    return sum(one.metric(f"secrets_operator_{metric}") for one in operators)


def edit_all(world: World) -> None:
    """Spoil every Secret, whoever's it is."""
    for number in range(RESOURCES):
        world.edit_secret(WORK, f"r{number}", {"stringData": {"k": "spoilt"}})


def spoilt(world: World) -> int:
    """Count the Secrets that are not as they should be."""
    items = world.call("GET", f"/api/v1/namespaces/{WORK}/secrets")["items"]
    return RESOURCES - len([one for one in items if one["data"].get("k") == "dmFsdWU="])


def test_a_rolling_restart_reads_and_writes_nothing_and_hands_over_at_once(
    there: World, kubeconfig_there: Path, replicas: list[OperatorProcess]
) -> None:
    old = list(replicas)
    new = [replica(kubeconfig_there) for _ in old]
    for one in new:
        one.start()
    replicas.extend(new)
    wait_members(replicas, 6)
    for one in old:
        assert one.stop() == 0
        replicas.remove(one)
        assert identity(one) not in {lease["metadata"]["name"] for lease in leases(there)}
        # Less than what is left of a lease, and more than a moment only because the machine may be busy.
        wait_members(replicas, len(replicas), seconds=LEASE_SECONDS - 2)
    wait_for("all is owned", lambda: total(replicas, "owned_keys") == RESOURCES + 1)
    wait_for("the queues are empty", lambda: total(replicas, "queue_depth") == 0)
    assert total(new, "secret_writes_total") == 0
    assert total(new, "provider_references_total") == 0
    assert len(leases(there)) == len(new)


def test_a_replica_that_cannot_renew_its_lease_stops_writing_before_others_take_over(
    cluster: ClusterThread, there: World, replicas: list[OperatorProcess]
) -> None:
    victim, others = replicas[0], replicas[1:]
    lease = rf".*/leases/{identity(victim)}"
    cluster.call(partial(cluster.cluster.fail_requests, 500, count=10_000, method="PATCH", path=lease))
    try:
        wait_for("it knows that it is out", lambda: victim.metric("secrets_operator_members") == 0)
        assert all(one.metric("secrets_operator_members") == 3 for one in others)
        before = written(victim)
        edit_all(there)
        wait_for("the others put its share right", lambda: not spoilt(there), seconds=60)
        assert written(victim) == before
        # No other replica is better off with an API server that fails, and nothing is gained by calling all unready.
        assert victim.get("/readyz")[0] == 200
        cluster.call(cluster.cluster.clear_faults)
        cluster.call(partial(cluster.cluster.fail_requests, 403, count=10_000, method="PATCH", path=lease))
        wait_for("it says that it may not", lambda: "a Role in the operator's namespace" in victim.get("/readyz")[1])
        assert victim.get("/readyz")[0] == 503
    finally:
        cluster.call(cluster.cluster.clear_faults)
    wait_members(replicas, 3)


def test_a_replica_that_was_frozen_writes_nothing_until_its_lease_is_renewed(
    there: World, replicas: list[OperatorProcess]
) -> None:
    victim, others = replicas[0], replicas[1:]
    before = written(victim)
    victim.process.send_signal(signal.SIGSTOP)
    try:
        edit_all(there)
        wait_for("the others put its share right", lambda: not spoilt(there), seconds=60)
        wait_members(others, 2)
    finally:
        victim.process.send_signal(signal.SIGCONT)
    wait_members(replicas, 3)
    assert written(victim) == before
    assert not spoilt(there)


def oldest_refresh(world: World, namespace: str) -> float:
    """Return the age of the oldest refresh that ExternalSecrets of a namespace tell of, in seconds."""
    items = world.call("GET", f"/apis/external-secrets.io/v1/namespaces/{namespace}/externalsecrets")["items"]
    now = SystemClock().now()
    return max((now - datetime.fromisoformat(one["status"]["refreshTime"])).total_seconds() for one in items)


def test_the_share_of_a_replica_that_dies_is_taken_over_within_a_lease_and_no_refresh_is_missed_by_more(
    there: World, replicas: list[OperatorProcess]
) -> None:
    namespace, interval = there.create_namespace(), 2.0
    there.apply(fake_store(namespace, {"k": "value"}))
    for number in range(12):
        there.apply(external_secret(namespace, {"k": "k"}, name=f"r{number}", refreshInterval=f"{interval:g}s"))
    for number in range(12):
        there.wait_condition("ExternalSecret", namespace, f"r{number}")
    dead, others = replicas.pop(0), list(replicas)
    dead.kill()
    dead.stop()  # reads what it said last
    ages: list[float] = []

    def others_are_alone() -> bool:
        ages.append(oldest_refresh(there, namespace))
        return all(one.metric("secrets_operator_members") == 2 for one in others)

    # A lease, and what a busy machine takes to say so.
    wait_for("the others see that it died", others_are_alone, seconds=LEASE_SECONDS + 2)
    edit_all(there)
    wait_for("all Secrets are put right", lambda: not spoilt(there), seconds=60)
    wait_for("its lease is cleared away", lambda: len(leases(there)) == 2)
    ages.append(oldest_refresh(there, namespace))
    # The status has whole seconds, and the machine may be busy.
    assert max(ages) < interval + LEASE_SECONDS + 3
    wait_for("all are refreshed in time again", lambda: oldest_refresh(there, namespace) < interval + 2)
