"""``seal`` reaches a controller through the API server's service proxy: how it is found, asked, and waited for."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner, Result

from devcluster import Cluster, ClusterThread
from secrets_operator.cli.sealing.command import seal

Seal = Callable[..., Result]
NAME = ("kube-system", "sealed-secrets-controller")
OTHER = ("sealing", "ours")
SECRET = json.dumps(
    {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "db", "namespace": "default"}, "stringData": {"k": "v"}}
)


class Controller:
    """A stand-in that answers as Sealed Secrets does, by the name of what it is asked about."""

    def __init__(self, certificate: bytes) -> None:
        self.pem = certificate
        self.asked: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/cert.pem", self._cert),
            web.post("/v1/verify", self._verify),
            web.post("/v1/rotate", self._rotate),
        ]

    async def _cert(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.pem, content_type="application/x-pem-file")

    async def _verify(self, request: web.Request) -> web.Response:
        name = json.loads(await request.read())["metadata"]["name"]
        self.asked.append(name)
        if name == "busy" and self.asked.count(name) == 1:
            return web.Response(status=429, text="limit exceeded", headers={"Retry-After": "0"})
        return web.Response(status={"closed": 409, "odd": 500}.get(name, 200))

    async def _rotate(self, request: web.Request) -> web.Response:
        sealed = json.loads(await request.read())
        if sealed["metadata"]["name"] == "closed":
            return web.Response(status=500)
        sealed["spec"]["encryptedData"] = {"k": "again"}
        sealed["metadata"]["creationTimestamp"] = None
        answer = {"metadata": sealed["metadata"], "spec": sealed["spec"]}
        # With neither kind nor media type, as upstream.
        return web.Response(text=json.dumps(answer))


@pytest.fixture(scope="module")
def controller(sealing_data: Path) -> Controller:
    return Controller((sealing_data / "tls.crt").read_bytes())


@pytest.fixture(scope="module")
def cluster(controller: Controller) -> Iterator[ClusterThread]:
    """A dev cluster with a Service of the usual name, one with a label and another name, and one without ports."""
    with ClusterThread(Cluster()) as running:
        runner = running.run(started(controller))
        for namespace, name in (NAME, OTHER, ("sealing", "portless")):
            running.run(install(running.cluster, namespace, name, port=runner.addresses[0][1]))
        running.run(publish(running.cluster, controller.pem))
        yield running
        running.run(runner.cleanup())


async def started(controller: Controller) -> web.AppRunner:
    app = web.Application()
    app.add_routes(controller.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def install(cluster: Cluster, namespace: str, name: str, *, port: int) -> None:
    """Make a Service that leads to a port of this machine."""
    labels = {"app.kubernetes.io/name": "sealed-secrets"} if (namespace, name) == OTHER else {}
    ports = [] if name == "portless" else [{"name": "" if namespace == "sealing" else "http", "port": 8080}]
    endpoints = {"addresses": [{"ip": "127.0.0.1"}], "ports": [{"name": one["name"], "port": port} for one in ports]}
    metadata = {"name": name, "labels": labels}
    objects = {
        "/api/v1/namespaces": {"metadata": {"name": namespace}},
        f"/api/v1/namespaces/{namespace}/services": {"metadata": metadata, "spec": {"ports": ports}},
        f"/api/v1/namespaces/{namespace}/endpoints": {"metadata": {"name": name}, "subsets": [endpoints]},
    }
    await create(cluster, objects)


async def publish(cluster: Cluster, pem: bytes) -> None:
    """Make the ConfigMap that the operator keeps its certificate in, in a namespace without Services."""
    metadata = {"name": "certificate", "labels": {"secrets-operator.dev/sealing-certificate": "true"}}
    config_map = {"metadata": metadata, "data": {"cert.pem": pem.decode()}}
    namespace = {"metadata": {"name": "published"}}
    await create(cluster, {"/api/v1/namespaces": namespace, "/api/v1/namespaces/published/configmaps": config_map})


async def create(cluster: Cluster, objects: dict[str, Any]) -> None:
    context = ssl.create_default_context(cadata=cluster.ca_pem)
    headers = {"Authorization": f"Bearer {cluster.token}"}
    async with aiohttp.ClientSession(cluster.url, headers=headers) as session:
        for path, body in objects.items():
            async with session.post(path, json=body, ssl=context) as answer:
                assert answer.status in {201, 409}, await answer.text()


@pytest.fixture
def seal_there(cluster: ClusterThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seal:
    """Return a function that runs ``seal`` in an empty folder, with the cluster in its kubeconfig."""
    cluster.run(cluster.cluster.write_kubeconfig(tmp_path / "kubeconfig"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: Any = "", kubeconfig: str = "kubeconfig") -> Result:
        text = stdin if isinstance(stdin, str) else "\n".join(map(json.dumps, stdin))
        environment = {"KUBECONFIG": kubeconfig, "HOME": str(tmp_path), "SEALED_SECRETS_QUIET": "1"}
        return CliRunner().invoke(seal, list(arguments), input=text, env=environment)

    return run


def sealed_secret(name: str, **annotations: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "default"}
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": metadata,
        "spec": {"encryptedData": {"k": "x"}, "template": {"metadata": {"name": name}}},
    }


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="the usual Service"),
        pytest.param(
            ["--controller-name", "ours", "--controller-namespace", "sealing"], id="the Service that is named"
        ),
        pytest.param(["--controller-namespace", "sealing"], id="the labelled Service of a namespace"),
        pytest.param(["--controller-namespace", "published"], id="the ConfigMap where there is no Service"),
        pytest.param(["--context", "devcluster"], id="a context"),
        pytest.param(["--as", "somebody", "--as-group", "system:masters"], id="as another user"),
    ],
)
def test_the_certificate_is_the_controllers(seal_there: Seal, sealing_data: Path, arguments: list[str]) -> None:
    done = seal_there("--fetch-cert", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (sealing_data / "tls.crt").read_text()


def test_connection_flags_need_no_kubeconfig(seal_there: Seal, cluster: ClusterThread, sealing_data: Path) -> None:
    there = cluster.cluster
    flags = ["--server", there.url, "--token", there.token, "--certificate-authority", str(there.ca_file)]
    done = seal_there("--fetch-cert", *flags, "--request-timeout", "20s", kubeconfig="")
    assert (done.exit_code, done.stdout) == (0, (sealing_data / "tls.crt").read_text())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--controller-name", "none"], 'services "none" not found', id="no such Service"),
        pytest.param(
            ["--controller-name", "portless", "--controller-namespace", "sealing"], "has no ports", id="no ports"
        ),
        pytest.param(["--token", "wrong"], "Unauthorized", id="another token"),
        pytest.param(["--as", "nobody"], 'User "nobody" cannot get resource "services"', id="no rights"),
        pytest.param(["--as-group", "admins"], "--as-uid and --as-group need --as", id="a group of nobody"),
        pytest.param(["--proxy-url", "socks5://x"], "--proxy-url: must be a URL", id="a SOCKS proxy"),
        pytest.param(["--context", "none"], "the kubeconfig has no such entry", id="no such context"),
        pytest.param(["--request-timeout", "soon"], "--request-timeout must be a duration", id="no duration"),
    ],
)
def test_what_leads_to_no_controller_is_said(seal_there: Seal, arguments: list[str], says: str) -> None:
    done = seal_there("--fetch-cert", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert says in done.stderr


def test_secrets_are_sealed_with_the_controllers_certificate(seal_there: Seal) -> None:
    secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "db"}, "stringData": {"k": "v"}}
    done = seal_there(stdin=[secret])
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["metadata"]["namespace"] == "default"


def test_every_document_is_validated_and_haste_is_waited_for(seal_there: Seal, controller: Controller) -> None:
    controller.asked.clear()
    done = seal_there("--validate", stdin=[sealed_secret("busy"), sealed_secret("fine")])
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert controller.asked == ["busy", "busy", "fine"]


@pytest.mark.parametrize(
    ("name", "says"),
    [("closed", "unable to decrypt sealed secret: closed"), ("odd", "cannot validate sealed secret: ")],
)
def test_what_cannot_be_opened_is_named(seal_there: Seal, name: str, says: str) -> None:
    done = seal_there("--validate", stdin=[sealed_secret("fine"), sealed_secret(name)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {says}")


def test_a_file_is_re_encrypted_in_place(seal_there: Seal, tmp_path: Path) -> None:
    file = tmp_path / "sealed.yaml"
    file.write_text(json.dumps(sealed_secret("fine")))
    file.chmod(0o640)
    done = seal_there("--re-encrypt", "-f", "sealed.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text().startswith("---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n")
    assert "creationTimestamp" not in file.read_text()
    assert "k: again" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_file_stays_as_it_is_when_one_document_cannot_be_re_encrypted(seal_there: Seal, tmp_path: Path) -> None:
    file = tmp_path / "sealed.json"
    text = "".join(json.dumps(sealed_secret(name)) for name in ("fine", "closed"))
    file.write_text(text)
    done = seal_there("--rotate", "-f", "sealed.json")
    assert done.exit_code == 1
    assert "error: cannot re-encrypt secret: " in done.stderr
    assert file.read_text() == text


def test_facts_speak_of_the_newest_sealing(seal_there: Seal) -> None:
    old = '{"name":"fine","namespace":"default","scope":"strict","sealed":[]}'
    done = seal_there("--re-encrypt", stdin=[sealed_secret("fine", **{"secrets-operator.dev/sealed": old})])
    facts = json.loads(json.loads(done.stdout)["metadata"]["annotations"]["secrets-operator.dev/sealed"])
    assert [group["items"] for group in facts["sealed"]] == [["k"]]
    assert facts["sealed"][0]["certificate"].startswith("SHA256:")


THERE = ("--kubeconfig", "kubeconfig", "--context", "devcluster", "--request-timeout", "20s")


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        pytest.param(
            ["create", "generic", "db", "-n", "default", "-w", "db.json", "--from-literal", "k=v"], "", id="create"
        ),
        pytest.param(["set", "db.json", "k=-"], "v", id="set"),
        pytest.param(["edit", "db.json"], "", id="edit"),
        pytest.param(["--into", "db.json"], SECRET, id="--into"),
    ],
)
def test_verbs_reach_the_cluster_as_the_command_does(
    seal_there: Seal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], stdin: str
) -> None:
    file, editor = tmp_path / "db.json", tmp_path / "editor"
    file.write_text(json.dumps(sealed_secret("db")))
    editor.write_text("#!/bin/sh\nsed -i 's/^k: .*/k: v/' \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("KUBE_EDITOR", str(editor))
    refused = seal_there(*arguments, *THERE, "--controller-name", "nowhere", stdin=stdin, kubeconfig="none")
    assert (refused.exit_code, json.loads(file.read_text())) == (1, sealed_secret("db"))
    assert "cannot get sealed secret service: cannot get Service kube-system/nowhere" in refused.stderr
    named = ("--controller-name", "ours", "--controller-namespace", "sealing")
    assert seal_there(*arguments, *THERE, *named, stdin=stdin, kubeconfig="none").exit_code == 0
    assert len(yaml.safe_load(file.read_text())["spec"]["encryptedData"]["k"]) > 300


def test_a_switch_of_a_verb_does_not_swallow_the_next_word(seal_there: Seal, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text(json.dumps(sealed_secret("db")))
    done = seal_there("reencrypt", "--check", "--insecure-skip-tls-verify", "db.json", *THERE, kubeconfig="none")
    said = "db.json: document 1: spec.encryptedData.k: unknown: nothing records its key\n"
    assert (done.exit_code, done.stdout) == (1, said)
