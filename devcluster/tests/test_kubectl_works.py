"""The real kubectl works on the dev cluster, over HTTPS and with the kubeconfig it writes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from devcluster import Cluster, ClusterThread

KUBECTL = shutil.which("kubectl")
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH; install it to run these tests"),
]

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.dev
spec:
  group: example.dev
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema:
      openAPIV3Schema:
        type: object
        description: A widget of a certain size.
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, description: How large it is.}
          status:
            type: object
            properties:
              conditions:
                type: array
                items:
                  type: object
                  properties:
                    type: {type: string}
                    status: {type: string}
"""
WIDGET = "apiVersion: example.dev/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: '1'}\n"


@dataclass
class Kubectl:
    """Runs kubectl in one namespace, with a home of its own for its caches."""

    kubeconfig: Path
    home: Path
    namespace: str

    def run(self, *arguments: str, stdin: str = "", code: int = 0, **environ: str) -> str:
        """Return what kubectl prints.

        Raises:
            AssertionError: it ends with another exit status.

        """
        assert KUBECTL
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            **environ,
        }
        command = [KUBECTL, "--namespace", self.namespace, *arguments]
        done = subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        return orjson.loads(self.run(*arguments, "-o", "json"))


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("kubectl") / "config"
    with ClusterThread(Cluster()) as running:
        running.run(running.cluster.write_kubeconfig(path))
        yield path


