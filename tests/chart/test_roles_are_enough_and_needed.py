"""The operator under the chart's own service account, on a cluster that enforces RBAC: nothing is denied to it, and no
rule that the chart makes stays unused."""

from __future__ import annotations

import json
import os
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from charts.generation.rendering import render
from devcluster import ClusterThread, LoggedRequest
from secrets_operator.clock import SystemClock
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.certificates import sealing_public_key
from secrets_operator.sealing.scopes import Scope, label
from secrets_operator.sealing.seal import seal_value
from secrets_operator.serving.self_made_certificates import make
from tests.builders import NOW
from tests.certificates import Authority
from tests.chart.stores import aws_with_a_service_account, vault_with_a_private_authority
from tests.chart_roles import asked, denied, granted
from tests.cluster.manifests import (
    cluster_external_secret,
    cluster_push_secret,
    external_secret,
    fake_store,
    generated,
    generator,
    push_secret,
    pushed_to,
    sealed_secret,
    shared_fake_store,
)
from tests.cluster_world import Aws, Object, OperatorProcess, World, free_port, wait_for
from tests.token_service import use_a_deploy_token

pytestmark = [pytest.mark.cluster, pytest.mark.process]

ROOT = Path(__file__).parents[2]
OWN = "secrets-operator"
ACCOUNT = "secrets-operator"
ADDRESSES = ("--listen-addr", "--live-addr", "--admission-addr", "--dashboard-addr")
NOWHERE = "http://127.0.0.1:1"
RELEASE = {"image": {"repository": "secrets-operator"}, "replicaCount": 3}
"""Values of every installation here."""

LEAVING = f"Permission(namespace={OWN!r}, group='coordination.k8s.io', resource='leases', verb='delete')"
"""What is asked for at the end."""

EVERYTHING_ON = {
    "admission": {"enabled": True},
    "dashboard": {"enabled": True},
    "extraArgs": {"admission-check-interval": "1s"},
}
"""What there can be where the cluster may be asked about everybody."""


@dataclass(frozen=True)
class Installed:
    """The chart on a cluster of its own, and the operator that runs under it."""

    cluster: ClusterThread
    world: World
    operator: OperatorProcess
    manifests: list[Object]
    page: str
    """Where the dashboard is, for who has a token."""

    def requests(self) -> list[LoggedRequest]:
        return list(self.cluster.cluster.requests.matching(user=f"system:serviceaccount:{OWN}:{ACCOUNT}"))

    def unused(self) -> list[str]:
        """Return what the roles allow and nothing has asked for yet."""
        needed = asked(self.requests())
        return [str(one) for one in sorted(granted(self.manifests, ACCOUNT)) if not any(map(one.covers, needed))]

    def grant(self) -> None:
        """Apply the roles as the chart makes them."""
        for manifest in self.manifests:
            if manifest["kind"] in {"Role", "ClusterRole"}:
                self.world.apply(manifest)

    def wait_ready(self) -> None:
        wait_for("the operator is ready", lambda: self.operator.get("/readyz")[0] == 200, seconds=60)


def without(resource: str, manifest: Object) -> Object:
    """Return a role without its rules about a resource, and anything else as it is."""
    rules = [rule for rule in manifest.get("rules", ()) if resource not in rule.get("resources", ())]
    return {**manifest, "rules": rules} if manifest["kind"] in {"Role", "ClusterRole"} else manifest


@contextmanager
def installed(folder: Path, values: Object, *namespaces: str, withheld: str = "") -> Iterator[Installed]:
    """Apply what the chart renders and run the operator as its Deployment says, as its ServiceAccount.

    No role speaks of the resource ``withheld``, until they are granted.
    """
    manifests = render({**RELEASE, **values})
    with ClusterThread() as cluster:
        admin, bound = folder / "admin", folder / "bound"
        cluster.run(cluster.cluster.write_kubeconfig(admin))
        world = World(admin)
        world.apply_files(ROOT / "crds")
        world.wait_established(ROOT / "crds")
        for namespace in (OWN, *namespaces):
            world.ensure_namespace(namespace)
        for manifest in manifests:
            if manifest["kind"] not in {"CustomResourceDefinition", "Deployment"}:
                world.apply(without(withheld, manifest))
        (deployment,) = (one for one in manifests if one["kind"] == "Deployment")
        bound.write_text(acting_as(admin, token_of(world, OWN, ACCOUNT, "https://kubernetes.default.svc")))
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        options = [one for one in container["args"][1:] if not one.startswith(ADDRESSES)]
        if "--admission" in options:
            options.append(f"--admission-addr=127.0.0.1:{free_port()}")
        page = free_port()
        if any(one.startswith("--dashboard-addr") for one in container["args"]):
            # On no loopback address, so that it asks who looks.
            options.append(f"--dashboard-addr=:{page}")
        # No call to AWS leaves this machine, and none needs to be answered: it is the token before it that counts.
        with OperatorProcess(bound, OWN, aws=Aws(NOWHERE, None, None, None), options=options) as operator:  # type: ignore[arg-type]
            here = Installed(cluster, world, operator, manifests, f"http://127.0.0.1:{page}")
            if not withheld:
                here.wait_ready()
            yield here


