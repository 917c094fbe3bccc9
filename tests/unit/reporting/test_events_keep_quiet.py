"""Events are emitted for things that happen, once in a while, and never stop anything."""

import pytest

from secrets_operator.flow import Object
from secrets_operator.kube.errors import Forbidden
from secrets_operator.reporting.events import WARNING, Event, Events
from tests.builders import external_secret, sealed_secret, store
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster

FAILED = Event("UpdateFailed", "denied", WARNING)
WRITTEN = Event("Updated", "Updated Secret app", repeats=True)
APP = external_secret()


@pytest.mark.parametrize(
    ("target", "event", "pause", "emitted"),
    [
        pytest.param(APP, FAILED, 599, 1, id="the same failure within 10 minutes -> once"),
        pytest.param(APP, FAILED, 601, 2, id="the same failure after 10 minutes -> again"),
        pytest.param(APP, Event("UpdateFailed", "throttled", WARNING), 1, 2, id="another message is news"),
        pytest.param(external_secret("other"), FAILED, 1, 2, id="another resource is news"),
        pytest.param(external_secret(uid="again"), FAILED, 1, 2, id="a namesake applied again is another resource"),
    ],
)
async def test_repetition(target: Object, event: Event, pause: float, emitted: int) -> None:
    cluster, clock = MemoryCluster(), HandClock()
    events = Events(cluster.client, clock)
    await events.emit(APP, FAILED)
    clock.pass_by(pause)
    await events.emit(target, event)
    assert len(cluster.events()) == emitted


async def test_what_is_news_every_time_is_emitted_every_time() -> None:
    cluster = MemoryCluster()
    events = Events(cluster.client, HandClock())
    for _ in range(3):
        await events.emit(APP, WRITTEN)
    assert cluster.events() == [("Updated", "Updated Secret app")] * 3


async def test_the_quiet_period_begins_with_what_was_emitted_not_with_what_was_held_back() -> None:
    cluster, clock = MemoryCluster(), HandClock()
    events = Events(cluster.client, clock)
    for _ in range(10):
        await events.emit(APP, FAILED)
        clock.pass_by(100)
    assert len(cluster.events()) == 2


@pytest.mark.parametrize(
    ("target", "component", "namespace", "about"),
    [
        pytest.param(APP, "external-secrets", "team", "team", id="an ExternalSecret"),
        pytest.param(store(), "secret-store", "team", "team", id="a SecretStore"),
        pytest.param(store(namespace=""), "cluster-secret-store", "default", "", id="a ClusterSecretStore, in default"),
        pytest.param(sealed_secret(), "sealed-secrets", "team", "team", id="a SealedSecret"),
    ],
)
async def test_an_event_is_in_the_name_users_know(target: Object, component: str, namespace: str, about: str) -> None:
    cluster = MemoryCluster()
    await Events(cluster.client, HandClock()).emit(target, Event("R", "two\nlines"))
    ((kind, emitted_in, name), event) = next(iter(cluster.objects.items()))
    assert (kind, emitted_in, event["source"], event["message"], event["type"]) == (
        "Event",
        namespace,
        {"component": component},
        "two lines",
        "Normal",
    )
    assert name.startswith(target["metadata"]["name"] + ".")
    involved = event["involvedObject"]
    assert (involved["kind"], involved["namespace"], involved["uid"]) == (
        target["kind"],
        about,
        target["metadata"]["uid"],
    )
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-03-01T12:00:00Z"


async def test_a_lost_event_stops_nothing() -> None:
    cluster = MemoryCluster()
    cluster.failures["create Event"] = [Forbidden("no", code=403)]
    events = Events(cluster.client, HandClock())
    await events.emit(APP, WRITTEN)
    await events.emit(APP, WRITTEN)
    assert len(cluster.events()) == 1
