"""The admission server of a real operator, asked by a cluster as `kubectl apply` makes it ask."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from kubernetes.client import ApiException

from tests.certificates import Authority, Pair
from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import (
    cluster_external_secret,
    cluster_push_secret,
    external_secret,
    fake_store,
    shared_fake_store,
)
from tests.cluster_world import Object, OperatorProcess, World, free_port, wait_for
from tests.documented_installation import bound_kubeconfig, installation

pytestmark = [pytest.mark.cluster, pytest.mark.process]

ROOT = Path(__file__).parents[2]
SERVICE = "secrets-operator-admission"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/secrets-operator"
CERTIFICATE = "secrets-operator-admission-certificate"
TAKEN = "the admission server has a new certificate"
PARTS = f"/apis/discovery.k8s.io/v1/namespaces/{OPERATOR_NAMESPACE}/endpointslices/{SERVICE}"


def documented() -> list[Object]:
    """The Service and the ValidatingWebhookConfiguration of docs/admission.md."""
    text = (ROOT / "docs" / "admission.md").read_text(encoding="utf-8")
    manifests = yaml.safe_load_all(text.partition("```yaml\n")[2].partition("\n```")[0])
    return list(manifests)


def ask_at(place: World, port: int) -> None:
    """Have the API server ask at a port of this machine, by what the documentation says to apply."""
    service, configuration = documented()
    put_service(place, service, port)
    place.apply(configuration)


def put_service(place: World, service: Object, port: int) -> None:
    """Have a Service of the documentation lead to a port of this machine."""
    name = service["metadata"]["name"]
    place.apply(service)
    part = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": OPERATOR_NAMESPACE,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"]}],
        "ports": [{"name": "admission", "port": port}],
    }
    place.apply(part)


@pytest.fixture(scope="module")
def admitting(
    place: World, kubeconfig_here: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """An operator with the rights that are documented, which the cluster asks about every write."""
    bound = tmp_path_factory.mktemp("bound") / "kubeconfig"
    bound.write_text(bound_kubeconfig(place, kubeconfig_here, installation(place, "admission.md")))
    port = free_port()
    ask_at(place, port)
    options = ["--admission", "--admission-addr", f"127.0.0.1:{port}", "--admission-check-interval", "200ms"]
    with OperatorProcess(bound, OPERATOR_NAMESPACE, options=options) as process:
        process.wait_ready()
        wait_for("reviews are answered", lambda: "answering admission reviews" in process.output)
        wait_for("the API server trusts the certificate", lambda: all(bundles(place)))
        wait_for("there is a sealing key", lambda: process.get("/v1/cert.pem")[0] == 200)
        yield process
    place.call("DELETE", CONFIGURATION)
    place.call("DELETE", f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/secrets/{CERTIFICATE}")


def bundles(place: World) -> list[str]:
    return [one["clientConfig"].get("caBundle", "") for one in place.call("GET", CONFIGURATION)["webhooks"]]


@pytest.fixture
def team(place: World, admitting: OperatorProcess) -> Iterator[str]:
    """A fresh namespace of that cluster."""
    assert admitting.process.poll() is None
    name = place.create_namespace()
    yield name
    place.delete_namespace(name)


def refused(write: Callable[[], Any]) -> str:
    """Return what a write that has to be refused is told."""
    with pytest.raises(ApiException) as caught:
        write()
    body = json.loads(caught.value.body or "{}")
    assert caught.value.status == 422, body
    message: str = body["message"]
    assert message.startswith("admission webhook "), message
    return message


def sealed(operator: OperatorProcess, namespace: str, *options: str) -> Object:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sealed", "namespace": namespace}}
    secret["stringData"] = {"k": "plain"}
    url = f"http://127.0.0.1:{operator.port}/v1/cert.pem"
    command = [sys.executable, "-m", "secrets_operator", "seal", "--cert", url, "-o", "json", *options]
    done = subprocess.run(command, input=json.dumps(secret), capture_output=True, text=True, timeout=30, check=True)
    made: Object = json.loads(done.stdout)
    return made


def templated(namespace: str, text: str, **template: Any) -> Object:
    return external_secret(namespace, {"k": "one"}, target={"template": {"data": {"url": text}, **template}})


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_template_that_does_not_parse_is_refused_in_every_version(place: World, team: str, version: str) -> None:
    manifest = templated(team, "{{ .k") | {"apiVersion": f"external-secrets.io/{version}"}
    assert "spec.target.template.data[url]:1:6" in refused(lambda: place.apply(manifest))
    assert place.get("ExternalSecret", team, "app") is None


def test_all_problems_are_told_at_once(place: World, team: str) -> None:
    wrong = external_secret(
        team, {"k": "one"}, dataFrom=[{"find": {"name": {"regexp": "("}}}, {"find": {"name": {"regexp": "["}}}]
    )
    message = refused(lambda: place.apply(wrong))
    assert "spec.dataFrom[0].find.name.regexp" in message
    assert "spec.dataFrom[1].find.name.regexp" in message


def test_a_secret_type_that_grants_power_is_refused(place: World, team: str) -> None:
    message = refused(lambda: place.apply(templated(team, "x", type="helm.sh/release.v1")))
    assert "spec.target.template.type: a Secret of type helm.sh/release.v1 grants power" in message


def test_a_store_outside_its_namespaces_is_refused(place: World, team: str) -> None:
    store = shared_fake_store(f"only-others-{team}", {"one": "1"}, conditions=[{"namespaces": ["others"]}])
    place.apply(store)
    manifest = external_secret(team, {"k": "one"}, store=store["metadata"]["name"], kind="ClusterSecretStore")

    def told() -> str:
        # The operator hears of the store a moment after it was applied.
        try:
            place.call("PATCH", path, body=manifest, query=dry)
        except ApiException as error:
            return str(json.loads(error.body or "{}")["message"])
        return ""

    path = f"/apis/external-secrets.io/v1/namespaces/{team}/externalsecrets/app"
    dry = {"fieldManager": "gitops", "force": "true", "dryRun": "All"}
    message = wait_for("the store is known", told)
    assert f"using ClusterSecretStore {store['metadata']['name']} from namespace {team} is denied" in message


def test_what_a_provider_has_against_a_store_is_refused(place: World, team: str) -> None:
    store = fake_store(team, {"one": "1"})
    store["spec"]["provider"] = {"webhook": {"url": "https://api.example.test/{{ .remoteRef.key"}}
    assert "spec.provider.webhook.url" in refused(lambda: place.apply(store))


def test_a_cluster_external_secret_is_refused_for_what_its_children_would_say(place: World, team: str) -> None:
    manifest = cluster_external_secret(f"all-{team}", {"k": "one"}, namespaces=["nowhere"])
    manifest["spec"]["externalSecretSpec"]["target"] = {"template": {"data": {"url": "{{ nothing }}"}}}
    message = refused(lambda: place.apply(manifest))
    assert "spec.externalSecretSpec.target.template.data[url]" in message


def test_a_cluster_push_secret_is_refused_for_what_its_children_would_say(place: World, team: str) -> None:
    manifest = cluster_push_secret(f"all-{team}", namespaceSelectors=[])
    manifest["spec"]["pushSecretSpec"]["template"] = {"data": {"url": "{{ nothing }}"}}
    assert "spec.pushSecretSpec.template.data[url]" in refused(lambda: place.apply(manifest))


def test_a_moved_sealed_secret_is_refused_with_the_reason(place: World, team: str, admitting: OperatorProcess) -> None:
    manifest = sealed(admitting, team)
    moved = {**manifest, "metadata": {**manifest["metadata"], "name": "other"}}
    assert "it was sealed with scope strict" in refused(lambda: place.apply(moved))
    place.apply(manifest)
    place.wait_data(team, "sealed", {"k": b"plain"})
    place.wait_condition("SealedSecret", team, "sealed")


def test_a_sealed_secret_under_an_unknown_key_is_refused(place: World, team: str) -> None:
    folder = ROOT / "examples" / "demo" / "sealing-key"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sealed", "namespace": team}}
    secret["stringData"] = {"k": "plain"}
    command = [sys.executable, "-m", "secrets_operator", "seal", "--cert", str(folder / "tls.crt"), "-o", "json"]
    done = subprocess.run(command, input=json.dumps(secret), capture_output=True, text=True, timeout=30, check=True)
    message = refused(lambda: place.apply(json.loads(done.stdout)))
    assert "no key could decrypt secret" in message
    assert "(k)" in message


def test_a_store_of_the_fake_provider_is_let_through_with_a_warning(place: World, team: str) -> None:
    request = place.api.param_serialize(
        "POST",
        f"/apis/external-secrets.io/v1/namespaces/{team}/secretstores",
        header_params={"Accept": "application/json", "Content-Type": "application/json"},
        body=fake_store(team, {"one": "1"}),
        auth_settings=["BearerToken"],
    )
    answer = place.api.call_api(*request)
    answer.read()
    assert answer.status == 201
    assert "provider fake holds its values in the manifest" in answer.getheaders()["Warning"]


def test_what_was_bad_before_can_be_labelled_mended_step_by_step_and_deleted(place: World, team: str) -> None:
    bad = templated(team, "{{ .k", metadata={"labels": {"team": "{{ .l"}})
    unasked(place, lambda: place.apply(bad))
    path = f"/apis/external-secrets.io/v1/namespaces/{team}/externalsecrets/app"
    place.call("PATCH", path, body={"metadata": {"labels": {"a": "b"}, "finalizers": ["example.test/hold"]}})
    half = {"spec": {"target": {"template": {"data": {"url": "{{ .k }}"}}}}}
    place.call("PATCH", path, body=half)
    worse = {"spec": {"target": {"template": {"data": {"url": "{{ .k }}", "more": "{{ end }}"}}}}}
    assert "data[more]" in refused(lambda: place.call("PATCH", path, body=worse))
    place.call("DELETE", path)
    place.call("PATCH", path, body={"metadata": {"finalizers": None}})
    wait_for("it is gone", lambda: place.get("ExternalSecret", team, "app") is None)


def test_what_got_past_admission_is_caught_by_its_condition(
    place: World, team: str, admitting: OperatorProcess
) -> None:
    moved = sealed(admitting, team)
    moved["metadata"]["name"] = "other"
    place.apply(fake_store(team, {"one": "1"}))

    def apply_both() -> None:
        place.apply(templated(team, "{{ .k"))
        place.apply(moved)

    unasked(place, apply_both)
    says = "spec.target.template.data[url]:1:6"
    place.wait_condition("ExternalSecret", team, "app", status="False", says=says)
    place.wait_condition("SealedSecret", team, "other", status="False", reason="NameMismatch")
    assert place.secret(team, "app") is None
    assert place.secret(team, "other") is None


def unasked(place: World, write: Callable[[], Any]) -> None:
    """Write while the webhook cannot be reached, which its failure policy ignores."""
    part = place.call("GET", PARTS)
    place.call("PATCH", PARTS, body={"endpoints": []})
    try:
        write()
    finally:
        place.call("PATCH", PARTS, body={"endpoints": part["endpoints"]})


@contextmanager
def asking(place: World, team: str) -> Iterator[Callable[[], None]]:
    """Ask on and on; what is yielded waits for ten more requests. Fails for one that was not answered."""
    stop, failures, done = threading.Event(), list[Exception](), list[int]()

    def apply_on_and_on() -> None:
        path = f"/apis/external-secrets.io/v1/namespaces/{team}/externalsecrets/app"
        while not stop.is_set():
            body = templated(team, f"{{{{ .k }}}}{len(done)}")
            query = {"fieldManager": "gitops", "force": "true", "dryRun": "All"}
            try:
                place.call("PATCH", path, body=body, query=query)
            except ApiException as error:
                failures.append(error)
            done.append(1)

    def wait_for_more() -> None:
        expected = len(done) + 10
        wait_for("more requests", lambda: len(done) > expected)

    worker = threading.Thread(target=apply_on_and_on)
    worker.start()
    try:
        yield wait_for_more
    finally:
        stop.set()
        worker.join(30)
    assert failures == []


def test_a_renewed_certificate_drops_no_request(place: World, team: str, admitting: OperatorProcess) -> None:
    """Under a webhook that must not fail, so that a request which is not answered shows."""
    strict = [{"name": one["name"], "failurePolicy": "Fail"} for one in place.call("GET", CONFIGURATION)["webhooks"]]
    body = {**documented()[1], "webhooks": strict}
    place.call("PATCH", CONFIGURATION, body=body, query={"fieldManager": "strict", "force": "true"})
    try:
        with asking(place, team) as wait_for_more:
            for _ in range(3):
                renew(place, admitting)
                wait_for_more()
    finally:
        relaxed = [{"name": one["name"]} for one in strict]
        place.call(
            "PATCH", CONFIGURATION, body=body | {"webhooks": relaxed}, query={"fieldManager": "strict", "force": "true"}
        )


def renew(place: World, operator: OperatorProcess) -> None:
    """Take the certificate away and wait until another, which is of another authority too, is served."""

    def is_served() -> bool:
        return operator.output.count(TAKEN) > count and serial_of(place) not in (0, before)

    before, count = serial_of(place), operator.output.count(TAKEN)
    place.delete_secret(OPERATOR_NAMESPACE, CERTIFICATE)
    wait_for("another certificate is served", is_served)


def mount(folder: Path, pair: Pair, version: str) -> None:
    """Put a pair where the operator looks, as a kubelet does that renews a mounted Secret: all files at once."""
    data, link = folder / version, folder / "..data"
    data.mkdir(parents=True)
    (data / "tls.crt").write_bytes(pair.certificate)
    (data / "tls.key").write_bytes(pair.key)
    fresh = folder / "..data_tmp"
    fresh.symlink_to(data)
    fresh.replace(link)
    for name in ("tls.crt", "tls.key"):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(link / name)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_a_certificate_that_somebody_else_renews_is_taken_from_files_and_drops_no_request(
    place: World, team: str, kubeconfig_here: Path, tmp_path: Path
) -> None:
    """As with cert-manager, under a webhook of its own that must not fail."""
    authority, port, name = Authority(), free_port(), "from-files"
    host = f"{name}.{OPERATOR_NAMESPACE}.svc"
    mount(tmp_path, authority.issue(host), "first")
    service, configuration = documented()
    service["metadata"]["name"] = configuration["metadata"]["name"] = name
    for webhook in configuration["webhooks"]:
        webhook["failurePolicy"] = "Fail"
        webhook["clientConfig"]["service"]["name"] = name
        webhook["clientConfig"]["caBundle"] = base64.b64encode(authority.certificate).decode()
    options = ["--admission", "--admission-addr", f"127.0.0.1:{port}", "--admission-check-interval", "200ms"]
    options += ["--admission-cert-dir", str(tmp_path)]
    with OperatorProcess(kubeconfig_here, OPERATOR_NAMESPACE, options=options) as process:
        wait_for("reviews are answered", partial(listens, port))
        put_service(place, service, port)
        place.apply(configuration)
        try:
            assert "template" in refused(lambda: place.apply(templated(team, "{{ .k")))
            with asking(place, team) as wait_for_more:
                for renewals in (1, 2):
                    mount(tmp_path, authority.issue(host), f"renewal-{renewals}")
                    wait_for(
                        "the new files are served",
                        partial(lambda count: process.output.count(TAKEN) == count, renewals),
                    )
                    wait_for_more()
        finally:
            place.call("DELETE", CONFIGURATION.replace("/secrets-operator", f"/{name}"))
        reviews = process.get("/metrics")[1]
    labels = 'kind="ExternalSecret",outcome'
    assert f'secrets_operator_admission_reviews_total{{{labels}="refused"}} 1.0' in reviews
    assert f'secrets_operator_admission_reviews_total{{{labels}="allowed"}}' in reviews
    assert 'outcome="unjudged"' not in reviews


def test_the_rights_that_are_documented_are_enough(admitting: OperatorProcess) -> None:
    """The certificate was made, or nobody would be asked; other kinds are forbidden in namespaces that are deleted."""
    lines = admitting.get("/metrics")[1].splitlines()
    asked = [line for line in lines if 'kind="ValidatingWebhookConfiguration"' in line]
    assert any('verb="apply"' in line and 'code="200"' in line for line in asked)
    assert [line for line in asked if 'code="403"' in line] == []


def serial_of(place: World) -> int:
    secret = place.secret(OPERATOR_NAMESPACE, CERTIFICATE)
    if secret is None:
        return 0
    return x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"])).serial_number
