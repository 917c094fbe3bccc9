from typing import Any

import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.structural import Node

KINDS = [
    ("", "Namespace"), ("", "Secret"), ("", "ConfigMap"), ("", "ServiceAccount"), ("", "Event"), ("", "Pod"),
    ("", "Service"),
    ("events.k8s.io", "Event"), ("coordination.k8s.io", "Lease"), ("apps", "Deployment"), ("apps", "StatefulSet"),
    ("apps", "DaemonSet"), ("apiextensions.k8s.io", "CustomResourceDefinition"), ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"), ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
]  # fmt: skip


def at(node: Node, path: str) -> Node:
    for name in path.split("."):
        node = node.items_or_deduced if name == "[]" else node.child_or_deduced(name)
    return node


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_kind_has_a_schema_that_drops_unknown_fields_at_its_top(group: str, kind: str) -> None:
    schema = builtin_schema(group, "v1", kind)
    obj: dict[str, Any] = {"apiVersion": "x", "kind": kind, "metadata": {"name": "a"}, "surprise": 1}
    assert schema.prune(obj) == ["surprise"]
    schema.default(obj)
    assert schema.validate(obj) == []


def test_unknown_kinds_accept_anything() -> None:
    obj = {"metadata": {"name": "a"}, "spec": {"any": [{"thing": 1}]}}
    schema = builtin_schema("odd.example", "v1", "Odd")
    assert schema.prune(obj) == []
    assert schema.validate(obj) == []


@pytest.mark.parametrize(
    ("kind", "path", "list_type", "keys", "merge_key"),
    [
        pytest.param("Secret", "metadata.ownerReferences", "map", ("uid",), "uid", id="owner references"),
        pytest.param("Secret", "metadata.finalizers", "set", (), "", id="finalizers"),
        pytest.param("Secret", "metadata.managedFields", "atomic", (), "", id="managed fields"),
        pytest.param("Pod", "spec.containers", "map", ("name",), "name", id="containers"),
        pytest.param(
            "Pod", "spec.containers.[].ports", "map", ("containerPort", "protocol"), "containerPort", id="ports"
        ),
        pytest.param("Pod", "spec.containers.[].env", "map", ("name",), "name", id="environment"),
        pytest.param("Pod", "spec.containers.[].volumeMounts", "map", ("mountPath",), "mountPath", id="volume mounts"),
        pytest.param("Pod", "spec.volumes", "map", ("name",), "name", id="volumes"),
        pytest.param("Pod", "status.conditions", "map", ("type",), "type", id="conditions"),
        pytest.param("Service", "spec.ports", "map", ("port", "protocol"), "port", id="ports of a service"),
    ],
)
def test_lists_have_their_keys(kind: str, path: str, list_type: str, keys: tuple[str, ...], merge_key: str) -> None:
    node = at(builtin_schema("", "v1", kind).root, path)
    assert (node.list_type, node.map_keys, node.patch_merge_key) == (list_type, keys, merge_key)


def test_fields_of_a_pod_that_are_not_written_down_are_kept() -> None:
    pod: dict[str, Any] = {
        "metadata": {"name": "p"},
        "spec": {"overhead": {"cpu": "1"}, "containers": [{"name": "c", "stdin": True}]},
    }
    assert builtin_schema("", "v1", "Pod").prune(pod) == []
    assert pod["spec"]["overhead"] == {"cpu": "1"}
