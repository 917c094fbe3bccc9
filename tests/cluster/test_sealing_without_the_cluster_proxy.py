"""What pipelines ask the operator for: the certificate as a ConfigMap, and verdicts on many SealedSecrets."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
import yaml

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import sealed_secret
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

CONFIG_MAP = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/configmaps/secrets-operator-sealing-certificate"
RIGHTS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{}"


@pytest.fixture(scope="module")
def certificate(operator: OperatorProcess) -> str:
    wait_for("the operator has a sealing key", lambda: operator.get("/v1/cert.pem")[0] == 200)
    return operator.get("/v1/cert.pem")[1]


def test_the_certificate_is_in_a_config_map(world: World, operator: OperatorProcess, certificate: str) -> None:
    published = wait_for("the ConfigMap", lambda: world.find(CONFIG_MAP) or {})
    assert published["data"].keys() == {"cert.pem", "fingerprint", "notBefore", "notAfter", "nextRenewal"}
    assert published["metadata"]["labels"] == {"secrets-operator.dev/sealing-certificate": "true"}
    wait_for("it is the one served", lambda: (world.find(CONFIG_MAP) or {})["data"]["cert.pem"] == certificate)


def token(world: World, namespace: str) -> str:
    """Return the token of a new ServiceAccount that may create SealedSecrets in its namespace."""
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    world.call("POST", accounts, body={"metadata": {"name": "ci"}})
    rule = {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets"], "verbs": ["create"]}
    world.call("POST", RIGHTS.format(namespace, "roles"), body={"metadata": {"name": "ci"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "ci"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "ci"},
        "subjects": [{"kind": "ServiceAccount", "name": "ci", "namespace": namespace}],
    }
    world.call("POST", RIGHTS.format(namespace, "rolebindings"), body=binding)
    issued = world.call("POST", f"{accounts}/ci/token", body={"spec": {"expirationSeconds": 600}})
    return str(issued["status"]["token"])


def ask(operator: OperatorProcess, documents: list[Object], bearer: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{operator.port}/v1/verify/batch",
        data=yaml.safe_dump_all(documents).encode(),
        headers={"Authorization": f"Bearer {bearer}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.usefixtures("certificate")
def test_a_batch_is_for_those_who_may_create_sealed_secrets(
    world: World, namespace: str, operator: OperatorProcess
) -> None:
    documents = [sealed_secret(namespace, {"k": "%%%"}), sealed_secret("kube-system", {"k": "%%%"})]
    status, answer = ask(operator, documents, token(world, namespace))
    assert status == 200
    own, other = answer["documents"]
    assert own["items"]["k"]["reason"] == "BadBase64"
    assert other["error"] == "forbidden: you may not create or update SealedSecrets in namespace kube-system"


def test_a_batch_with_a_made_up_token_is_refused(operator: OperatorProcess) -> None:
    assert ask(operator, [], "made-up")[0] == 401
