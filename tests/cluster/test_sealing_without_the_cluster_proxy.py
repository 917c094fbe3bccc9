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
from tests.cluster.service_accounts import make_ci_account, token_of_ci
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

CONFIG_MAP = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/configmaps/secrets-operator-sealing-certificate"


@pytest.fixture(scope="module")
def certificate(operator: OperatorProcess) -> str:
    wait_for("the operator has a sealing key", lambda: operator.get("/v1/cert.pem")[0] == 200)
    return operator.get("/v1/cert.pem")[1]


def test_the_certificate_is_in_a_config_map(world: World, operator: OperatorProcess, certificate: str) -> None:
    published = wait_for("the ConfigMap", lambda: world.find(CONFIG_MAP) or {})
    assert published["data"].keys() == {"cert.pem", "fingerprint", "notBefore", "notAfter", "nextRenewal"}
    assert published["metadata"]["labels"] == {"secrets-operator.dev/sealing-certificate": "true"}
    wait_for("it is the one served", lambda: (world.find(CONFIG_MAP) or {})["data"]["cert.pem"] == certificate)


def ask(operator: OperatorProcess, documents: list[Object], bearer: str) -> tuple[int, Any]:
    """Return the answer; how often one may ask is limited, and that is waited for."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{operator.port}/v1/verify/batch",
        data=yaml.safe_dump_all(documents).encode(),
        headers={"Authorization": f"Bearer {bearer}"},
    )

    def answer() -> tuple[int, Any] | None:
        try:
            with urllib.request.urlopen(request, timeout=10) as found:
                return found.status, json.loads(found.read())
        except urllib.error.HTTPError as error:
            with error:
                return None if error.code == 429 else (error.code, json.loads(error.read()))

    got = wait_for("the limit lets the request pass", answer)
    assert got is not None
    return got


@pytest.mark.usefixtures("certificate")
@pytest.mark.parametrize(
    "audiences",
    [
        pytest.param(["secrets-operator"], id="by a token that is for the operator alone"),
        pytest.param([], id="by a token for the API server"),
    ],
)
def test_a_batch_is_for_those_who_may_create_sealed_secrets(
    world: World, namespace: str, operator: OperatorProcess, audiences: list[str]
) -> None:
    make_ci_account(world, namespace)
    documents = [sealed_secret(namespace, {"k": "%%%"}), sealed_secret("kube-system", {"k": "%%%"})]
    status, answer = ask(operator, documents, token_of_ci(world, namespace, *audiences))
    assert status == 200
    own, other = answer["documents"]
    assert own["items"]["k"]["reason"] == "BadBase64"
    assert other["error"] == "forbidden: you may not create or update SealedSecrets in namespace kube-system"


def test_a_batch_with_a_made_up_token_or_one_for_somebody_else_is_refused(
    world: World, namespace: str, operator: OperatorProcess
) -> None:
    make_ci_account(world, namespace)
    assert ask(operator, [], "made-up")[0] == 401
    assert ask(operator, [], token_of_ci(world, namespace, "vault"))[0] == 401
