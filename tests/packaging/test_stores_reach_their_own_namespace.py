"""Whatever a store of any provider names in the cluster, a SecretStore reaches its own namespace only.

Which selectors there are the CRDs say: one that is new fails here until it is tried. All go through the one guarded
reader, so that the rule is the same for Secrets, ConfigMaps and ServiceAccounts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, OperatorError
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Object, RetrySettings
from secrets_operator.kube.client import IssuedToken
from secrets_operator.kube.resources import Resource
from secrets_operator.provider import StoreIdentity
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.resources.definitions.documents import document
from secrets_operator.resources.definitions.kinds import DEFINITIONS
from tests.certificates import Authority
from tests.installed_plugins import providers
from tests.memory_cluster import MemoryCluster
from tests.shared_reading import store_calls

OWN, FOREIGN = "team", "prod"
NOWHERE = "https://127.0.0.1:1"
PAIR = Authority().issue("client")
# One value for each kind of credential: what is read first has to be usable for the next to be read at all.
HELD = {"text": b"AKIATEST", "cert": PAIR.certificate, "key": PAIR.key, "ca": Authority().certificate}
ROLES = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r", "iam.gke.io/gcp-service-account": "a@p.example.com"}
ACCOUNT = {"name": "held"}
TEXT, CERT, KEY = ({"name": "held", "key": key} for key in ("text", "cert", "key"))
CA: dict[str, Any] = {"caProvider": {"type": "Secret", "name": "held", "key": "ca"}}
CA_MAP: dict[str, Any] = {"caProvider": {**CA["caProvider"], "type": "ConfigMap"}}
AWS_KEYS = {"accessKeyIDSecretRef": TEXT, "secretAccessKeySecretRef": TEXT, "sessionTokenSecretRef": TEXT}
CLUSTER = {"clusterLocation": "l", "clusterName": "c", "clusterProjectID": "p"}


def aws(auth: Object) -> Object:
    return {"aws": {"service": "SecretsManager", "region": "eu-west-1", "auth": auth}}


def kubernetes(auth: Object, **server: Any) -> Object:
    return {"kubernetes": {"server": {"url": NOWHERE, **server}, "auth": auth}}


def vault(*, more: Object | None = None, **auth: Any) -> Object:
    return {"vault": {"server": NOWHERE, "path": "secret", **(more or {}), "auth": auth}}


def webhook(**more: Any) -> Object:
    return {"webhook": {"url": NOWHERE, **more}}


USES: list[Object] = [
    aws({"jwt": {"serviceAccountRef": ACCOUNT}}),
    aws({"secretRef": AWS_KEYS}),
    kubernetes({"cert": {"clientCert": CERT, "clientKey": KEY}}),
    kubernetes({"token": {"bearerToken": TEXT}}, **CA),
    kubernetes({"token": {"bearerToken": TEXT}}, **CA_MAP),
    kubernetes({"serviceAccount": ACCOUNT}),
    {"kubernetes": {"authRef": TEXT}},
    vault(tokenSecretRef=TEXT, more=CA),
    vault(tokenSecretRef=TEXT, more=CA_MAP),
    vault(tokenSecretRef=TEXT, more={"tls": {"certSecretRef": CERT, "keySecretRef": KEY}}),
    vault(appRole={"path": "approle", "roleRef": TEXT, "secretRef": TEXT}),
    vault(kubernetes={"mountPath": "kubernetes", "role": "r", "serviceAccountRef": ACCOUNT}),
    vault(kubernetes={"mountPath": "kubernetes", "role": "r", "secretRef": TEXT}),
    vault(ldap={"path": "ldap", "username": "u", "secretRef": TEXT}),
    vault(userPass={"path": "userpass", "username": "u", "secretRef": TEXT}),
    vault(jwt={"role": "r", "secretRef": TEXT}),
    vault(jwt={"role": "r", "kubernetesServiceAccountToken": {"serviceAccountRef": ACCOUNT}}),
    vault(cert={"clientCert": CERT, "secretRef": KEY}),
    vault(iam={"vaultRole": "r", "jwt": {"serviceAccountRef": ACCOUNT}}),
    vault(iam={"vaultRole": "r", "secretRef": AWS_KEYS}),
    vault(gcp={"role": "r", "secretRef": {"secretAccessKeySecretRef": TEXT}}),
    vault(gcp={"role": "r", "workloadIdentity": {"serviceAccountRef": ACCOUNT, **CLUSTER}}),
    webhook(secrets=[{"name": "a", "secretRef": TEXT}]),
    webhook(auth={"ntlm": {"usernameSecret": TEXT, "passwordSecret": TEXT}}),
    webhook(**CA),
    webhook(**CA_MAP),
]
# There is no server: nobody need wait to learn that.
AT_ONCE = RetrySettings(1, 0.0)
# The login is that of the machine, so nothing is read; docs/compatibility.md says so.
NEVER_READ = {"vault.auth.gcp.serviceAccountRef"}


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STS_ENDPOINT", NOWHERE)


class RememberingCluster(MemoryCluster):
    """A cluster that has the same in both namespaces, and remembers from where something was asked for."""

    def __init__(self) -> None:
        super().__init__(*(made for namespace in (OWN, FOREIGN) for made in _objects(namespace)))
        self.asked: list[tuple[str, str]] = []

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        self.asked.append((resource.kind, namespace))
        return await super().get(resource, namespace, name)

    async def create_token(self, namespace: str, service_account: str, **more: Any) -> IssuedToken:
        self.asked.append(("token", namespace))
        return await super().create_token(namespace, service_account, **more)


def _objects(namespace: str) -> Iterator[Object]:
    metadata = {"name": "held", "namespace": namespace}
    labels = {"external-secrets.io/type": "webhook"}
    data = {key: base64.b64encode(value).decode() for key, value in HELD.items()}
    yield {"kind": "Secret", "metadata": {**metadata, "labels": labels}, "data": data}
    yield {"kind": "ConfigMap", "metadata": metadata, "data": {key: value.decode() for key, value in HELD.items()}}
    yield {"kind": "ServiceAccount", "metadata": {**metadata, "annotations": ROLES}}


@cache
def selectors_of_the_crd() -> frozenset[str]:
    """Return the paths below ``spec.provider`` that name an object and may name its namespace."""
    definition = next(one for one in DEFINITIONS if one.resource.kind == "SecretStore")
    schema = document(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return frozenset(_selectors(schema["properties"]["provider"], ""))


def _selectors(schema: Object, path: str) -> Iterator[str]:
    if schema.get("type") == "array":
        yield from _selectors(schema["items"], f"{path}[]")
        return
    properties = schema.get("properties") or {}
    if {"name", "namespace"} <= properties.keys():
        yield path
    for name, child in properties.items():
        yield from _selectors(child, f"{path}.{name}" if path else name)


def selectors_in(spec: Any, path: str = "") -> Iterator[tuple[str, Object]]:
    """Yield the selectors of a provider object: those that name what the clusters hold."""
    if isinstance(spec, list):
        for index, child in enumerate(spec):
            yield from selectors_in(child, f"{path}[{index}]")
    elif isinstance(spec, dict):
        if spec.get("name") == "held":
            yield path, spec
        for name, child in spec.items():
            yield from selectors_in(child, f"{path}.{name}" if path else name)


def with_namespace(spec: Any, namespace: str, *, at: str = "", path: str = "") -> Any:
    """Return a copy in which the selector ``at``, or each without one, names a namespace."""
    if isinstance(spec, list):
        return [with_namespace(child, namespace, at=at, path=f"{path}[{index}]") for index, child in enumerate(spec)]
    if not isinstance(spec, dict):
        return spec
    below = {name: f"{path}.{name}" if path else name for name in spec}
    made = {name: with_namespace(child, namespace, at=at, path=below[name]) for name, child in spec.items()}
    return made | ({"namespace": namespace} if spec.get("name") == "held" and at in ("", path) else {})


async def opened(use: Object, store: StoreIdentity, cluster: MemoryCluster) -> OperatorError | None:
    """Open and check a store, and return why that failed: at last because there is no server."""
    ((name, spec),) = use.items()
    provider = providers().get(name)
    assert list(provider.problems(spec, store_kind=store.kind)) == []
    blocking = Blocking(4)
    outside = Outside(Referents(cluster.client), blocking, Metrics("1"))
    try:
        calls = store_calls(blocking, limit=4)
        session = await provider.open(spec, StoreHost(store, outside=outside, calls=calls, retry=AT_ONCE))
        try:
            await session.validate()
        finally:
            await session.close()
    except OperatorError as error:
        return error
    finally:
        blocking.close()
    return None


def cases() -> list[Any]:
    return [
        pytest.param(use, path, id=f"{path}{' (ConfigMap)' if selector.get('type') == 'ConfigMap' else ''}")
        for use in USES
        for path, selector in selectors_in(use)
    ]


def test_every_selector_is_tried_or_never_read() -> None:
    tried = {path.replace("[0]", "[]") for use in USES for path, _ in selectors_in(use)}
    assert tried | NEVER_READ == selectors_of_the_crd()


@pytest.mark.parametrize(("use", "path"), cases())
async def test_a_secret_store_does_not_read_another_namespace(use: Object, path: str) -> None:
    cluster = RememberingCluster()
    error = await opened(with_namespace(use, FOREIGN, at=path), StoreIdentity("SecretStore", "store", OWN), cluster)
    assert isinstance(error, InvalidSpec)
    assert error.field == f"{path.partition('.')[2]}.namespace"
    assert {namespace for _, namespace in cluster.asked} <= {OWN}


@pytest.mark.parametrize("use", USES, ids=lambda use: ", ".join(path for path, _ in selectors_in(use)))
@pytest.mark.parametrize(
    ("kind", "named"),
    [
        pytest.param("SecretStore", OWN, id="a SecretStore may name its own"),
        pytest.param("ClusterSecretStore", FOREIGN, id="a ClusterSecretStore may name any"),
    ],
)
async def test_a_store_reads_the_namespace_that_it_names(use: Object, kind: str, named: str) -> None:
    cluster = RememberingCluster()
    await opened(with_namespace(use, named), StoreIdentity(kind, "store", OWN), cluster)
    assert {namespace for _, namespace in cluster.asked} == {named}
