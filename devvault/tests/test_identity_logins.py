"""Logins with an identity that somebody else vouches for: a directory, a certificate, AWS. Kubernetes: own file."""

import base64
import json
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from devvault import DevVault


async def enable(client: Any, kind: str) -> None:
    assert (await client("POST", f"sys/auth/{kind}", {"type": kind})).status == 204


# LDAP


@pytest.fixture
async def directory(client: Any) -> None:
    await enable(client, "ldap")
    assert (
        await client("POST", "auth/ldap/config", {"url": "ldaps://ldap.test", "token_policies": "all"})
    ).status == 204
    assert (await client("POST", "auth/ldap/groups/Dev", {"policies": "dev"})).status == 204
    assert (await client("POST", "auth/ldap/users/jo", {"policies": ["own"], "groups": "dev"})).status == 204


async def ldap(client: Any, user: str, password: str) -> Any:
    return await client("POST", f"auth/ldap/login/{user}", {"password": password}, token="")


async def test_a_user_of_the_directory_gets_the_policies_of_all_that_names_it(client: Any, directory: None) -> None:
    auth = (await ldap(client, "Jo", "test-pw")).body["auth"]
    assert auth["policies"] == ["all", "default", "dev", "own"]
    assert auth["metadata"] == {"username": "jo"}


@pytest.mark.parametrize(("user", "password"), [("Jo", "wrong"), ("nobody", "test-pw"), ("Jo", "")])
async def test_who_the_directory_does_not_know_is_refused(
    client: Any, directory: None, user: str, password: str
) -> None:
    refused = await ldap(client, user, password)
    assert refused.status == 400
    assert "wrong" not in refused.errors[0]


async def test_users_groups_and_settings_are_read_back(client: Any, directory: None) -> None:
    assert (await client("GET", "auth/ldap/config")).data["url"] == "ldaps://ldap.test"
    assert (await client("GET", "auth/ldap/users/jo")).data == {"policies": ["own"], "groups": "dev"}
    assert (await client("LIST", "auth/ldap/groups")).data["keys"] == ["dev"]
    assert (await client("DELETE", "auth/ldap/users/jo")).status == 204
    assert (await client("GET", "auth/ldap/users/jo")).status == 404


# Certificates


@pytest.fixture
async def mutual(certificates: Any, clock: Any) -> Any:
    """A stand-in that asks for certificates, and a client that presents one or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    async with DevVault(clock=clock, ssl_context=context) as vault:

        async def ask(path: str, body: Any, *, token: str = "", present: Path | None = None) -> tuple[int, Any]:
            trust = ssl.create_default_context(cafile=certificates.authority)
            if present is not None:
                trust.load_cert_chain(present)
            headers = {"X-Vault-Token": token} if token else {}
            url = f"{vault.url}/v1/{path}"
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, json=body, headers=headers, ssl=trust) as answer,
            ):
                return answer.status, await answer.json() if await answer.read() else None

        root = vault.root_token
        assert (await ask("sys/auth/cert", {"type": "cert"}, token=root))[0] == 204
        role = {
            "certificate": certificates.authority.read_text(),
            "token_policies": "tls",
            "allowed_common_names": "app*",
        }
        assert (await ask("auth/cert/certs/web", role, token=root))[0] == 204
        yield ask


async def test_a_certificate_of_a_trusted_authority_logs_in(mutual: Any, certificates: Any) -> None:
    for body in ({}, {"name": "web"}):
        status, answer = await mutual("auth/cert/login", body, present=certificates.client)
        assert status == 200
        assert answer["auth"]["policies"] == ["default", "tls"]
        assert answer["auth"]["metadata"]["common_name"] == "app-1"


async def test_no_certificate_another_role_or_another_name_is_refused(mutual: Any, certificates: Any) -> None:
    assert await mutual("auth/cert/login", {}) == (400, {"errors": ["client certificate must be supplied"]})
    assert (await mutual("auth/cert/login", {"name": "db"}, present=certificates.client))[0] == 400
    assert (await mutual("auth/cert/login", {}, present=certificates.server))[0] == 400


# AWS


@pytest.fixture
async def sts() -> Any:
    """A stand-in for STS that says whose request it is."""

    async def answer(request: web.BaseRequest) -> web.Response:
        assert (await request.read()).startswith(b"Action=GetCallerIdentity")
        arn = "arn:aws:sts::123456789012:assumed-role/app/session"
        return web.Response(text=f"<R><Arn>{arn}</Arn><UserId>AROA:session</UserId></R>", content_type="text/xml")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/sts/aws4_request, SignedHeaders={}, Signature=" + "0" * 64
)


def aws_login(headers: Any = None, **changes: str) -> dict[str, str]:
    given = headers or {
        "Host": ["sts.amazonaws.com"],
        "X-Amz-Date": ["20260101T000000Z"],
        "X-Vault-AWS-IAM-Server-ID": ["vault.test"],
        "Authorization": [SIGNED.format("host;x-amz-date;x-vault-aws-iam-server-id")],
    }
    parts = {
        "iam_request_url": "https://sts.amazonaws.com/",
        "iam_request_body": "Action=GetCallerIdentity&Version=2011-06-15",
        "iam_request_headers": json.dumps(given),
        **{name: value for name, value in changes.items() if name.startswith("iam_request")},
    }
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in parts.items()}
    return {"role": "app", "iam_http_request_method": "POST", **encoded}


@pytest.fixture
async def aws(client: Any, sts: str) -> None:
    await enable(client, "aws")
    config = {"sts_endpoint": sts, "iam_server_id_header_value": "vault.test"}
    assert (await client("POST", "auth/aws/config/client", config)).status == 204
    role = {"auth_type": "iam", "bound_iam_principal_arn": "arn:aws:iam::123456789012:role/app", "token_policies": "p"}
    assert (await client("POST", "auth/aws/role/app", role)).status == 204


async def test_a_signed_request_logs_in_as_who_sts_says(client: Any, aws: None) -> None:
    auth = (await client("POST", "auth/aws/login", aws_login(), token="")).body["auth"]
    assert auth["policies"] == ["default", "p"]
    assert auth["metadata"]["canonical_arn"] == "arn:aws:iam::123456789012:role/app"


UNSIGNED_ID = {
    "host": "sts.amazonaws.com",
    "x-amz-date": "20260101T000000Z",
    "x-vault-aws-iam-server-id": "vault.test",
    "authorization": SIGNED.format("host;x-amz-date"),
}


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(aws_login(UNSIGNED_ID), id="a server id outside of the signature"),
        pytest.param(aws_login({"Host": "sts.amazonaws.com"}), id="no signature"),
        pytest.param(aws_login(iam_request_url="https://evil.test/"), id="another server"),
        pytest.param(aws_login(iam_request_body="Action=AssumeRole"), id="another action"),
        pytest.param({**aws_login(), "role": "other"}, id="another role"),
        pytest.param({**aws_login(), "iam_request_headers": "%"}, id="no base64"),
    ],
)
async def test_anything_else_is_refused(client: Any, aws: None, login: dict[str, str]) -> None:
    assert (await client("POST", "auth/aws/login", login, token="")).status == 400


async def test_an_identity_that_is_not_bound_is_refused(client: Any, aws: None) -> None:
    role = {"bound_iam_principal_arn": "arn:aws:iam::123456789012:role/other"}
    await client("POST", "auth/aws/role/app", role)
    assert "does not belong" in (await client("POST", "auth/aws/login", aws_login(), token="")).errors[0]
