"""What the chart makes of values: flags that exist, restricted pods, roles where they belong, clear refusals."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import click
import pytest
from jsonschema import Draft7Validator

from charts.generation import rendering
from charts.generation.rendering import CHART, Release, RenderingFailed, Values, default_values, merged, render
from secrets_operator.cli.run import run
from secrets_operator.provider.discovery import Generators

IMAGE = {"image": {"repository": "secrets-operator"}, "installCRDs": False}
WITH_DEFINITIONS = IMAGE | {"installCRDs": True}
TARGETS = [{"apiGroup": "argoproj.io", "kind": "Application", "resources": ["applications"]}]
EVERYTHING: dict[str, Any] = {
    **IMAGE,
    "replicaCount": 3,
    "leaderElectionLeaseDuration": "20s",
    "commonLabels": {"team": "platform"},
    "commonAnnotations": {"note": "ours"},
    "controllerClass": "blue",
    "concurrent": 8,
    "storeConcurrency": 4,
    "storeCallsPerSecond": 0.5,
    "kubeClientQPS": 50,
    "kubeClientBurst": "100",
    "labelSelector": "team=shop,tier in (web,db)",
    "processClusterExternalSecret": False,
    "processPushSecret": False,
    "processClusterPushSecret": False,
    "valueCacheSize": 33554432,
    "storeRequeueInterval": "1m",
    "heartbeatInterval": "5m",
    "generatorState": False,
    "generatorGcGracePeriod": "5m",
    "keySize": 2048,
    "keyOrderPriority": "SecretCreationTimestamp",
    "acceptDeprecatedV1Data": False,
    "updateStatus": False,
    "rateLimit": 5,
    "rateLimitBurst": "7",
    "genericTargets": {"enabled": True, "resources": TARGETS},
    "extraArgs": {"context": "", "kubeconfig": "x", "watch-namespace": ["a", "b"]},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "extraObjects": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-extra"}},
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: as-text}\n",
    ],
    "openshiftFinalizers": True,
    "podDisruptionBudget": {"enabled": True},
    "networkPolicy": {"enabled": True, "egress": {"enabled": True, "extraRules": [{"ports": [{"port": 8200}]}]}},
    "prometheusRule": {"enabled": True},
    "grafanaDashboard": {"enabled": True},
    "dashboard": {"enabled": True},
    "admission": {"enabled": True},
    "keyrenewperiod": "0",
    "keyttl": "8760h",
    "secretName": "team-key",
    "privateKeyLabels": {"a": "b", "c": "d"},
    "metricsPerResource": 0,
    "compatMetrics": "eso",
    "serviceMonitor": {"enabled": True, "additionalLabels": {"release": "prometheus"}},
    "podMonitor": {"enabled": True},
    "sealedSecretsService": {"enabled": True},
    "rbac": {"serviceProxier": {"bind": True}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
    "imagePullSecrets": [{"name": "first"}],
}
KINDS = {"externalsecrets", "clusterexternalsecrets", "pushsecrets", "clusterpushsecrets", "sealedsecrets"}
MODES = [
    pytest.param(IMAGE, id="all namespaces"),
    pytest.param(IMAGE | {"watchNamespaces": ["shop"], "credentialNamespaces": ["vaults"]}, id="listed namespaces"),
    pytest.param(IMAGE | {"scopedRBAC": True}, id="without a ClusterRole"),
    pytest.param(IMAGE | {"admission": {"enabled": True, "certManager": {"enabled": True}}}, id="cert-manager"),
    pytest.param(EVERYTHING | {"installCRDs": True}, id="everything on"),
]


def of_kind(manifests: list[rendering.Manifest], kind: str) -> list[rendering.Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pod(values: Values) -> dict[str, Any]:
    (deployment,) = of_kind(render(values), "Deployment")
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


def arguments(values: Values) -> list[str]:
    found: list[str] = pod(values)["containers"][0]["args"]
    return found


def options(values: Values) -> dict[str, Any]:
    """Return what the command line makes of the arguments; it fails for one it does not know."""
    command, *flags = arguments(values)
    assert command == "run"
    return run.make_context("run", flags).params


def problems(values: Values) -> list[str]:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(merged(default_values(), values))]


@pytest.mark.parametrize("values", MODES)
def test_the_schema_takes_the_values_and_the_command_line_the_flags(values: Values) -> None:
    assert problems(values) == []
    assert options(values)["namespace"] == "secrets-operator"


def test_every_value_of_the_operator_becomes_the_setting_it_is_called_after() -> None:
    found = options(EVERYTHING)
    assert found["controller_class"] == "blue"
    assert (found["concurrent"], found["store_concurrency"], found["store_calls_per_second"]) == (8, 4, 0.5)
    assert found["value_cache_size"] == 33554432
    assert (found["client_qps"], found["client_burst"]) == (50, 100)
    assert (found["label_selector"], found["cluster_external_secrets"]) == ("team=shop,tier in (web,db)", False)
    assert (found["push_secrets"], found["cluster_push_secrets"]) == (False, False)
    assert (found["rate_limit"], found["rate_limit_burst"]) == (5.0, 7)
    assert found["key_size"] == "2048"
    assert found["key_order_priority"] == "SecretCreationTimestamp"
    assert (found["accept_deprecated_v1_data"], found["update_status"]) == (False, False)
    assert [str(kind) for kind in found["generic_targets"]] == ["argoproj.io/Application"]
    assert found["replicas"] == 3
    assert (found["admission"], found["dashboard_addr"]) == (True, ("", 8090))
    assert found["watch_namespaces"] == ("a", "b")


def test_defaults_leave_the_operators_own_defaults_alone() -> None:
    changed = {
        param.name
        for param in run.params
        if isinstance(param, click.Option) and any(arg.startswith(f"{param.opts[0]}=") for arg in arguments(IMAGE))
    }
    assert changed == {"namespace", "listen_addr", "live_addr", "log_format", "log_level"}


@pytest.mark.parametrize("values", MODES)
def test_pods_meet_the_restricted_standard(values: Values) -> None:
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    spec = pod(values)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert all(set(volume) <= {"name", "emptyDir", "configMap", "secret"} for volume in spec["volumes"])
    assert "hostNetwork" not in spec


def test_no_cluster_wide_object_is_made_without_the_right_to() -> None:
    made = render(IMAGE | {"scopedRBAC": True, "watchNamespaces": ["a", "b"]})
    assert [one["kind"] for one in made if "namespace" not in one["metadata"]] == []
    assert {one["metadata"]["namespace"] for one in of_kind(made, "Role")} == {"a", "b", "secrets-operator"}


@pytest.mark.parametrize(
    ("off", "others"),
    [
        pytest.param(["processExternalSecrets"], {"sealedsecrets"}, id="SealedSecrets only"),
        pytest.param(["processSealedSecrets"], KINDS - {"sealedsecrets"}, id="no SealedSecrets"),
        pytest.param(["processClusterExternalSecret"], KINDS - {"clusterexternalsecrets"}, id="no fan-out"),
        pytest.param(["processClusterPushSecret"], KINDS - {"clusterpushsecrets"}, id="no fan-out of pushing"),
        pytest.param(
            ["processPushSecret", "processClusterPushSecret"],
            KINDS - {"pushsecrets", "clusterpushsecrets"},
            id="no pushing",
        ),
    ],
)
def test_what_is_turned_off_needs_no_rights(off: list[str], others: set[str]) -> None:
    made = render(IMAGE | dict.fromkeys(off, False))
    bound = {binding["roleRef"]["name"] for binding in of_kind(made, "ClusterRoleBinding")}
    roles = [role for role in of_kind(made, "ClusterRole") if role["metadata"]["name"] in bound]
    assert {name for role in roles for rule in role["rules"] for name in rule["resources"]} & KINDS == others


@pytest.mark.parametrize(
    ("values", "namespaces"),
    [
        pytest.param({}, [], id="nothing said -> everywhere"),
        pytest.param({"watchNamespaces": ["a", "b"]}, ["a", "b"], id="watchNamespaces -> these"),
        pytest.param({"additionalNamespaces": ["a"]}, ["own", "a"], id="additionalNamespaces -> its own too"),
        pytest.param({"scopedNamespace": "a"}, ["a"], id="scopedNamespace -> this one"),
        pytest.param({"scopedRBAC": True}, ["own"], id="scopedRBAC alone -> its own"),
        pytest.param({"scopedRBAC": True, "scopedNamespace": "a"}, ["a"], id="scopedRBAC and scopedNamespace -> that"),
    ],
)
def test_the_namespaces_are_those_that_the_values_mean(values: Values, namespaces: list[str]) -> None:
    (deployment,) = of_kind(render({**IMAGE, **values}, Release(namespace="own")), "Deployment")
    flags = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [flag.partition("=")[2] for flag in flags if flag.startswith("--watch-namespace=")] == namespaces


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({}, "image.repository is empty", id="no image"),
        pytest.param(
            IMAGE | {"scopedNamespace": "a", "watchNamespaces": ["b"]},
            "put all namespaces into watchNamespaces",
            id="two scopes",
        ),
        pytest.param(
            IMAGE | {"scopedRBAC": True, "admission": {"enabled": True}}, "turn one of them off", id="no right to ask"
        ),
        pytest.param(
            IMAGE | {"processExternalSecrets": False, "processSealedSecrets": False},
            "turn one of them on",
            id="nothing to do",
        ),
        pytest.param(IMAGE | {"processPushSecret": False}, "turn both off", id="PushSecrets made for nobody"),
        pytest.param(
            IMAGE | {"additionalNamespaces": ["a"], "watchNamespaces": ["b"]}, "exclude each other", id="two lists"
        ),
    ],
)
def test_what_contradicts_itself_is_refused_with_what_to_do(values: Values, says: str) -> None:
    with pytest.raises(RenderingFailed, match=says):
        render(values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"watchNamespace": ["a"]}, "'watchNamespace' was unexpected", id="a misspelt value"),
        pytest.param({"concurrent": 0}, "0 is less than the minimum of 1", id="a number out of bounds"),
        pytest.param({"heartbeatInterval": "soon"}, "'soon' does not match", id="no duration"),
        pytest.param({"log": {"level": "loud"}}, "'loud' is not one of", id="no level"),
        pytest.param({"genericTargets": {"resources": [{"apiGroup": ""}]}}, "'kind' is a required", id="half a target"),
        pytest.param({"commonLabels": {"a": 1}}, "1 is not of type 'string'", id="a label that is no text"),
    ],
)
def test_the_schema_refuses_it_and_names_it(values: Values, says: str) -> None:
    assert [problem for problem in problems(values) if says in problem]


def test_definitions_stay_when_the_release_goes_and_are_those_of_the_operator() -> None:
    made = of_kind(render(WITH_DEFINITIONS | {"crds": {"annotations": {"a": "b"}}}), "CustomResourceDefinition")
    assert made
    for definition in made:
        assert definition["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep", "a": "b"}
    assert of_kind(render(IMAGE), "CustomResourceDefinition") == []
    gone = of_kind(render(WITH_DEFINITIONS | {"crds": {"keep": False}}), "CustomResourceDefinition")
    assert [one for one in gone if "annotations" in one["metadata"]] == []


def test_every_generator_that_is_installed_may_be_read() -> None:
    assert set(default_values()["generators"]) == set(Generators.from_entry_points().names())


def test_kubeseal_and_seal_find_one_service_each() -> None:
    services = of_kind(render(IMAGE | {"sealedSecretsService": {"enabled": True}}), "Service")
    assert [one["metadata"]["name"] for one in services] == ["secrets-operator", "sealed-secrets-controller"]
    labelled = [one["metadata"]["labels"].get("app.kubernetes.io/name") for one in services]
    assert labelled == ["secrets-operator", None]
    assert [one["spec"]["ports"][0]["name"] for one in services] == ["http", "http"]


def test_finalizers_of_owners_may_be_set_where_openshift_asks_for_it() -> None:
    def resources(release: Release) -> list[str]:
        roles = of_kind(render(IMAGE, release), "ClusterRole")
        return [resource for role in roles for rule in role["rules"] for resource in rule["resources"]]

    owners = {"externalsecrets/finalizers", "clusterexternalsecrets/finalizers", "clusterpushsecrets/finalizers"}
    assert owners.isdisjoint(resources(Release()))
    assert owners < set(resources(Release(api_versions=("security.openshift.io/v1",))))


@pytest.mark.parametrize(
    ("count", "shares"),
    [pytest.param(1, False, id="one pod takes no Lease"), pytest.param(3, True, id="three pods share the work")],
)
def test_several_pods_share_the_work(count: int, *, shares: bool) -> None:
    values = IMAGE | {"replicaCount": count}
    rules = [rule for role in of_kind(render(values), "Role") for rule in role["rules"]]
    assert any("leases" in rule["resources"] for rule in rules) is shares
    assert ("--replicas=3" in arguments(values)) is shares


@pytest.mark.skipif(shutil.which("helm") is None, reason="needs helm on the path")
@pytest.mark.parametrize("values", MODES)
def test_helm_makes_what_the_engine_of_these_tests_makes(values: Values) -> None:
    helm = shutil.which("helm") or ""
    subprocess.run([helm, "lint", "--strict", str(CHART), "--set", "image.repository=x"], check=True)
    release = Release()
    texts = rendering.with_helm(helm, values, release), rendering.in_python(values, release)
    made, expected = ({_key(one): one for one in rendering.manifests(text)} for text in texts)
    assert made == expected


def _key(manifest: rendering.Manifest) -> tuple[str, str, str]:
    return manifest["kind"], manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def test_the_values_that_users_of_the_other_charts_know_are_there() -> None:
    document = (CHART.parents[1] / "docs" / "chart.md").read_text(encoding="utf-8")
    section = document.partition("\n## Values of the other charts\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Za-z]+(?:\.[A-Za-z]+)*)`", section)) - {"kind", "kubeapiPorts"}
    assert len(named) > 50
    assert {name for name in named if not _has(default_values(), name.split("."))} == set()


def _has(values: Any, path: list[str]) -> bool:
    return not path or (isinstance(values, dict) and path[0] in values and _has(values[path[0]], path[1:]))
