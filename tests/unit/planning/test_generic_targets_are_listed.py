"""Which kinds an ExternalSecret may write besides Secrets: what the administrator lists, and nothing that has power."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind, group_kind, refusal, target_kind
from secrets_operator.settings import GroupKind, Settings

CONFIG_MAP, WIDGET = TargetKind("v1", "ConfigMap"), TargetKind("example.test/v1", "Widget")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ConfigMap", GroupKind("", "ConfigMap"), id="the ConfigMap"),
        pytest.param("argoproj.io/Application", GroupKind("argoproj.io", "Application"), id="a custom resource"),
        pytest.param(
            "gateway.networking.k8s.io/HTTPRoute",
            GroupKind("gateway.networking.k8s.io", "HTTPRoute"),
            id="a custom resource of a Kubernetes project",
        ),
    ],
)
def test_a_kind_that_can_be_listed(text: str, expected: GroupKind) -> None:
    assert group_kind(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("Secret", "never a target", id="a Secret needs no manifest"),
        pytest.param("Pod", "never a target", id="a Pod runs as any service account"),
        pytest.param("ServiceAccount", "never a target", id="a ServiceAccount is an identity"),
        pytest.param("apps/Deployment", "never a target", id="a Deployment makes Pods"),
        pytest.param("batch/Job", "never a target", id="so does a Job"),
        pytest.param("rbac.authorization.k8s.io/RoleBinding", "never a target", id="a RoleBinding grants rights"),
        pytest.param("rbac.authorization.k8s.io/Role", "never a target", id="a Role widens them"),
        pytest.param("coordination.k8s.io/Lease", "never a target", id="a Lease elects leaders"),
        pytest.param("networking.k8s.io/NetworkPolicy", "never a target", id="a NetworkPolicy opens networks"),
        pytest.param("authorization.openshift.io/RoleBinding", "never a target", id="OpenShift's own bindings"),
        pytest.param("external-secrets.io/ExternalSecret", "the operator acts on", id="an ExternalSecret"),
        pytest.param("external-secrets.io/SecretStore", "the operator acts on", id="a store"),
        pytest.param("bitnami.com/SealedSecret", "the operator acts on", id="a SealedSecret"),
        pytest.param("configmap", "is no kind", id="a plural or a lower-case name"),
        pytest.param("v1/ConfigMap/x", "is no kind", id="a path"),
        pytest.param("", "is no kind", id="nothing"),
        pytest.param("Example.Test/Widget", "is no kind", id="a group in upper case"),
    ],
)
def test_a_kind_that_cannot_be_listed(text: str, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        group_kind(text)


ON = Settings(allow_generic_targets=True, generic_targets=frozenset({CONFIG_MAP.group_kind}))


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        pytest.param(SECRET_KIND, Settings(), "", id="a Secret needs no flag"),
        pytest.param(
            CONFIG_MAP,
            Settings(),
            "spec.target.manifest: the operator is not started with --unsafe-allow-generic-targets and "
            "--generic-target ConfigMap",
            id="off names the flags",
        ),
        pytest.param(CONFIG_MAP, ON, "", id="a listed kind is written"),
        pytest.param(TargetKind("v2", "ConfigMap"), ON, "", id="in any version"),
        pytest.param(
            WIDGET,
            ON,
            "spec.target.manifest: the operator is not started with --generic-target example.test/Widget",
            id="a kind that is not listed names the flag",
        ),
        pytest.param(
            TargetKind("v1", "Pod"),
            ON,
            "spec.target.manifest: Pod is never a target: of the kinds of the platform itself only ConfigMap is, the "
            "others may grant power",
            id="a kind with power cannot be allowed",
        ),
    ],
)
def test_what_is_refused(kind: TargetKind, settings: Settings, expected: str) -> None:
    assert refusal(kind, "app", settings) == expected


@pytest.mark.parametrize("name", ["kube-root-ca.crt", "openshift-service-ca.crt", "aws-auth"])
def test_the_config_maps_of_the_cluster_itself_are_never_targets(name: str) -> None:
    told = f"spec.target.name: ConfigMap {name} is the cluster's own, and is never a target"
    assert refusal(CONFIG_MAP, name, ON) == told
    assert refusal(SECRET_KIND, name, ON) == ""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param({}, SECRET_KIND, id="no manifest"),
        pytest.param({"manifest": {"apiVersion": "v1", "kind": "Secret"}}, SECRET_KIND, id="a manifest says Secret"),
        pytest.param({"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}, CONFIG_MAP, id="a ConfigMap"),
        pytest.param({"manifest": {"apiVersion": "example.test/v1", "kind": "Widget"}}, WIDGET, id="another kind"),
    ],
)
def test_the_kind_of_a_target(target: dict[str, Any], expected: TargetKind) -> None:
    assert target_kind({"target": target}) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(SECRET_KIND, ("SecretSynced", "secret"), id="of a Secret"),
        pytest.param(WIDGET, ("ResourceSynced", "resource"), id="of anything else"),
    ],
)
def test_reasons_are_named_for_what_is_written(kind: TargetKind, expected: tuple[str, str]) -> None:
    assert (kind.reason("Synced"), kind.noun) == expected
