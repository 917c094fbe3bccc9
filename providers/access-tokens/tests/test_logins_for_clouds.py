"""ACRAccessToken and GCRAccessToken: an identity of a cloud is traded for a login of its registries."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from secrets_operator_access_tokens import acr, gcr
from secrets_operator_access_tokens.azure_identities import CLOUDS, machine_call
from secrets_operator_access_tokens.surroundings import GoogleServices, Surroundings

from secrets_operator.errors import InvalidSpec, OperatorError, Refused
from secrets_operator.provider import Generated, StoreIdentity
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.resources.generators.acr import AzureManagedIdentity

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
AZURE = {"azure.workload.identity/client-id": "id-7", "azure.workload.identity/tenant-id": "tenant-7"}
GOOGLE = {"iam.gke.io/gcp-service-account": "puller@p.iam.gserviceaccount.com"}
PRINCIPAL = {
    "servicePrincipal": {
        "secretRef": {"clientId": {"name": "app", "key": "id"}, "clientSecret": {"name": "app", "key": "secret"}}
    }
}
ACCOUNT = {"serviceAccountRef": {"name": "puller", "audiences": ["more"]}}
CLUSTER = {"clusterLocation": "l", "clusterName": "c", "clusterProjectID": "p"}


def host_of(
    kind: str, secrets: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> MemoryHost:
    return MemoryHost(
        StoreIdentity(kind, "g", "default"),
        secrets={("default", "app"): {"id": "id-3", "secret": "s3cret\n", **(secrets or {})}},
        annotations={("default", "puller"): annotations or {}},
    )


async def make(generator: Any, spec: Mapping[str, Any], host: MemoryHost) -> dict[str, bytes]:
    assert generator.problems(spec) == []
    made: Generated = await generator.generate(spec, host, now=NOW, entropy=os.urandom)
    return {name: value.reveal() for name, value in made.values.items()}


def azure(service: Any, **environ: str) -> acr.ACRAccessTokenGenerator:
    cloud = replace(CLOUDS["PublicCloud"], login=service.url, registries=service.host)
    return acr.ACRAccessTokenGenerator(Surroundings(environ, registry_scheme="http", azure=cloud))


def form(asked: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


async def test_a_service_principal_gets_a_token_of_one_scope(service: Any) -> None:
    service.says({"access_token": "entra"}, to=("POST", "/tenant-3/oauth2/v2.0/token"))
    service.says({"refresh_token": "refresh"}, to=("POST", "/oauth2/exchange"))
    service.says({"access_token": "scoped"}, to=("POST", "/oauth2/token"))
    spec = {"auth": PRINCIPAL, "tenantId": "tenant-3", "registry": service.host, "scope": "repository:web:pull"}
    assert await make(azure(service), spec, host_of("ACRAccessToken")) == {
        "username": b"00000000-0000-0000-0000-000000000000",
        "password": b"scoped",
    }
    assert [form(asked) for asked in service.asked] == [
        {
            "grant_type": "client_credentials",
            "client_id": "id-3",
            "client_secret": "s3cret",
            "scope": "https://management.azure.com/.default",
        },
        {"grant_type": "access_token", "service": service.host, "tenant": "tenant-3", "access_token": "entra"},
        {
            "grant_type": "refresh_token",
            "service": service.host,
            "scope": "repository:web:pull",
            "refresh_token": "refresh",
        },
    ]


async def test_a_service_account_gets_a_refresh_token(service: Any) -> None:
    service.says({"access_token": "entra"}, to=("POST", "/tenant-7/oauth2/v2.0/token"))
    service.says({"refresh_token": "refresh"}, to=("POST", "/oauth2/exchange"))
    spec = {"auth": {"workloadIdentity": ACCOUNT}, "registry": service.host}
    assert (await make(azure(service), spec, host_of("ACRAccessToken", annotations=AZURE)))["password"] == b"refresh"
    assert form(service.asked[0]) == {
        "grant_type": "client_credentials",
        "client_id": "id-7",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "token:default/puller:api://AzureADTokenExchange,more:3600",
        "scope": "https://management.core.windows.net//.default",
    }


async def test_the_operators_own_identity_comes_from_its_pod(service: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-the-pod\n")
    own = {"AZURE_CLIENT_ID": "own", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    service.says({"access_token": "entra"}, to=("POST", "/t/oauth2/v2.0/token"))
    service.says({"refresh_token": "refresh"}, to=("POST", "/oauth2/exchange"))
    spec = {"auth": {"workloadIdentity": {}}, "registry": service.host}
    assert (await make(azure(service, **own), spec, host_of("ACRAccessToken")))["password"] == b"refresh"
    assert form(service.asked[0])["client_assertion"] == "of-the-pod"


@pytest.mark.parametrize("auth", [{"workloadIdentity": {}}, {"managedIdentity": {}}])
async def test_the_operators_own_identity_is_shown_to_azure_only(service: Any, auth: dict[str, Any]) -> None:
    spec = {"auth": auth, "registry": "registry.example.com"}
    with pytest.raises(InvalidSpec, match=r"^registry: must end with"):
        await make(azure(service), spec, host_of("ACRAccessToken"))
    assert service.asked == []


@pytest.mark.parametrize(
    ("identity", "query"),
    [
        pytest.param("", {}, id="the system's"),
        pytest.param("1-2", {"client_id": ["1-2"]}, id="a client id"),
        pytest.param("/subscriptions/s", {"mi_res_id": ["/subscriptions/s"]}, id="a resource id"),
    ],
)
def test_the_machine_is_asked_for_one_of_its_identities(identity: str, query: dict[str, list[str]]) -> None:
    call = machine_call(AzureManagedIdentity(identity_id=identity), CLOUDS["ChinaCloud"])
    resource = ["https://management.chinacloudapi.cn/"]
    assert parse_qs(urlsplit(call.url).query) == {"api-version": ["2018-02-01"], "resource": resource, **query}


def google(service: Any, **environ: str) -> gcr.GCRAccessTokenGenerator:
    return gcr.GCRAccessTokenGenerator(Surroundings(environ, google=GoogleServices(service.url, service.url)))


def key_file(service: Any, **members: str) -> dict[str, str]:
    known = {"type": "service_account", "client_email": "puller@p", "private_key": PEM, "private_key_id": "1"}
    return {"id": json.dumps({**known, "token_uri": f"{service.url}/token", **members})}


KEY = {"projectID": "p", "auth": {"secretRef": {"secretAccessKeySecretRef": {"name": "app", "key": "id"}}}}


async def test_a_service_account_key_becomes_a_login(service: Any) -> None:
    service.says({"access_token": "ya29.made-up", "expires_in": 3600})
    values = await make(google(service), KEY, host_of("GCRAccessToken", key_file(service)))
    assert (values["username"], values["password"]) == (b"oauth2accesstoken", b"ya29.made-up")
    assert values["expiry"].isdigit()
    (asked,) = service.asked
    assert form(asked)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.mark.parametrize(
    ("key", "answer", "error", "says"),
    [
        pytest.param({"private_key": "s3cret"}, {}, InvalidSpec, "does not hold the JSON key", id="no key"),
        pytest.param({"type": "authorized_user"}, {}, InvalidSpec, "does not hold the JSON key", id="a person's"),
        pytest.param({}, {"error": "invalid_grant s3cret"}, OperatorError, "Google Cloud", id="it is turned down"),
        pytest.param({"token_uri": "http://169.254.169.254/"}, {}, InvalidSpec, "link-local", id="it names the node"),
    ],
)
async def test_a_key_that_cannot_be_used_is_named_and_not_shown(
    service: Any, key: dict[str, str], answer: Any, error: type[OperatorError], says: str
) -> None:
    service.says(answer, 400)
    with pytest.raises(error, match=says) as raised:
        await make(google(service), KEY, host_of("GCRAccessToken", key_file(service, **key)))
    assert "s3cret" not in str(raised.value)
    assert "PRIVATE" not in str(raised.value)


EMAIL = "puller@p.iam.gserviceaccount.com"
GRANT = ("POST", f"/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken")


async def test_workload_identity_becomes_the_account_of_the_annotation(service: Any) -> None:
    service.says({"access_token": "federated", "expires_in": 60}, to=("POST", "/v1/identitybindingtoken"))
    service.says({"accessToken": "of-the-account", "expireTime": "2026-03-01T13:00:00Z"}, to=GRANT)
    spec = {"projectID": "p", "auth": {"workloadIdentity": {**ACCOUNT, **CLUSTER}}}
    values = await make(google(service), spec, host_of("GCRAccessToken", annotations=GOOGLE))
    assert values == {"username": b"oauth2accesstoken", "password": b"of-the-account", "expiry": b"1772370000"}
    first, second = service.asked
    place = "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c"
    assert first.json["audience"] == f"identitynamespace:p.svc.id.goog:{place}"
    assert first.json["subject_token"] == "token:default/puller:p.svc.id.goog,more:900"
    assert second.headers["Authorization"] == "Bearer federated"


async def test_without_an_annotation_the_federated_token_is_the_login(service: Any) -> None:
    service.says({"access_token": "federated", "expires_in": 60})
    spec = {"projectID": "p", "auth": {"workloadIdentity": {**ACCOUNT, **CLUSTER}}}
    values = await make(google(service), spec, host_of("GCRAccessToken"))
    assert (values["password"], values["expiry"]) == (b"federated", b"1772366460")


async def test_what_is_not_said_of_the_cluster_its_machine_knows(service: Any) -> None:
    for path in ("project/project-id", "instance/attributes/cluster-location", "instance/attributes/cluster-name"):
        service.says(path.rpartition("/")[2].encode(), to=("GET", f"/computeMetadata/v1/{path}"))
    service.says({"access_token": "federated", "expires_in": 60}, to=("POST", "/v1/identitybindingtoken"))
    spec = {"projectID": "p", "auth": {"workloadIdentity": ACCOUNT}}
    await make(google(service, GCE_METADATA_HOST=service.host), spec, host_of("GCRAccessToken"))
    assert (
        service.asked[-1]
        .json["audience"]
        .endswith("/projects/project-id/locations/cluster-location/clusters/cluster-name")
    )


async def test_only_a_cluster_generator_hands_out_tokens_of_the_operator(service: Any) -> None:
    with pytest.raises(InvalidSpec, match="auth: is required"):
        await make(google(service), {"projectID": "p", "auth": {}}, host_of("GCRAccessToken"))


POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/c"
CONFIG: dict[str, Any] = {
    "type": "external_account",
    "audience": POOL,
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"url": "https://tokens.example.com"},
}


def federation(**fields: Any) -> dict[str, Any]:
    return {"projectID": "p", "auth": {"workloadIdentityFederation": fields}}


@pytest.mark.parametrize(
    ("change", "endpoint", "says"),
    [
        pytest.param({"type": "authorized_user"}, "", "credConfig: is no configuration", id="another type"),
        pytest.param({"credential_source": {"file": "/etc/passwd"}}, "", "must have a credential_source", id="a file"),
        pytest.param(
            {"credential_source": {"executable": {}}},
            "",
            "must have a credential_source",
            id="a program",
        ),
        pytest.param({}, "https://other.example.com", "externalTokenEndpoint: must be", id="another endpoint"),
        pytest.param({"token_url": "https://sts.evil.test/v1/token"}, "", "token_url", id="tokens from elsewhere"),
        pytest.param(
            {"service_account_impersonation_url": "https://evil.test/"},
            "",
            "service_account_impersonation_url",
            id="an account from elsewhere",
        ),
    ],
)
async def test_a_configuration_may_not_say_everything(
    service: Any, change: dict[str, Any], endpoint: str, says: str
) -> None:
    host = host_of("GCRAccessToken")
    host.config_maps = {("default", "wif"): {"config": json.dumps({**CONFIG, **change})}}
    spec = federation(
        credConfig={"name": "wif", "key": "config"},
        externalTokenEndpoint=endpoint or "https://tokens.example.com",
    )
    with pytest.raises(InvalidSpec, match=says):
        await make(google(service), spec, host)
    assert service.asked == []


async def test_federation_asks_the_sts_of_the_universe(service: Any) -> None:
    host = host_of("GCRAccessToken")
    spec = federation(serviceAccountRef={"name": "puller"}, audience=POOL, universeDomain="nowhere.invalid")
    with pytest.raises(OperatorError, match="Google Cloud cannot be reached"):
        await make(google(service), spec, host)
    assert host.calls["Google Cloud", "Authenticate", False] >= 1


@pytest.mark.parametrize(
    ("generator", "spec", "fields"),
    [
        pytest.param(acr.GENERATOR, {"registry": "a.azurecr.io", "auth": {}}, ["auth"], id="Azure, no login"),
        pytest.param(
            acr.GENERATOR,
            {"registry": "a.azurecr.io", "auth": {"servicePrincipal": {"secretRef": {}}}},
            [
                *(f"auth.servicePrincipal.secretRef.clientId.{part}" for part in ("name", "key")),
                *(f"auth.servicePrincipal.secretRef.clientSecret.{part}" for part in ("name", "key")),
                "tenantId",
            ],
            id="Azure, half a principal",
        ),
        pytest.param(
            acr.GENERATOR,
            {"registry": "a/b", "environmentType": "AzureStackCloud", "auth": {"managedIdentity": {}}},
            ["environmentType", "registry"],
            id="Azure, a cloud without addresses",
        ),
        pytest.param(gcr.GENERATOR, federation(), ["auth.workloadIdentityFederation"], id="Google, no way"),
        pytest.param(
            gcr.GENERATOR,
            federation(serviceAccountRef={"name": "a"}),
            ["auth.workloadIdentityFederation.audience"],
            id="Google, no pool",
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(generator: Any, spec: dict[str, Any], fields: list[str]) -> None:
    assert [problem.path for problem in generator.problems(spec)] == fields


async def test_a_refusal_names_the_login(service: Any) -> None:
    service.says({"error_description": "AADSTS7000215 s3cret"}, 401)
    spec = {"auth": PRINCIPAL, "tenantId": "tenant-3", "registry": service.host}
    with pytest.raises(Refused, match=r"^auth.servicePrincipal: Azure does not accept the credential"):
        await make(azure(service), spec, host_of("ACRAccessToken"))
