"""The operator as a process: probes, restarts, signals, and values that never show."""

from __future__ import annotations

import base64
import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import aws_store, external_secret, fake_store
from tests.cluster_world import Aws, OperatorProcess, World, free_port, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]


def test_probes_answer_before_the_api_server_does(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        f"clusters: [{{name: c, cluster: {{server: '{nobody}'}}}}]\n"
        "users: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
    )
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE) as operator:
        wait_for("the operator is alive", lambda: operator.get("/healthz", live=True)[0] == 200)
        assert operator.get("/healthz")[0] == 200
        assert operator.get("/readyz")[0] == 503
        assert operator.stop() == 0


def test_a_restart_writes_nothing_and_sigterm_ends_it_in_order_within_ten_seconds(
    world: World, kubeconfig: Path, namespace: str, operator: OperatorProcess
) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_condition("ExternalSecret", namespace, "app")
    before = [world.secret(namespace, "app"), world.get("ExternalSecret", namespace, "app")]
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE) as second:
        second.wait_ready()
        wait_for("it has looked at everything", lambda: second.metric("secrets_operator_reconciles_total") >= 2)
        wait_for("its queue is empty", lambda: second.metric("secrets_operator_queue_depth") == 0)
        assert second.metric("secrets_operator_secret_writes_total") == 0
        began = time.monotonic()
        assert second.stop() == 0
        assert time.monotonic() - began < 10
        assert '"event": "stopped"' in second.output
    assert [world.secret(namespace, "app"), world.get("ExternalSecret", namespace, "app")] == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["--kubeconfig", "/nowhere/kubeconfig"], "/nowhere/kubeconfig", id="a kubeconfig that is not there"
        ),
        pytest.param(["--listen-addr", "nonsense"], "write :8080", id="an address that is none"),
        pytest.param(["--heartbeat-interval", "5"], "must be a Go duration", id="a duration without unit"),
    ],
)
def test_a_wrong_flag_is_explained(kubeconfig: Path, arguments: list[str], says: str) -> None:
    process = OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, options=arguments)
    process.start()
    assert process.process.wait(20) != 0
    process.stop()
    assert says in process.output


def test_a_value_shows_nowhere(world: World, kubeconfig: Path, namespace: str, aws: Aws) -> None:
    canary = f"canary-{secrets.token_hex(12)}"
    credential = f"credential-{secrets.token_hex(12)}"
    aws.put(f"{namespace}/canary", canary)
    aws.put(f"{namespace}/list", f'["{canary}"]')
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, aws=aws, options=["--log-level", "debug"]) as operator:
        operator.wait_ready()
        world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": credential})
        world.apply(aws_store(namespace))
        world.apply(external_secret(namespace, {"k": f"{namespace}/canary"}, store="aws", refreshInterval="1s"))
        world.wait_data(namespace, "app", {"k": canary.encode()})
        world.edit_secret(namespace, "app", {"stringData": {"k": f"{canary}-edited"}})
        world.wait_data(namespace, "app", {"k": canary.encode()})
        for name, spec in _failing(f"{namespace}").items():
            world.apply(external_secret(namespace, name=name, store="aws", **spec))
            world.wait_condition("ExternalSecret", namespace, name, status="False")
        seen = [operator.get(path)[1] for path in ("/metrics", "/healthz", "/readyz")]
    seen.append(operator.output)
    seen += [str(world.get("ExternalSecret", namespace, name)) for name in ("app", *_failing(""))]
    seen.append(str(world.get("SecretStore", namespace, "aws")))
    seen.append(str(world.call("GET", f"/api/v1/namespaces/{namespace}/events")))
    secret = world.secret(namespace, "app")
    assert secret is not None
    seen.append(str(secret["metadata"]))
    for value in (canary, credential):
        for form in (value, base64.b64encode(value.encode()).decode()):
            assert not [text for text in seen if form in text]


def _failing(namespace: str) -> dict[str, dict[str, Any]]:
    """Resources whose errors are about a payload that holds the canary."""
    return {
        "not-an-object": {"dataFrom": [{"extract": {"key": f"{namespace}/list"}}]},
        "no-property": {"data": {"k": f"{namespace}/canary#a.b"}},
    }
