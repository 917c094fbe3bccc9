"""Google Cloud identities as logins, with a local server in place of Google's.

A method of type jwt checks signature, audience and end of the tokens, in place of Vault's plug-in for Google Cloud.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from secrets_operator_vault.logins.ticket import GoogleServices, Surroundings

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"n":"1"}'))


async def test_a_google_key_signs_a_login(spec: Any, jwt_mount: str, signer: Any, reads: Any) -> None:
    key = {
        "type": "service_account",
        "client_email": "app@test.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": signer.private_pem,
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    auth = {
        "gcp": {
            "role": "app",
            "path": jwt_mount,
            "secretRef": {"secretAccessKeySecretRef": {"name": "gcp", "key": "key.json"}},
        }
    }
    host = MemoryHost(secrets={("default", "gcp"): {"key.json": json.dumps(key)}})
    assert await reads(spec, auth, host) == VALUE
    for bad in ("{}", "no json", json.dumps({**key, "private_key": "hush"})):
        with pytest.raises(InvalidSpec) as refused:
            await reads(spec, auth, MemoryHost(secrets={("default", "gcp"): {"key.json": bad}}))
        assert refused.value.field == "auth.gcp.secretRef.secretAccessKeySecretRef"
        assert refused.value.__cause__ is None


class Google:
    """The metadata server and the two services that Workload Identity asks."""

    def __init__(self, signer: Any) -> None:
        self._signer = signer
        self.asked: list[str] = []
        self.clusters: list[str] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.path)
        if request.method == "GET":
            assert request.headers["Metadata-Flavor"] == "Google"
            if request.path.endswith("/identity"):
                return web.Response(text=self._signer.token(request.query["audience"].rpartition("/")[2]))
            return web.Response(text=request.path.rpartition("/")[2])
        body = await request.json()
        if request.path == "/v1/token":
            assert body["audience"].startswith(
                "identitynamespace:proj.svc.id.goog:https://container.googleapis.com/v1/"
            )
            assert body["subjectToken"] == "sa-token"
            self.clusters.append(body["audience"].partition("/v1/")[2])
            return web.json_response({"access_token": "federated"})
        if request.path.endswith(":generateAccessToken"):
            assert request.headers["Authorization"] == "Bearer federated"
            return web.json_response({"accessToken": "granted", "expireTime": "2100-01-01T00:00:00Z"})
        assert request.headers["Authorization"] == "Bearer granted"
        claims = json.loads(body["payload"])
        assert (claims["sub"], claims["exp"]) == ("app@proj.iam.gserviceaccount.com", 4102444800)
        return web.json_response({"signedJwt": self._signer.token(claims["aud"].removeprefix("vault/"))})


@pytest.fixture
async def google(signer: Any) -> AsyncIterator[tuple[Google, str]]:
    google = Google(signer)
    runner = web.ServerRunner(web.Server(google.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield google, f"127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_the_machine_logs_in(spec: Any, jwt_mount: str, google: tuple[Google, str], reads: Any) -> None:
    auth = {"gcp": {"role": "app", "path": jwt_mount}}
    trusted = MemoryHost(StoreIdentity("ClusterSecretStore", "store", "default"))
    assert await reads(spec, auth, trusted, surroundings=Surroundings({"GCE_METADATA_HOST": google[1]})) == VALUE
    with pytest.raises(InvalidSpec, match="VAULT_ADDR"):
        await reads(spec, auth, MemoryHost())
    with pytest.raises(Retryable, match="metadata server"):
        await reads(spec, auth, trusted, surroundings=Surroundings({"GCE_METADATA_HOST": "127.0.0.1:9"}))


LogIn = Callable[[dict[str, Any]], Awaitable[tuple[Any, Google]]]


@pytest.fixture
def log_in(spec: Any, jwt_mount: str, google: tuple[Google, str], reads: Any, accounts: Any) -> LogIn:
    """Log in by a service account of the cluster that stands for one of Google's."""
    found, address = google
    services = GoogleServices(f"http://{address}", f"http://{address}")
    surroundings = Surroundings({"GCE_METADATA_HOST": address}, google=services)

    async def log_in(method: dict[str, Any]) -> tuple[Any, Google]:
        host = accounts(token="sa-token")
        host.annotations = {("default", "app"): {"iam.gke.io/gcp-service-account": "app@proj.iam.gserviceaccount.com"}}
        auth = {"gcp": {"role": "app", "path": jwt_mount, **method}}
        assert await reads(spec, auth, host, surroundings=surroundings) == VALUE
        return host, found

    return log_in


PLACE = {"clusterProjectID": "proj", "clusterLocation": "europe-west1", "clusterName": "c"}
INSTANCE = "/computeMetadata/v1/instance/attributes"


@pytest.mark.parametrize(
    ("method", "workload", "cluster", "asked"),
    [
        pytest.param({}, PLACE, "projects/proj/locations/europe-west1/clusters/c", [], id="all of it is given"),
        pytest.param(
            {"projectID": "proj"},
            {"clusterLocation": "europe-west1", "clusterName": "c"},
            "projects/proj/locations/europe-west1/clusters/c",
            [],
            id="the project is that of the login",
        ),
        pytest.param(
            {"projectID": "other"},
            PLACE,
            "projects/proj/locations/europe-west1/clusters/c",
            [],
            id="the project of the cluster wins over that of the login",
        ),
        pytest.param(
            {},
            {"clusterProjectID": "proj"},
            "projects/proj/locations/cluster-location/clusters/cluster-name",
            [f"{INSTANCE}/cluster-location", f"{INSTANCE}/cluster-name"],
            id="what is not given is asked of the machine",
        ),
    ],
)
async def test_workload_identity_knows_its_cluster(
    log_in: LogIn, method: dict[str, str], workload: dict[str, str], cluster: str, asked: list[str]
) -> None:
    account = {"serviceAccountRef": {"name": "app", "audiences": ["more"]}}
    host, google = await log_in({**method, "workloadIdentity": {**account, **workload}})
    assert host.asked == [("app", ("proj.svc.id.goog", "more"), 3600)]
    assert google.clusters == [cluster]
    assert [path for path in google.asked if path.startswith("/computeMetadata")] == asked
