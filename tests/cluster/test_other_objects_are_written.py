"""spec.target.manifest: ConfigMaps and custom resources, under the promises that hold for Secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import GENERIC_TARGETS, OPERATOR_NAMESPACE
from tests.cluster.manifests import aws_store, external_secret, fake_store, generated, generator
from tests.cluster_world import Aws, Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator", "widgets")]

VALUES = {"one": "1", "two": "2"}
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap"}
WIDGET = {"apiVersion": "example.test/v1", "kind": "Widget"}
RULE = {
    "type": "object",
    "properties": {"from": {"type": "string"}, "protocol": {"type": "string", "default": "TCP"}},
}
SPEC = {
    "type": "object",
    "properties": {
        "host": {"type": "string"},
        "port": {"type": "integer"},
        "replicas": {"type": "integer", "default": 1},
        "rules": {"type": "array", "items": RULE},
        "data": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def definition(kind: str, plural: str, *, scope: str = "Namespaced") -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.test"},
        "spec": {
            "group": "example.test",
            "scope": scope,
            "names": {"kind": kind, "plural": plural},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}},
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def widgets(world: World) -> Iterator[None]:
    """Custom resources that a platform might have: one with a namespace, one without."""
    definitions = [definition("Widget", "widgets"), definition("Planet", "planets", scope="Cluster")]
    for made in definitions:
        world.apply(made)
    wait_for("widgets are served", lambda: world.find("/apis/example.test/v1/namespaces/default/widgets"))
    yield
    for made in definitions:
        world.call("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{made['metadata']['name']}")


def resource(namespace: str, data: dict[str, str], manifest: Object = CONFIG_MAP, **more: Any) -> Object:
    """Return an ExternalSecret with a manifest; ``more`` belongs to the target, but for some of the spec."""
    of_spec = {name: more.pop(name) for name in ("refreshInterval", "store", "name", "dataFrom") if name in more}
    return external_secret(namespace, data, target={"manifest": manifest, **more}, **of_spec)


def data_of(world: World, namespace: str, name: str = "app") -> dict[str, str] | None:
    found = world.config_map(namespace, name)
    return None if found is None else found.get("data", {})


def wait_config_map(world: World, namespace: str, expected: dict[str, str], name: str = "app") -> None:
    wait_for(f"ConfigMap {name} holds {expected}", lambda: data_of(world, namespace, name) == expected)


def spec_of(world: World, namespace: str, name: str = "app") -> Object:
    return (world.get("Widget", namespace, name) or {}).get("spec") or {}


def edit(world: World, namespace: str, kind: str, change: Object, name: str = "app") -> None:
    root = "/apis/example.test/v1" if kind == "widgets" else "/api/v1"
    path = f"{root}/namespaces/{namespace}/{kind}/{name}"
    world.call("PATCH", path, body=change, query={"fieldManager": "kubectl-edit"})


def reasons(world: World, namespace: str) -> list[str]:
    return [event["reason"] for event in world.events(namespace, "app")]


def test_a_config_map_is_written_and_owned(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}))
    wait_config_map(world, namespace, {"k": "1"})
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceSynced", says="resource synced")
    made = world.config_map(namespace, "app")
    assert made is not None
    assert [owner["kind"] for owner in made["metadata"]["ownerReferences"]] == ["ExternalSecret"]
    assert made["metadata"]["labels"]["reconcile.external-secrets.io/managed"] == "true"
    status = (world.get("ExternalSecret", namespace, "app") or {})["status"]
    assert "binding" not in status
    assert world.secret(namespace, "app") is None
    wait_for("the event", lambda: reasons(world, namespace) == ["Created"])


def test_a_custom_resource_without_template_has_the_values_in_its_spec(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, WIDGET))
    wait_for("the values", lambda: spec_of(world, namespace).get("data") == {"k": "1"})


def test_a_template_shapes_a_custom_resource_and_defaults_are_no_drift(
    world: World, namespace: str, operator: OperatorProcess
) -> None:
    template = {
        "metadata": {"labels": {"team": "red"}},
        "templateFrom": [
            {"literal": "host: h-{{ .k }}\nport: 80", "target": "spec"},
            {"literal": "from: f-{{ .k }}", "target": "spec.rules[0]"},
        ],
    }
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, WIDGET, template=template, refreshInterval="1s"))
    expected = {"host": "h-1", "port": 80, "replicas": 1, "rules": [{"from": "f-1", "protocol": "TCP"}]}
    wait_for("the widget", lambda: spec_of(world, namespace) == expected)
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceSynced")
    before = world.get("Widget", namespace, "app")
    reads = operator.metric("secrets_operator_provider_reads_total")
    wait_for("refreshes", lambda: operator.metric("secrets_operator_provider_reads_total") >= reads + 2)
    assert world.get("Widget", namespace, "app") == before
    assert "DriftHealed" not in reasons(world, namespace)
    assert before is not None
    assert before["metadata"]["labels"]["team"] == "red"


def test_passwords_outlive_a_restart_and_a_lost_label(world: World, kubeconfig: Path, namespace: str) -> None:
    world.apply(generator(namespace, "Password", {}))
    password: Object = {"dataFrom": [generated("Password")]}
    # A list whose items get a default: what is read back is not what was written.
    listed = {"templateFrom": [{"literal": "from: f-{{ .password }}", "target": "spec.rules[0]"}]}
    world.apply(resource(namespace, {}, name="config", **password))
    world.apply(resource(namespace, {}, WIDGET, name="widget", template=listed, **password))
    for name in ("config", "widget"):
        world.wait_condition("ExternalSecret", namespace, name, reason="ResourceSynced")

    def made() -> list[Object]:
        return [world.config_map(namespace, "config") or {}, world.get("Widget", namespace, "widget") or {}]

    def labels() -> list[Object]:
        return [found["metadata"].get("labels") or {} for found in made()]

    before, label = made(), "reconcile.external-secrets.io/managed"
    for kind, name in (("configmaps", "config"), ("widgets", "widget")):
        edit(world, namespace, kind, {"metadata": {"labels": {label: None}}}, name)
    wait_for("the labels", lambda: all(label in found for found in labels()))
    options = [*GENERIC_TARGETS, "--watch-namespace", namespace]
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, options=options) as second:
        second.wait_ready()
        wait_for("it has looked at everything", lambda: second.metric("secrets_operator_reconciles_total") >= 2)
        wait_for("its queue is empty", lambda: second.metric("secrets_operator_queue_depth") == 0)
    (config, widget), (config_before, widget_before) = made(), before
    assert (config["data"], widget["spec"]) == (config_before["data"], widget_before["spec"])
    assert widget["spec"]["rules"][0]["protocol"] == "TCP"


def test_fields_of_others_stay(world: World, namespace: str) -> None:
    body = {**WIDGET, "metadata": {"name": "app", "namespace": namespace}, "spec": {"port": 1, "host": "theirs"}}
    world.apply(body, manager="somebody")
    world.apply(fake_store(namespace, VALUES))
    template = {"templateFrom": [{"literal": "host: h-{{ .k }}", "target": "spec"}]}
    world.apply(resource(namespace, {"k": "one"}, WIDGET, template=template, creationPolicy="CreateOrMerge"))
    wait_for("the host", lambda: spec_of(world, namespace).get("host") == "h-1")
    assert spec_of(world, namespace)["port"] == 1


def test_an_edited_field_is_healed_and_the_event_names_it(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}))
    wait_config_map(world, namespace, {"k": "1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    edit(world, namespace, "configmaps", {"data": {"k": "by hand", "mine": "stays"}})
    wait_config_map(world, namespace, {"k": "1", "mine": "stays"})
    says = "ConfigMap app put right again: data.k (changed by kubectl-edit)"
    wait_for("the event", lambda: any(event["message"] == says for event in world.events(namespace, "app")))


def test_a_deleted_object_is_written_again(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, WIDGET))
    wait_for("the widget", lambda: spec_of(world, namespace).get("data") == {"k": "1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.delete("Widget", namespace, "app")
    wait_for("the widget again", lambda: spec_of(world, namespace).get("data") == {"k": "1"})


def test_a_key_that_is_asked_for_no_more_goes(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"a": "one", "b": "two"}))
    wait_config_map(world, namespace, {"a": "1", "b": "2"})
    world.apply(resource(namespace, {"b": "two"}))
    wait_config_map(world, namespace, {"b": "2"})


def test_merge_waits_for_its_object_and_adds_to_it(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, creationPolicy="Merge", refreshInterval="1s"))
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceMissing")
    assert world.config_map(namespace, "app") is None
    world.apply({**CONFIG_MAP, "metadata": {"name": "app", "namespace": namespace}, "data": {"theirs": "kept"}})
    wait_config_map(world, namespace, {"theirs": "kept", "k": "1"})


def test_what_another_resource_owns_is_refused_by_name(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}))
    wait_config_map(world, namespace, {"k": "1"})
    second = resource(namespace, {"x": "two"}, name="second")
    second["spec"]["target"]["name"] = "app"
    world.apply(second)
    found = world.wait_condition("ExternalSecret", namespace, "second", status="False", reason="ResourceSyncedError")
    assert "ConfigMap app is owned by ExternalSecret app" in found["message"]
    assert data_of(world, namespace) == {"k": "1"}


def test_the_object_goes_when_the_provider_has_nothing_and_the_policy_is_delete(
    world: World, namespace: str, aws: Aws
) -> None:
    aws.put(f"{namespace}/goes", "v")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    wanted: dict[str, Any] = {"deletionPolicy": "Delete", "refreshInterval": "1s", "store": "aws"}
    world.apply(resource(namespace, {"k": f"{namespace}/goes"}, **wanted))
    wait_config_map(world, namespace, {"k": "v"})
    aws.client.delete_secret(SecretId=f"{namespace}/goes", ForceDeleteWithoutRecovery=True)
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceDeleted")
    assert world.config_map(namespace, "app") is None


def test_what_was_never_ours_is_not_deleted(world: World, namespace: str, aws: Aws) -> None:
    world.apply({**CONFIG_MAP, "metadata": {"name": "app", "namespace": namespace}, "data": {"theirs": "kept"}})
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    world.apply(resource(namespace, {"k": f"{namespace}/nowhere"}, store="aws", deletionPolicy="Delete"))
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceDeleted")
    assert data_of(world, namespace) == {"theirs": "kept"}
    world.delete("ExternalSecret", namespace, "app")
    wait_for("the resource is gone", lambda: world.get("ExternalSecret", namespace, "app") is None)
    assert data_of(world, namespace) == {"theirs": "kept"}


def test_a_renamed_target_takes_its_object_along(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    former, latter = resource(namespace, {"k": "one"}), resource(namespace, {"k": "one"})
    former["spec"]["target"]["name"], latter["spec"]["target"]["name"] = "former", "latter"
    world.apply(former)
    wait_config_map(world, namespace, {"k": "1"}, "former")
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(latter)
    wait_config_map(world, namespace, {"k": "1"}, "latter")
    wait_for("the former one is gone", lambda: world.config_map(namespace, "former") is None)


def test_a_secret_that_becomes_a_config_map_goes(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(resource(namespace, {"k": "one"}))
    wait_config_map(world, namespace, {"k": "1"})
    wait_for("the Secret is gone", lambda: world.secret(namespace, "app") is None)


def test_a_deleted_resource_takes_its_object_along(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, WIDGET))
    wait_for("the widget", lambda: spec_of(world, namespace))
    world.delete("ExternalSecret", namespace, "app")
    wait_for("the widget is collected", lambda: world.get("Widget", namespace, "app") is None)


def test_a_manifest_that_says_secret_is_a_secret(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, {"apiVersion": "v1", "kind": "Secret"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app", reason="SecretSynced")


def test_a_config_map_can_be_immutable(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, immutable=True))
    wait_config_map(world, namespace, {"k": "1"})
    made = world.config_map(namespace, "app")
    assert made is not None
    assert made["immutable"] is True
    world.apply(resource(namespace, {"k": "two"}, immutable=True))
    world.wait_condition("ExternalSecret", namespace, "app", reason="ResourceSynced", says="immutable")
    assert data_of(world, namespace) == {"k": "1"}


@pytest.mark.parametrize(
    ("manifest", "more", "reason", "says"),
    [
        pytest.param(
            {"apiVersion": "v1", "kind": "Pod"}, {}, "SecretSyncedError", "Pod is never a target", id="a kind of power"
        ),
        pytest.param(
            {"apiVersion": "example.test/v1", "kind": "Gadget"},
            {},
            "SecretSyncedError",
            "not started with --generic-target example.test/Gadget",
            id="a kind that is not listed",
        ),
        pytest.param(
            {"apiVersion": "example.test/v9", "kind": "Widget"},
            {},
            "ResourceSyncedError",
            "the cluster has no Widget in example.test/v9",
            id="a version that is not served",
        ),
        pytest.param(
            {"apiVersion": "example.test/v1", "kind": "Planet"},
            {},
            "ResourceSyncedError",
            "Planet is cluster-wide",
            id="a kind without namespace",
        ),
        pytest.param(
            WIDGET,
            {"template": {"templateFrom": [{"literal": "nosuchfield: 1", "target": "spec"}]}},
            "ResourceSyncedError",
            "could not apply Widget app (500): does its schema have all the fields that are written?",
            id="a field that the schema does not have",
        ),
        pytest.param(
            WIDGET,
            {"template": {"templateFrom": [{"literal": "port: many", "target": "spec"}]}},
            "ResourceSyncedError",
            "Widget",
            id="a value that the schema does not allow",
        ),
        pytest.param(
            WIDGET,
            {"template": {"templateFrom": [{"literal": "a: 1", "target": "metadata.labels"}]}},
            "ResourceSyncedError",
            "templateFrom[0].target: 'metadata.labels' cannot be set",
            id="a path that is not for templates",
        ),
        pytest.param(
            WIDGET, {"immutable": True}, "ResourceSyncedError", "spec.target.immutable", id="what cannot be immutable"
        ),
    ],
)
def test_what_cannot_be_written_says_why(
    world: World, namespace: str, manifest: Object, more: dict[str, Any], reason: str, says: str
) -> None:
    world.apply(fake_store(namespace, VALUES))
    world.apply(resource(namespace, {"k": "one"}, manifest, **more))
    world.wait_condition("ExternalSecret", namespace, "app", status="False", reason=reason, says=says)
    assert world.get("Widget", namespace, "app") is None
