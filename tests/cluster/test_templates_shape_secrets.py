"""Templates of ExternalSecrets on a cluster: what Go would print ends up in the Secret, and errors on the condition."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import World

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

STORE = {"user": "admin", "password": 'p"ss', "json": '{"host": "db", "ports": [1, 2]}'}
DATA = {"user": "user", "password": "password", "json": "json"}


def templated(world: World, namespace: str, template: dict[str, Any], **target: Any) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, DATA, target={"template": template, **target}))


def config_map(world: World, namespace: str, data: dict[str, str]) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "texts", "namespace": namespace},
        "data": data,
    }
    world.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", body=body)


def test_template_data_replaces_the_fetched_keys(world: World, namespace: str) -> None:
    template = {"data": {"url": "postgres://{{ .user }}:{{ .password | urlquery }}@{{ (.json | fromJson).host }}"}}
    templated(world, namespace, template)
    world.wait_data(namespace, "app", {"url": b"postgres://admin:p%22ss@db"})


def test_merge_policy_keeps_the_fetched_keys(world: World, namespace: str) -> None:
    templated(world, namespace, {"mergePolicy": "Merge", "data": {"upper": "{{ .user | upper }}"}})
    world.wait_data(
        namespace,
        "app",
        {"user": b"admin", "password": b'p"ss', "json": STORE["json"].encode(), "upper": b"ADMIN"},
    )


def test_finalizers_are_added_and_never_removed(world: World, namespace: str) -> None:
    named, others = "example.test/hold", "example.test/others"
    template = {"metadata": {"finalizers": [named]}, "data": {"user": "{{ .user }}"}}
    templated(world, namespace, template)
    world.wait_data(namespace, "app", {"user": b"admin"})

    def finalizers() -> list[str]:
        return (world.secret(namespace, "app") or {"metadata": {}})["metadata"].get("finalizers") or []

    assert finalizers() == [named]
    world.edit_secret(namespace, "app", {"metadata": {"finalizers": [named, others]}})
    templated(world, namespace, {"data": {"name": "{{ .user }}"}})
    world.wait_data(namespace, "app", {"name": b"admin"})
    assert sorted(finalizers()) == [named, others]
    # Whoever takes it off has it off: nothing names it any more.
    world.edit_secret(namespace, "app", {"metadata": {"finalizers": None}})
    templated(world, namespace, {"data": {"user": "{{ .user }}"}})
    world.wait_data(namespace, "app", {"user": b"admin"})
    assert finalizers() == []


def test_metadata_and_type_come_from_the_template_alone(world: World, namespace: str) -> None:
    template = {
        "type": "kubernetes.io/basic-auth",
        "metadata": {"labels": {"for": "{{ .user }}"}, "annotations": {"note": "{{ len .password }} characters"}},
        "data": {"username": "{{ .user }}", "password": "{{ .password }}"},
    }
    templated(world, namespace, template)
    world.wait_data(namespace, "app", {"username": b"admin", "password": b'p"ss'})
    secret = world.secret(namespace, "app")
    assert secret is not None
    assert secret["type"] == "kubernetes.io/basic-auth"
    assert secret["metadata"]["labels"]["for"] == "admin"
    assert secret["metadata"]["annotations"]["note"] == "4 characters"


def test_templates_come_from_config_maps_secrets_and_literals(world: World, namespace: str) -> None:
    config_map(world, namespace, {"one": "user={{ .user }}", "many": "a: {{ .user }}\nb: '{{ .user }}2'\n"})
    world.put_secret(namespace, "hidden", {"tls": "{{ .password }}!"})
    items = [{"key": "one"}, {"key": "many", "templateAs": "KeysAndValues"}]
    template = {
        "templateFrom": [
            {"configMap": {"name": "texts", "items": items}},
            {"secret": {"name": "hidden", "items": [{"key": "tls"}]}},
            {"literal": "label: {{ .user }}", "target": "Labels"},
            {"literal": "c: {{ .user | b64enc }}", "valuesDecodingStrategy": "Base64"},
        ]
    }
    templated(world, namespace, template)
    world.wait_data(
        namespace, "app", {"one": b"user=admin", "a": b"admin", "b": b"admin2", "tls": b'p"ss!', "c": b"admin"}
    )
    secret = world.secret(namespace, "app")
    assert secret is not None
    assert secret["metadata"]["labels"]["label"] == "admin"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        pytest.param({"data": {"a": "{{ .usr }}"}}, "spec.target.template.data[a]", id="a missing key"),
        pytest.param({"data": {"a": "{{ .user "}}, "spec.target.template.data[a]", id="a template that does not parse"),
        pytest.param({"data": {"a": '{{ env "HOME" }}'}}, "env", id="a function that is not there"),
        pytest.param({"data": {"a": "{{ range until 1000000000 }}x{{ end }}"}}, "data[a]", id="a template without end"),
        pytest.param(
            {"templateFrom": [{"configMap": {"name": "nowhere", "items": [{"key": "k"}]}}]},
            "there is no ConfigMap",
            id="a ConfigMap that is not there",
        ),
    ],
)
def test_a_template_that_fails_says_where(world: World, namespace: str, template: dict[str, Any], says: str) -> None:
    templated(world, namespace, template)
    found = world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    assert STORE["password"] not in found["message"]
    assert world.secret(namespace, "app") is None


def test_keys_are_rewritten_and_values_decoded(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"all": '{"app/user": "YWRtaW4=", "app/pass": "cA=="}'}))
    rewrite = [{"regexp": {"source": "app/(.*)", "target": "$1"}}, {"transform": {"template": "{{ .value | upper }}"}}]
    entry = {"extract": {"key": "all", "decodingStrategy": "Base64"}, "rewrite": rewrite}
    world.apply(external_secret(namespace, dataFrom=[entry]))
    world.wait_data(namespace, "app", {"USER": b"admin", "PASS": b"p"})


def test_find_brings_all_that_match(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"team/a": "1", "team/b": "2", "other": "3"}))
    world.apply(external_secret(namespace, dataFrom=[{"find": {"name": {"regexp": "^team/"}}}]))
    world.wait_data(namespace, "app", {"team_a": b"1", "team_b": b"2"})
