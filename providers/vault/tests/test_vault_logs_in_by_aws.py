"""AWS identities as logins: the stand-in sends the signed request on to moto's STS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientSession, web
from moto.server import ThreadedMotoServer
from secrets_operator_vault.logins.ticket import Surroundings

from secrets_operator.errors import InvalidSpec, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"n":"1"}'))


@pytest.fixture(scope="module")
def sts() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


ROLE = "arn:aws:iam::123456789012:role/{}"


@pytest.fixture
async def aws_mount(place: Any, policy: str, sts: str, stand_in: Any, enabled: Any) -> str:
    mount: str = await enabled(place, "aws", policy)
    await place.ask("POST", f"auth/{mount}/config/client", {"sts_endpoint": sts})
    for name in ("app", "irsa"):
        role = {"bound_iam_principal_arn": ROLE.format(name), "token_policies": policy}
        assert (await place.ask("POST", f"auth/{mount}/role/{name}", role))[0] == 204
    return mount


KEYS = {
    "accessKeyIDSecretRef": {"name": "aws", "key": "id"},
    "secretAccessKeySecretRef": {"name": "aws", "key": "key"},
    "sessionTokenSecretRef": {"name": "aws", "key": "session"},
}
SECRETS = {("default", "aws"): {"id": "AKIATEST", "key": "test-secret-access-key", "session": "test-session\n"}}


class Listening:
    """Passes requests on to STS and keeps their form and the region that they are signed for."""

    def __init__(self, sts: str) -> None:
        self._sts = sts
        self.asked: list[tuple[dict[str, list[str]], str]] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        form, signed = await request.text(), request.headers["Authorization"]
        self.asked.append((parse_qs(form), signed.split("/")[2]))
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        async with ClientSession() as http, http.post(self._sts, data=form, headers=headers) as answer:
            return web.Response(body=await answer.read(), status=answer.status, content_type=answer.content_type)


@pytest.fixture
async def listening(sts: str) -> AsyncIterator[tuple[Listening, str]]:
    """What STS is asked, and where to ask it."""
    found = Listening(sts)
    runner = web.ServerRunner(web.Server(found.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield found, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
async def test_aws_keys_log_in_as_the_role_they_assume(
    spec: Any, aws_mount: str, listening: tuple[Listening, str], region: str, reads: Any
) -> None:
    method = {"vaultRole": "app", "path": aws_mount, "secretRef": KEYS, "region": region}
    auth = {"iam": {**method, "role": ROLE.format("app"), "externalID": "ext"}}
    surroundings = Surroundings({"AWS_STS_ENDPOINT": listening[1]})
    assert await reads(spec, auth, MemoryHost(secrets=SECRETS), surroundings=surroundings) == VALUE
    ((form, signed_for),) = listening[0].asked
    assert (form["Action"], form["ExternalId"], signed_for) == (["AssumeRole"], ["ext"], region)
    # Without the role the keys are those of somebody who is not bound.
    with pytest.raises(Refused) as refused:
        await reads(spec, {"iam": method}, MemoryHost(secrets=SECRETS), surroundings=surroundings)
    assert refused.value.field == "auth.iam"
    assert "AKIATEST" not in str(refused.value)


async def test_the_servers_id_is_signed_with_the_request(
    place: Any, spec: Any, aws_mount: str, sts: str, reads: Any
) -> None:
    await place.ask("POST", f"auth/{aws_mount}/config/client", {"iam_server_id_header_value": "vault.test"})
    method = {"vaultRole": "app", "path": aws_mount, "secretRef": KEYS, "role": ROLE.format("app")}
    surroundings, host = Surroundings({"AWS_STS_ENDPOINT": sts}), MemoryHost(secrets=SECRETS)
    named = {**method, "vaultAwsIamServerID": "vault.test"}
    assert await reads(spec, {"iam": named}, host, surroundings=surroundings) == VALUE
    with pytest.raises(Refused):
        await reads(spec, {"iam": method}, host, surroundings=surroundings)


async def test_a_service_account_with_a_role_logs_in(
    spec: Any, aws_mount: str, sts: str, reads: Any, accounts: Any
) -> None:
    account = {"name": "app", "audiences": ["more"]}
    method = {"vaultRole": "irsa", "path": aws_mount, "jwt": {"serviceAccountRef": account}, "secretRef": KEYS}
    host = accounts(token="web-identity-token")
    host.annotations = {("default", "app"): {"eks.amazonaws.com/role-arn": ROLE.format("irsa")}}
    surroundings = Surroundings({"AWS_STS_ENDPOINT": sts})
    assert await reads(spec, {"iam": method}, host, surroundings=surroundings) == VALUE
    assert host.asked == [("app", ("sts.amazonaws.com", "more"), 3600)]
    with pytest.raises(InvalidSpec, match="role-arn"):
        await reads(spec, {"iam": method}, replace(host, annotations={}), surroundings=surroundings)


async def test_the_operators_pod_logs_in_by_irsa(
    spec: Any, aws_mount: str, sts: str, tmp_path: Path, reads: Any
) -> None:
    (tmp_path / "token").write_text("web-identity-token\n")
    environ = {
        "AWS_STS_ENDPOINT": sts,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": ROLE.format("irsa"),
    }
    method = {"iam": {"vaultRole": "irsa", "path": aws_mount}}
    trusted = MemoryHost(StoreIdentity("ClusterSecretStore", "store", "default"))
    assert await reads(spec, method, trusted, surroundings=Surroundings(environ)) == VALUE
    with pytest.raises(InvalidSpec, match="VAULT_ADDR"):
        await reads(spec, method, MemoryHost(), surroundings=Surroundings(environ))
    with pytest.raises(InvalidSpec, match="neither an IRSA role"):
        await reads(spec, method, trusted)


async def test_the_operators_pod_logs_in_by_pod_identity(
    *, spec: Any, aws_mount: str, sts: str, monkeypatch: pytest.MonkeyPatch, reads: Any
) -> None:
    keys = {"AccessKeyId": "ASIATEST", "SecretAccessKey": "test-key", "Token": "test-token"}

    async def agent(request: web.BaseRequest) -> web.Response:
        assert request.headers["Authorization"] == "pod-token"
        return web.json_response({**keys, "Expiration": "2100-01-01T00:00:00Z"})

    runner = web.ServerRunner(web.Server(agent))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    uri = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/credentials"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "pod-token")
    environ = {"AWS_STS_ENDPOINT": sts, "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri}
    method = {"iam": {"vaultRole": "app", "path": aws_mount, "role": ROLE.format("app")}}
    trusted = MemoryHost(StoreIdentity("ClusterSecretStore", "store", "default"))
    assert await reads(spec, method, trusted, surroundings=Surroundings(environ)) == VALUE
    await runner.cleanup()


async def test_an_sts_that_is_gone_is_tried_again(spec: Any, aws_mount: str, reads: Any) -> None:
    auth = {"iam": {"vaultRole": "app", "path": aws_mount, "secretRef": KEYS, "role": ROLE.format("app")}}
    surroundings = Surroundings({"AWS_STS_ENDPOINT": "http://127.0.0.1:9"})
    with pytest.raises(Retryable):
        await reads(spec, auth, MemoryHost(secrets=SECRETS), surroundings=surroundings)
