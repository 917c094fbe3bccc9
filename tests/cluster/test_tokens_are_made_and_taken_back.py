"""Generators that ask a service for tokens: the last good Secret outlasts the service, and what is spent is revoked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cluster.manifests import external_secret, generated, generator
from tests.cluster_world import Object, World, wait_for
from tests.token_service import LOGIN, LONG_AGO, STATES, TokenService, token_service

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]
PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


@pytest.fixture
def service() -> Iterator[TokenService]:
    with token_service() as found:
        yield found


def states(world: World, namespace: str) -> list[Object]:
    """Return the GeneratorStates of a namespace, the oldest first."""
    found: list[Object] = world.call("GET", STATES.format(namespace))["items"]
    return sorted(found, key=lambda one: one["spec"]["state"]["tokenID"])


def refresh(world: World, resource: Object, mark: str) -> None:
    resource["metadata"]["annotations"] = {"force-sync": mark}
    world.apply(resource)


def test_a_token_of_a_github_app_outlasts_an_outage_of_github(
    world: World, namespace: str, service: TokenService
) -> None:
    world.put_secret(namespace, "github", {"key": PEM})
    spec = {
        "url": service.url,
        "appID": "1",
        "installID": "2",
        "auth": {"privateKey": {"secretRef": {"name": "github", "key": "key"}}},
    }
    world.apply(generator(namespace, "GithubAccessToken", spec))
    resource = external_secret(namespace, dataFrom=[generated("GithubAccessToken")])
    world.apply(resource)
    world.wait_data(namespace, "app", {"token": b"ghs_1"})
    service.status = 503
    refresh(world, resource, "1")
    says = "GithubAccessToken make failed: GitHub does not answer the request (status 503)"
    failed = world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    assert LOGIN not in failed["message"]
    assert world.data(namespace, "app") == {"token": b"ghs_1"}
    service.status = 0
    world.wait_data(namespace, "app", {"token": b"ghs_2"})


def deadlines(found: list[Object]) -> list[Any]:
    return ["garbageCollectionDeadline" in one["spec"] for one in found]


def test_a_deploy_token_that_is_spent_is_revoked(world: World, namespace: str, service: TokenService) -> None:
    world.put_secret(namespace, "token-service", {"token": LOGIN})
    world.apply(generator(namespace, "GitlabDeployToken", service.gitlab()))
    resource = external_secret(namespace, dataFrom=[generated("GitlabDeployToken")])
    for number in (1, 2, 3):
        refresh(world, resource, str(number))
        world.wait_data(
            namespace, "app", {"token": f"gldt-{number}".encode(), "username": f"gitlab+deploy-token-{number}".encode()}
        )
    wait_for("the oldest has a deadline", lambda: deadlines(states(world, namespace)) == [True, False, False])
    (oldest, *_) = states(world, namespace)
    assert oldest["spec"]["state"] == {"url": service.url, "projectID": "7", "tokenID": 1}
    assert oldest["metadata"]["finalizers"] == ["generatorstate.externalsecrets.io/finalizer"]
    assert "gldt-" not in str(oldest)
    assert service.living == {1, 2, 3}

    service.status = 503
    world.call(
        "PATCH",
        f"{STATES.format(namespace)}/{oldest['metadata']['name']}",
        body=LONG_AGO,
    )
    wait_for("a clean-up that fails", lambda: world.events(namespace, oldest["metadata"]["name"]))
    (event, *_) = world.events(namespace, oldest["metadata"]["name"])
    assert event["reason"] == "CleanupFailed"
    assert LOGIN not in str(event)
    service.status = 0
    wait_for("the oldest token is revoked", lambda: service.living == {2, 3})
    wait_for("its state is gone", lambda: len(states(world, namespace)) == 2)

    world.delete("ExternalSecret", namespace, "app")
    wait_for("all are revoked with their owner", lambda: not service.living)
    wait_for("their states are gone", lambda: not states(world, namespace))
