"""An API server that stores more than what was applied: that is neither drift nor something to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from secrets_operator.applying.manifests import ManifestObjects, Manifests
from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import NotFound, ResourceUnknown, ServerError
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.desired import from_manifest
from secrets_operator.planning.external_secret import Wanted, wanted
from secrets_operator.planning.generic_targets import TargetKind
from secrets_operator.planning.targets import DesiredSecret, nothing_to_write, secret_is_intact
from secrets_operator.rendering.manifest_template import RenderedManifest
from tests.builders import DIGESTER, external_secret

WIDGETS = Resource("example.test", "v1", "widgets", "Widget")
PLANETS = Resource("example.test", "v1", "planets", "Planet", namespaced=False)
KIND = TargetKind("example.test/v1", "Widget")


def want() -> Wanted:
    read = wanted(external_secret(spec={"target": {"manifest": {"apiVersion": KIND.api_version, "kind": KIND.kind}}}))
    assert isinstance(read, Wanted)
    return read


def desired(host: str = "h") -> DesiredSecret:
    fields = {"spec": {"host": host, "rules": [{"from": "a"}]}}
    return from_manifest(want(), RenderedManifest(fields), DIGESTER)


class Defaulting:
    """An API server that adds a protocol to each rule; lists are atomic, so who applied one owns the default too."""

    def __init__(self) -> None:
        self.stored: Object | None = None
        self.error: Exception | None = None

    async def served(self, group: str, version: str) -> tuple[Resource, ...]:
        if version != "v1":
            raise ResourceUnknown(f"no {group}/{version}", code=404)
        return (WIDGETS, PLANETS)

    async def get(self, _resource: Resource, _namespace: str, name: str) -> Object:
        if self.stored is None:
            raise NotFound(f"no {name}", code=404)
        return self.stored

    async def apply(
        self, _resource: Resource, _namespace: str, _name: str, body: Mapping[str, Any], *, manager: str
    ) -> Object:
        if self.error is not None:
            raise self.error
        spec = {**body["spec"], "rules": [{"protocol": "TCP", **rule} for rule in body["spec"]["rules"]]}
        members: Object = {
            f"f:{part}": {f"f:{name}": {} for name in body["metadata"][part]} for part in ("labels", "annotations")
        }
        owned = {"f:spec": {"f:host": {}, "f:rules": {}}, "f:metadata": members}
        entry = {"manager": manager, "operation": "Apply", "fieldsV1": owned}
        self.stored = {**body, "spec": spec, "metadata": {**body["metadata"], "uid": "u", "managedFields": [entry]}}
        return self.stored


@pytest.fixture
def server() -> Defaulting:
    return Defaulting()


async def objects_of(server: Defaulting) -> ManifestObjects:
    """Return what a process that has just started knows of the kind."""
    client = cast("Client", server)
    return await Manifests(client, cached=lambda *_: None, digester=DIGESTER).of(KIND)


async def test_what_came_back_from_an_apply_is_what_was_meant(server: Defaulting) -> None:
    objects = await objects_of(server)
    await objects.apply(desired())
    state = await objects.state("team", "app")
    assert nothing_to_write(desired(), state, DIGESTER)
    assert secret_is_intact(state, want().manager, want().marks, DIGESTER)


async def test_another_value_is_still_something_to_write(server: Defaulting) -> None:
    objects = await objects_of(server)
    await objects.apply(desired())
    assert not nothing_to_write(desired("other"), await objects.state("team", "app"), DIGESTER)


async def test_an_edit_is_still_drift(server: Defaulting) -> None:
    objects = await objects_of(server)
    await objects.apply(desired())
    assert server.stored is not None
    server.stored["spec"]["rules"][0]["protocol"] = "UDP"
    state = await objects.state("team", "app")
    assert not secret_is_intact(state, want().manager, want().marks, DIGESTER)
    assert not nothing_to_write(desired(), state, DIGESTER)


async def test_after_a_restart_one_apply_shows_that_nothing_is_different(server: Defaulting) -> None:
    await (await objects_of(server)).apply(desired())
    restarted = await objects_of(server)
    before = await restarted.state("team", "app")
    assert not nothing_to_write(desired(), before, DIGESTER)
    # The same state before and after: there is nothing to announce.
    assert await restarted.apply(desired()) == before
    assert nothing_to_write(desired(), await restarted.state("team", "app"), DIGESTER)


async def test_a_field_that_the_schema_lacks_is_told_and_its_value_is_not(server: Defaulting) -> None:
    server.error = ServerError("cannot apply", code=500)
    with pytest.raises(Retryable, match="does its schema have all the fields") as caught:
        await (await objects_of(server)).apply(desired("hunter2"))
    assert not isinstance(caught.value, ServerError)
    assert "hunter2" not in str(caught.value)


async def test_an_api_server_that_is_away_is_trouble_of_its_own(server: Defaulting) -> None:
    server.error = ServerError("cannot apply", code=503)
    with pytest.raises(ServerError):
        await (await objects_of(server)).apply(desired())


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        pytest.param(TargetKind("example.test/v9", "Widget"), Retryable, "has no Widget", id="a version not served"),
        pytest.param(TargetKind("example.test/v1", "Gadget"), Retryable, "has no Gadget", id="a kind not served"),
        pytest.param(TargetKind("example.test/v1", "Planet"), InvalidSpec, "is cluster-wide", id="no namespaced kind"),
    ],
)
async def test_a_kind_that_cannot_be_written(
    server: Defaulting, kind: TargetKind, error: type[Exception], says: str
) -> None:
    manifests = Manifests(cast("Client", server), cached=lambda *_: None, digester=DIGESTER)
    with pytest.raises(error, match=says):
        await manifests.of(kind)