@pytest.fixture
def kubectl(kubeconfig: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    name = request.node.name.replace("_", "-").lower()[:60].strip("-")
    tool = Kubectl(kubeconfig, kubeconfig.parent, name)
    tool.run("create", "namespace", name)
    return tool


@pytest.fixture
def widgets(kubectl: Kubectl) -> Kubectl:
    """Kubectl where the kind Widget is defined and one widget, w, exists."""
    kubectl.run("apply", "-f", "-", stdin=DEFINITION)
    kubectl.run("wait", "--for=condition=Established", "crd/widgets.example.dev", "--timeout=10s")
    kubectl.run("apply", "-f", "-", stdin=WIDGET)
    return kubectl


def test_versions_and_resources_are_found(kubectl: Kubectl) -> None:
    assert "Server Version: v1.36" in kubectl.run("version")
    listed = kubectl.run("api-resources", "--no-headers")
    assert {"secrets", "deployments", "leases"} <= {line.split()[0] for line in listed.splitlines()}
    assert "events.k8s.io/v1" in kubectl.run("api-versions")


def test_secrets_are_created_shown_and_described(kubectl: Kubectl) -> None:
    assert kubectl.run("create", "secret", "generic", "s", "--from-literal=user=me") == "secret/s created\n"
    head, row = kubectl.run("get", "secret", "s").splitlines()
    assert (head.split(), row.split()[:3]) == (["NAME", "TYPE", "DATA", "AGE"], ["s", "Opaque", "1"])
    assert yaml.safe_load(kubectl.run("get", "secret", "s", "-o", "yaml"))["data"] == {"user": "bWU="}
    assert "user:  2 bytes" in kubectl.run("describe", "secret", "s")
    assert kubectl.namespace in kubectl.run("get", "secrets", "-A")


def test_client_side_apply_is_three_way(kubectl: Kubectl) -> None:
    assert "created" in kubectl.run("apply", "-f", "-", stdin=CONFIG_MAP)
    kubectl.run("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"other":"x"}}')
    changed = CONFIG_MAP.replace("{k: '1'}", "{new: '2'}")
    assert "configured" in kubectl.run("apply", "-f", "-", stdin=changed)
    assert kubectl.json("get", "configmap", "c")["data"] == {"new": "2", "other": "x"}
    assert kubectl.run("apply", "-f", "-", stdin=changed) == "configmap/c unchanged\n"


def test_server_side_apply_reports_conflicts(kubectl: Kubectl) -> None:
    assert "serverside-applied" in kubectl.run("apply", "--server-side", "-f", "-", stdin=CONFIG_MAP)
    theirs = CONFIG_MAP.replace("'1'", "'2'")
    refused = kubectl.run("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=theirs, code=1)
    assert 'conflict with "kubectl": .data.k' in refused
    kubectl.run("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-", stdin=theirs)
    assert kubectl.json("get", "configmap", "c")["data"] == {"k": "2"}


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    misspelt = CONFIG_MAP.replace("\ndata:", "\ndatum:")
    assert 'unknown field "datum"' in kubectl.run("apply", "-f", "-", stdin=misspelt, code=1)


def test_diff_shows_the_change(kubectl: Kubectl) -> None:
    kubectl.run("apply", "-f", "-", stdin=CONFIG_MAP)
    difference = kubectl.run("diff", "-f", "-", stdin=CONFIG_MAP.replace("'1'", "'2'"), code=1)
    assert '+  k: "2"' in difference
    assert kubectl.run("diff", "-f", "-", stdin=CONFIG_MAP) == ""


def test_edit_annotate_label_patch_and_delete(kubectl: Kubectl) -> None:
    kubectl.run("apply", "-f", "-", stdin=CONFIG_MAP)
    kubectl.run("annotate", "configmap", "c", "note=here")
    kubectl.run("label", "configmap", "c", "app=web")
    kubectl.run("edit", "configmap", "c", EDITOR="sed -i s/web/db/")
    kubectl.run("patch", "configmap", "c", "-p", '{"data":{"more":"1"}}')
    kubectl.run("patch", "configmap", "c", "--type=json", "-p", '[{"op":"remove","path":"/data/k"}]')
    found = kubectl.json("get", "configmap", "-l", "app=db")["items"][0]
    assert found["metadata"]["annotations"]["note"] == "here"
    assert found["data"] == {"more": "1"}
    assert kubectl.run("delete", "configmap", "c") == 'configmap "c" deleted\n'
    assert "NotFound" in kubectl.run("get", "configmap", "c", code=1)


def test_watching_prints_rows_as_they_come(kubectl: Kubectl) -> None:
    kubectl.run("apply", "-f", "-", stdin=CONFIG_MAP)
    rows = kubectl.run("get", "configmap", "c", "--watch", "--request-timeout=2s").splitlines()
    assert [row.split()[0] for row in rows] == ["NAME", "c"]


def test_custom_resources_have_columns_and_explanations(widgets: Kubectl) -> None:
    head, row = widgets.run("get", "wd").splitlines()
    assert (head.split(), row.split()) == (["NAME", "SIZE", "READY"], ["w", "3"])
    assert "How large it is." in widgets.run("explain", "widget.spec.size")
    assert "stringData" in widgets.run("explain", "secret")
    assert "Size:  3" in widgets.run("describe", "widget", "w")


def test_wait_sees_a_condition_of_the_status_subresource(widgets: Kubectl) -> None:
    ready = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    widgets.run("patch", "widget", "w", "--subresource=status", "--type=merge", "-p", ready)
    assert "condition met" in widgets.run("wait", "--for=condition=Ready", "widget/w", "--timeout=5s")
    assert widgets.run("get", "widget", "w", "--no-headers").split() == ["w", "3", "True"]


def test_rights_can_be_asked_for(kubectl: Kubectl) -> None:
    kubectl.run("create", "serviceaccount", "bot")
    kubectl.run("create", "role", "reader", "--verb=get", "--resource=secrets")
    kubectl.run("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={kubectl.namespace}:bot")
    bot = f"--as=system:serviceaccount:{kubectl.namespace}:bot"
    assert kubectl.run("auth", "can-i", "get", "secrets", bot) == "yes\n"
    assert kubectl.run("auth", "can-i", "delete", "secrets", bot, code=1).startswith("no")
    assert "secrets" in kubectl.run("auth", "can-i", "--list", bot)
    token = kubectl.run("create", "token", "bot").strip()
    assert "secret-free" not in kubectl.run("--token", token, "get", "configmaps", code=1)
    assert "system:masters" in kubectl.run("auth", "whoami")


def test_namespaces_and_workloads_come_and_go(kubectl: Kubectl) -> None:
    kubectl.run("create", "deployment", "web", "--image=nginx", "--replicas=2")
    assert "0/2" in kubectl.run("get", "all")
    assert "nginx" in kubectl.run("describe", "deployment", "web")
    assert "deleted" in kubectl.run("delete", "namespace", kubectl.namespace)
    assert "NotFound" in kubectl.run("get", "namespace", kubectl.namespace, code=1)
