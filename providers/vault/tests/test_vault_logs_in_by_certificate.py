"""Client certificates: of the login, and of the connection."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from devvault import DevVault
from secrets_operator.errors import InvalidSpec, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"n":"1"}'))
PAIR = {"certSecretRef": {"name": "pair"}, "keySecretRef": {"name": "pair"}}


@pytest.fixture
def pair(certificates: Any) -> MemoryHost:
    files = {"tls.crt": certificates.client, "tls.key": certificates.client_key}
    return MemoryHost(secrets={("default", "pair"): files, ("default", "bad"): {"tls.crt": "x", "tls.key": "y"}})


@pytest.fixture
async def spec(certificates: Any, clock: Any) -> AsyncIterator[dict[str, Any]]:
    """A store on a server that asks for certificates and trusts those of the authority."""
    async with DevVault(clock=clock, ssl_context=certificates.server_context(ssl.CERT_OPTIONAL)) as vault:
        trust = ssl.create_default_context(cadata=certificates.authority)
        headers = {"X-Vault-Token": vault.root_token}
        async with aiohttp.ClientSession(f"{vault.url}/v1/", headers=headers) as session:
            for path, body in {
                "secret/data/a": {"data": {"n": "1"}},
                "sys/policies/acl/tls": {"policy": 'path "secret/*" { capabilities = ["read"] }'},
                "sys/auth/cert": {"type": "cert"},
                "auth/cert/certs/web": {"certificate": certificates.authority, "token_policies": "tls"},
                "sys/auth/partners": {"type": "cert"},
                "auth/partners/certs/shop": {"certificate": certificates.authority, "token_policies": "tls"},
            }.items():
                async with session.post(path, json=body, ssl=trust) as answer:
                    assert answer.status in {200, 204}
        yield {"server": vault.url, "path": "secret", "caBundle": certificates.bundle}


@pytest.mark.parametrize(
    "method",
    [
        pytest.param({"vaultRole": "web"}, id="where it usually is"),
        pytest.param({"path": "partners", "vaultRole": "shop"}, id="under another path"),
    ],
)
async def test_a_certificate_logs_in(spec: Any, pair: MemoryHost, reads: Any, method: dict[str, str]) -> None:
    named = {"clientCert": {"name": "pair"}, "secretRef": {"name": "pair"}}
    assert await reads(spec, {"cert": {**method, **named}}, pair) == VALUE


async def test_the_role_of_a_certificate_is_the_one_that_is_named(spec: Any, pair: MemoryHost, reads: Any) -> None:
    named = {"clientCert": {"name": "pair"}, "secretRef": {"name": "pair"}}
    with pytest.raises(Refused):
        await reads(spec, {"cert": {"path": "partners", "vaultRole": "web", **named}}, pair)


async def test_the_certificate_of_the_connection_logs_in_too(spec: Any, pair: MemoryHost, reads: Any) -> None:
    assert await reads({**spec, "tls": PAIR}, {"cert": {}}, pair) == VALUE


async def test_what_is_no_certificate_names_its_field(spec: Any, pair: MemoryHost, reads: Any) -> None:
    with pytest.raises(InvalidSpec) as refused:
        await reads(spec, {"cert": {"clientCert": {"name": "bad"}, "secretRef": {"name": "bad"}}}, pair)
    assert refused.value.field == "auth.cert"


async def test_a_server_may_ask_for_a_certificate_whatever_the_login(
    certificates: Any, clock: Any, pair: MemoryHost, reads: Any
) -> None:
    async with DevVault(clock=clock, ssl_context=certificates.server_context(ssl.CERT_REQUIRED)) as vault:
        spec = {"server": vault.url, "path": "secret", "caBundle": certificates.bundle}
        auth = {"tokenSecretRef": {"name": "vault", "key": "token"}}
        host = MemoryHost(secrets={**pair.secrets, ("default", "vault"): {"token": vault.root_token}})
        assert await reads({**spec, "tls": PAIR}, auth, host) == Absent()
        with pytest.raises(Retryable):
            await reads(spec, auth, host)
