"""AWS as a local HTTP server: moto's, behind a gateway that records calls and can put a fault in their place."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qsl

import boto3
import pytest
from moto.acm.models import AWS_ROOT_CA
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from secrets_operator_aws.provider import PROVIDER
from werkzeug.serving import make_server

from secrets_operator.fetching.batching import Ahead
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.provider import RetrySettings, Session, StoreIdentity
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.reporting.metrics import Metrics

REGION = "eu-central-1"
ECR_PUBLIC = "SpencerFrontendService."
SPEC: dict[str, Any] = {
    "service": "SecretsManager",
    "region": REGION,
    "auth": {
        "secretRef": {
            "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
            "secretAccessKeySecretRef": {"name": "keys", "key": "secret"},
        }
    },
}
HOST = MemoryHost(
    store=StoreIdentity("SecretStore", "aws", "team"),
    secrets={
        ("team", "keys"): {
            "id": "AKIAIOSFODNN7EXAMPLE",
            "secret": "wJalrXUtnFEMI/K7MDENG\n",
            "token": "tok-3e1f",
            "bad": "k\u00e9y",
        }
    },
)


@dataclass
class Gateway:
    """A WSGI application in front of moto; operations are named as AWS names them."""

    app: Any
    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    logins: list[dict[str, str]] = field(default_factory=list)
    """What STS was asked, in order, with its parameters."""
    faults: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    passing: Counter[str] = field(default_factory=Counter)
    once: set[str] = field(default_factory=set)
    retry_after: str = ""
    public_login: Any = None
    """What ECR Public answers, which moto does not have."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, operation: str, status: int, code: str, message: str = "", *, after: int = 0) -> None:
        """Answer calls of ``operation`` with an error, all after the next ``after``."""
        self.faults[operation] = (status, code, message)
        self.passing[operation] = after

    def fail_once(self, operation: str, status: int, code: str) -> None:
        """Answer the next call of ``operation`` with an error, and no other."""
        self.fail(operation, status, code)
        self.once.add(operation)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        login: dict[str, str] = {}
        if not operation:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            login = dict(parse_qsl(body.decode()))
            operation = login["Action"]
        with self.lock:
            self.logins += [login] if login else []
            self.calls[operation] += 1
            self.tokens.append(environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""))
            passes = operation not in self.faults or self.passing[operation] > 0
            self.passing[operation] -= operation in self.faults
        if passes and environ.get("HTTP_X_AMZ_TARGET", "").startswith(ECR_PUBLIC):
            start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps(self.public_login).encode()]
        if passes and operation == "GetCertificate":
            return self._certificate(environ, start_response)
        if passes:
            return self.app(environ, start_response)
        status, code, message = self.faults[operation]
        if operation in self.once:
            self.once.discard(operation)
            del self.faults[operation]
        body = json.dumps({"__type": code, "message": message})
        if login:
            body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        headers = [("Content-Type", "text/plain"), ("x-amzn-RequestId", "7a1c-req")]
        start_response(
            f"{status} Fault", [*headers, *([("Retry-After", self.retry_after)] if self.retry_after else [])]
        )
        return [body.encode()]

    def _certificate(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer with the chain that was imported: moto adds Amazon's own, and AWS repeats a leaf that has none."""
        started: list[Any] = []
        body = b"".join(self.app(environ, lambda status, headers, _=None: started.extend((status, headers))))
        if started[0].startswith("200"):
            found = json.loads(body)
            chain = found["CertificateChain"].replace(AWS_ROOT_CA.decode(), "").strip()
            body = json.dumps({**found, "CertificateChain": chain or found["Certificate"]}).encode()
        headers = [header for header in started[1] if header[0].lower() != "content-length"]
        start_response(started[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture(scope="session")
def running_gateway() -> Iterator[Gateway]:
    application = Gateway(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    application.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield application
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway(running_gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """The gateway as the only AWS there is, and no credentials but those a test sets."""
    for service in ("SECRETSMANAGER", "SSM", "ACM", "STS", "ECR", "ECR_PUBLIC", "RESOURCE_GROUPS_TAGGING_API"):
        monkeypatch.setenv(f"AWS_{service}_ENDPOINT", running_gateway.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    running_gateway.calls.clear()
    running_gateway.tokens.clear()
    running_gateway.logins.clear()
    yield running_gateway
    running_gateway.faults.clear()
    running_gateway.passing.clear()
    running_gateway.once.clear()
    running_gateway.retry_after = ""


def administrator(service: str, gateway: Gateway) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=gateway.url,
        aws_access_key_id="admin",
        aws_secret_access_key="admin",
    )


@pytest.fixture
def ssm(gateway: Gateway) -> Iterator[Any]:
    """An administrator's client of Parameter Store whose parameters are gone after the test."""
    client = administrator("ssm", gateway)
    yield client
    gateway.faults.clear()
    pages = list(client.get_paginator("describe_parameters").paginate())
    for parameter in [parameter for page in pages for parameter in page["Parameters"]]:
        client.delete_parameter(Name=parameter["Name"])
    client.close()


@pytest.fixture
def acm(gateway: Gateway) -> Iterator[Any]:
    """An administrator's client of Certificate Manager whose certificates are gone after the test."""
    client = administrator("acm", gateway)
    yield client
    gateway.faults.clear()
    for certificate in client.list_certificates()["CertificateSummaryList"]:
        client.delete_certificate(CertificateArn=certificate["CertificateArn"])
    client.close()


@pytest.fixture
def aws(gateway: Gateway) -> Iterator[Any]:
    """An administrator's client of Secrets Manager whose secrets are gone after the test."""
    client = administrator("secretsmanager", gateway)
    yield client
    gateway.faults.clear()
    pages = list(client.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True))
    for secret in [secret for page in pages for secret in page["SecretList"]]:
        replicas = client.describe_secret(SecretId=secret["ARN"]).get("ReplicationStatus", [])
        if replicas:
            regions = [replica["Region"] for replica in replicas]
            client.remove_regions_from_replication(SecretId=secret["ARN"], RemoveReplicaRegions=regions)
        client.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)
    client.close()


OpenSession = Callable[..., Any]


@pytest.fixture
async def open_session() -> Any:
    """Open sessions on SPEC with some fields replaced, and close them in the end."""
    opened: list[Session] = []

    async def open_one(retry: RetrySettings | None = None, *, by: MemoryHost = HOST, **fields: Any) -> Session:
        session = await PROVIDER.open({**SPEC, **fields}, replace(by, retry=retry))
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        await session.close()


@pytest.fixture
def spec() -> dict[str, Any]:
    return SPEC


@pytest.fixture
def host() -> MemoryHost:
    return HOST


class Keys:
    """An API server with a Secret in each namespace that the stores log in with; all have the keys of ``team-0``."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}
        """The access keys of namespaces that have others."""

    async def get(self, _resource: Any, namespace: str, name: str) -> Object:
        access_key = self.of.get(namespace, "AKIATEST")
        metadata = {"name": name, "namespace": namespace, "resourceVersion": access_key}
        return {"metadata": metadata, "data": {"id": _encoded(access_key), "secret": _encoded(f"of-{access_key}")}}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _everybody_may(_store: Object, _namespace: str) -> str:
    return ""


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def most_bytes() -> int:
    """How many bytes of values are kept: none, since what is counted is what batches alone are good for."""
    return 0


@pytest.fixture
def guards() -> StoreGuards:
    return StoreGuards(now=_now, calls_per_second=0)


@pytest.fixture
def soon() -> list[Ahead]:
    """What is refreshed so soon that it may be read now."""
    return []


@pytest.fixture
async def sessions(
    *, gateway: Any, keys: Keys, most_bytes: int, guards: StoreGuards, soon: list[Ahead]
) -> AsyncIterator[Sessions]:
    """The operator's own fetching, on the gateway."""
    blocking = Blocking(32)
    outside = Outside(Referents(cast("Client", keys)), blocking, Metrics("1"))
    shared = Shared(guards, ValueCache(most_bytes, now=_now), soon=lambda _stores: soon)
    made = Sessions(Providers.from_mapping({"aws": PROVIDER}), outside, shared, denial=_everybody_may, limit=16)
    yield made
    await made.close()
    blocking.close()


def _store_in(namespace: str, *, retry: dict[str, Any] | None = None, **fields: Any) -> Object:
    """Return a store of one namespace that logs in with the Secret there."""
    return {
        "kind": "SecretStore",
        "metadata": {"name": "aws", "namespace": namespace, "uid": f"uid-{namespace}", "generation": 1},
        "spec": {"provider": {"aws": {**SPEC, **fields}}, **({"retrySettings": retry} if retry else {})},
    }


@pytest.fixture
def store_in() -> Callable[..., Object]:
    return _store_in
