"""What the chart makes is valid: applied to an API server that refuses fields it does not know, and for kinds that the
dev cluster does not serve held against the models of the official client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from charts.generation.kustomize import base, namespace
from charts.generation.rendering import Manifest, render
from devcluster import ClusterThread
from tests.chart.test_values_decide_what_is_made import EVERYTHING, IMAGE
from tests.cluster_world import World

OTHERS = ("monitoring.coreos.com/", "cert-manager.io/")
"""Groups of other projects, whose kinds no API server serves by itself."""

NOT_SERVED = {"PodDisruptionBudget": client.V1PodDisruptionBudget, "NetworkPolicy": client.V1NetworkPolicy}
NESTED = re.compile(r"^(?:list\[|dict\(str, )(.*?)[\])]$")


def unknown_fields(model: Any, node: Any, path: str = "") -> Iterator[str]:
    """Yield the fields that a model of the official client does not have."""
    names = {json_name: attribute for attribute, json_name in model.attribute_map.items()}
    for name, value in node.items():
        if name not in names:
            yield f"{path}.{name}"
            continue
        type_ = model.openapi_types[names[name]]
        inner = NESTED.match(type_)
        nested = getattr(client, inner[1] if inner else type_, None)
        if nested is not None:
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                yield from unknown_fields(nested, one, f"{path}.{name}[{index}]")


@pytest.mark.cluster
@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: render(IMAGE), id="defaults"),
        pytest.param(
            lambda: render(IMAGE | {"watchNamespaces": ["shop"], "credentialNamespaces": ["shop"]}), id="listed"
        ),
        pytest.param(lambda: render(EVERYTHING), id="everything on"),
        pytest.param(lambda: [namespace(), *base()], id="the kustomize base"),
    ],
)
def test_the_api_server_takes_it_whole(made: Any, tmp_path: Any) -> None:
    with ClusterThread() as cluster:
        kubeconfig = tmp_path / "kubeconfig"
        cluster.run(cluster.cluster.write_kubeconfig(kubeconfig))
        world = World(kubeconfig)
        for name in ("secrets-operator", "shop"):
            world.ensure_namespace(name)
        for manifest in made():
            if manifest["apiVersion"].startswith(OTHERS):
                continue
            if manifest["kind"] in NOT_SERVED:
                assert list(unknown_fields(NOT_SERVED[manifest["kind"]], manifest)) == []
            else:
                apply_strictly(world, manifest)


def apply_strictly(world: World, manifest: Manifest) -> None:
    version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    resources = world.call("GET", root)["resources"]
    resource = next(one for one in resources if one["kind"] == kind and "/" not in one["name"])
    place = f"/namespaces/{metadata.get('namespace', 'secrets-operator')}" if resource["namespaced"] else ""
    query = {"fieldManager": "helm", "force": "true", "fieldValidation": "Strict"}
    world.call("PATCH", f"{root}{place}/{resource['name']}/{metadata['name']}", body=manifest, query=query)