def token_of(world: World, namespace: str, account: str, audience: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [audience]}}
    token: str = world.call("POST", path, body=request)["status"]["token"]
    return token


def acting_as(kubeconfig: Path, token: str) -> str:
    """Return a kubeconfig of the same cluster with another login; JSON is YAML."""
    content = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    content["users"] = [{**user, "user": {"token": token}} for user in content["users"]]
    return json.dumps(content)


def config_map(namespace: str, name: str, data: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def put_service_account(world: World, namespace: str) -> None:
    annotations = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/reader"}
    metadata = {"name": "aws", "namespace": namespace, "annotations": annotations}
    world.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})


def use_a_namespace(here: Installed, namespace: str) -> None:
    """Have a namespace's Secrets written, repaired, renamed and deleted, from stores, generators and ciphertext."""
    world = here.world
    world.apply(config_map(namespace, "templates", {"a": "{{ .k }}!"}))
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}, target={"name": "former"}))
    world.wait_data(namespace, "former", {"k": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    template = {"templateFrom": [{"configMap": {"name": "templates", "items": [{"key": "a"}]}}]}
    world.apply(external_secret(namespace, {"k": "one"}, target={"name": "latter", "template": template}))
    world.wait_data(namespace, "latter", {"a": b"1!"})
    wait_for("the former Secret is gone", lambda: world.secret(namespace, "former") is None)

    push(world, namespace, {"name": "store"})

    world.apply(generator(namespace, "UUID", {}))
    world.apply(external_secret(namespace, name="made", dataFrom=[generated("UUID")], target={"name": "made"}))
    world.wait_condition("ExternalSecret", namespace, "made")

    use_a_deploy_token(world, namespace)
    put_service_account(world, namespace)
    world.apply(aws_with_a_service_account(namespace))
    world.wait_condition("SecretStore", namespace, "aws", status="False")

    wait_for("there is a certificate", lambda: here.operator.get("/v1/cert.pem")[0] == 200)
    world.apply(sealed_for(namespace, here.operator.get("/v1/cert.pem")[1]))
    world.wait_data(namespace, "sealed", {"k": b"plain"})
    world.wait_condition("SealedSecret", namespace, "sealed")


def push(world: World, namespace: str, store: Object) -> None:
    """Have a Secret pushed, in a way that the PushSecret and the store get finalizers."""
    pushed = push_secret(namespace, [pushed_to("pushed", of="a")], name=store["name"], deletionPolicy="Delete")
    pushed["spec"] |= {"secretStoreRefs": [store], "selector": {"secret": {"name": "latter"}}}
    world.apply(pushed)
    world.wait_condition("PushSecret", namespace, store["name"])


def use_cluster_stores(here: Installed, namespace: str, credentials: str) -> None:
    """Have stores of the whole cluster checked: one with conditions, one whose credentials are in ``credentials``."""
    world = here.world
    world.apply(shared_fake_store("shared", {"one": "1"}, conditions=[{"namespaces": [namespace]}]))
    world.apply(external_secret(namespace, {"k": "one"}, name="shared", store="shared", kind="ClusterSecretStore"))
    world.wait_condition("ExternalSecret", namespace, "shared")
    push(world, namespace, {"name": "shared", "kind": "ClusterSecretStore"})
    put_service_account(world, credentials)
    world.apply(aws_with_a_service_account(credentials, "ClusterSecretStore"))
    world.wait_condition("ClusterSecretStore", "", "aws", status="False")
    world.put_secret(credentials, "login", {"token": "test-token"})
    world.apply(config_map(credentials, "authority", {"ca.crt": Authority().certificate.decode()}))
    world.apply(vault_with_a_private_authority(credentials))
    world.wait_condition("ClusterSecretStore", "", "vault", status="False")


def use_fan_out(here: Installed, namespace: str) -> None:
    """Have an ExternalSecret and a PushSecret made in a namespace, and deleted."""
    world, labels = here.world, {"kubernetes.io/metadata.name": namespace}
    fan_out = cluster_external_secret("spread", {"k": "one"}, namespaceSelectors=[{"matchLabels": labels}])
    fan_out["spec"]["externalSecretSpec"]["secretStoreRef"] = {"name": "store", "kind": "SecretStore"}
    world.apply(fan_out)
    world.wait_data(namespace, "spread", {"k": b"1"})
    fan_out["spec"]["namespaceSelectors"] = []
    world.apply(fan_out)
    wait_for("the child is gone", lambda: world.get("ExternalSecret", namespace, "spread") is None)
    pushing = cluster_push_secret("spread", namespaceSelectors=[{"matchLabels": labels}])
    world.apply(pushing)
    wait_for("a PushSecret is made", lambda: world.get("PushSecret", namespace, "spread"))
    pushing["spec"]["namespaceSelectors"] = []
    world.apply(pushing)
    wait_for("the PushSecret is gone", lambda: world.get("PushSecret", namespace, "spread") is None)


def use_a_namespace_that_no_watch_has_seen(here: Installed) -> None:
    """Have the conditions of a store judged for a namespace that is newer than what the watch has told."""
    here.cluster.call(partial(here.cluster.cluster.fail_requests, 503, method="GET", path=r"/api/v1/namespaces\?"))
    here.cluster.call(here.cluster.cluster.close_watches)
    here.world.ensure_namespace("unseen")
    here.world.apply(shared_fake_store("by-label", {"one": "1"}, conditions=[{"namespaces": ["unseen"]}]))
    here.world.apply(external_secret("unseen", {"k": "one"}, store="by-label", kind="ClusterSecretStore"))
    here.world.wait_data("unseen", "app", {"k": b"1"})
    here.cluster.call(here.cluster.cluster.clear_faults)


def use_batch_verify(here: Installed, namespace: str) -> None:
    """Ask whether SealedSecrets can be opened, as somebody who may not."""
    bearer = token_of(here.world, namespace, "aws", "https://kubernetes.default.svc")
    body = yaml.safe_dump(sealed_secret(namespace, {"k": "%%%"})).encode()
    url = f"http://127.0.0.1:{here.operator.port}/v1/verify/batch"
    request = urllib.request.Request(url, data=body, headers={"Authorization": f"Bearer {bearer}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert "forbidden" in json.loads(answer.read())["documents"][0]["error"]


def sealed_for(namespace: str, certificate: str) -> Object:
    """Return a SealedSecret that the operator with that certificate opens."""
    key = sealing_public_key(certificate.encode(), now=NOW)
    place = label(Scope.STRICT, namespace=namespace, name="sealed")
    return sealed_secret(namespace, {"k": seal_value(key, SecretBytes(b"plain"), label=place, random=os.urandom)})


def use_generic_targets(here: Installed, namespace: str) -> None:
    """Have ConfigMaps written, repaired and deleted."""
    world, manifest = here.world, {"apiVersion": "v1", "kind": "ConfigMap"}
    target = {"name": "first", "manifest": manifest}
    world.apply(external_secret(namespace, {"k": "one"}, name="plain", target=target))
    wait_for("a ConfigMap is written", lambda: world.config_map(namespace, "first"))
    world.wait_condition("ExternalSecret", namespace, "plain")
    world.apply(external_secret(namespace, {"k": "one"}, name="plain", target=target | {"name": "second"}))
    wait_for("the first is gone", lambda: world.config_map(namespace, "first") is None)


def use_its_own_namespace(here: Installed) -> None:
    """Have something reported about a Secret that claims to be a sealing key and is none."""
    labels = {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}
    here.world.put_secret(OWN, "no-key", {"tls.key": "none"}, labels=labels)
    wait_for("it is reported", lambda: here.world.events(OWN, "no-key"))


def use_admission(here: Installed) -> None:
    """Have the certificate of the admission server made, trusted, and renewed when it has little time left."""
    world, name = here.world, f"{OWN}-admission-certificate"
    wait_for("there is a certificate", lambda: world.data(OWN, name))
    old = make(f"{OWN}-admission", OWN, now=SystemClock().now() - timedelta(days=80))
    parts = {"tls.crt": old.chain, "tls.key": old.key.reveal()}
    parts |= {"ca.crt": old.authorities, "ca.key": old.authority_key.reveal()}
    world.edit_secret(OWN, name, {"data": {key: b64encode(part).decode() for key, part in parts.items()}})
    wait_for("it is renewed", lambda: (world.data(OWN, name) or {})["tls.crt"] != old.chain)
    path = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{OWN}"

    def bundles() -> list[bytes]:
        webhooks = world.call("GET", path)["webhooks"]
        return [b64decode(one["clientConfig"].get("caBundle", "")) for one in webhooks]

    wait_for("its authority is trusted", lambda: all(one.startswith(old.authorities) for one in bundles()))


def use_dashboard(here: Installed, namespace: str, store: str) -> None:
    """Have somebody who may list everything look at an ExternalSecret and at a ClusterSecretStore."""
    world, account = here.world, {"name": "visitor", "namespace": namespace}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["list"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "visitor"}}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "visitor"}
    world.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    world.apply({**role, "kind": "ClusterRole", "rules": rules})
    subject = {"kind": "ServiceAccount", **account}
    world.apply({**role, "kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]})
    bearer = token_of(world, namespace, "visitor", "https://kubernetes.default.svc")
    for kind, place, name in (("ExternalSecret", namespace, "app"), ("ClusterSecretStore", "", store)):
        path = f"/resource?kind={kind}&namespace={place}&name={name}"
        request = urllib.request.Request(f"{here.page}{path}", headers={"Authorization": f"Bearer {bearer}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        assert f"<h1>{name}" in text
        assert "not looked up" not in text


def assert_fit(here: Installed, *, before: Sequence[LoggedRequest] = ()) -> None:
    """Stop the operator, which takes its Lease away; hold that nothing was denied and that every rule was needed.

    What was denied ``before`` the rules were granted does not count.
    """
    deadline = 10.0
    with suppress(AssertionError):
        wait_for("every rule but one is used", lambda: not (set(here.unused()) - {LEAVING}), seconds=deadline)
    here.operator.stop()
    assert here.unused() == []
    assert denied(here.requests()) == list(before)


def test_in_all_namespaces(tmp_path: Path) -> None:
    with installed(tmp_path, EVERYTHING_ON, "shop") as here:
        use_admission(here)
        use_a_namespace(here, "shop")
        use_cluster_stores(here, "shop", "shop")
        use_fan_out(here, "shop")
        use_batch_verify(here, "shop")
        use_dashboard(here, "shop", "shared")
        use_a_namespace_that_no_watch_has_seen(here)
        use_its_own_namespace(here)
        assert_fit(here)


def test_in_listed_namespaces(tmp_path: Path) -> None:
    values = {"watchNamespaces": ["shop", "billing"], "credentialNamespaces": ["vaults"]}
    with installed(tmp_path, EVERYTHING_ON | values, "shop", "billing", "vaults") as here:
        use_admission(here)
        use_a_namespace(here, "shop")
        use_a_namespace(here, "billing")
        use_cluster_stores(here, "shop", "vaults")
        use_batch_verify(here, "shop")
        use_dashboard(here, "shop", "shared")
        use_dashboard(here, "billing", "aws")
        use_its_own_namespace(here)
        assert_fit(here)


def test_in_one_namespace_without_any_cluster_role(tmp_path: Path) -> None:
    targets = [{"apiGroup": "", "kind": "ConfigMap", "resources": ["configmaps"]}]
    values = {"scopedRBAC": True, "genericTargets": {"enabled": True, "resources": targets}}
    with installed(tmp_path, values, withheld="leases") as here:
        assert [one for one in here.manifests if one["kind"].startswith("ClusterRole")] == []
        before = it_waits_for_the_right_on_leases(here)
        use_a_namespace(here, OWN)
        use_generic_targets(here, OWN)
        here.world.apply(external_secret(OWN, {"k": "one"}, name="far", store="far", kind="ClusterSecretStore"))
        here.world.wait_condition("ExternalSecret", OWN, "far", status="False", says="name a SecretStore")
        use_its_own_namespace(here)
        assert_fit(here, before=before)


def it_waits_for_the_right_on_leases(here: Installed) -> list[LoggedRequest]:
    """Hold that one of several replicas that may not announce itself says so and is not ready; then let it."""
    missing = "a Role in the operator's namespace for leases of coordination.k8s.io with the verbs list, watch, create"
    wait_for("it says what is missing", lambda: missing in here.operator.get("/readyz")[1])
    assert here.operator.get("/readyz")[0] == 503
    assert missing in here.operator.output
    before = denied(here.requests())
    assert {request.resource for request in before} == {"leases"}
    here.grant()
    here.wait_ready()
    return denied(here.requests())
