"""What other people's tests rely on: injected faults, the request log, the running server itself."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devvault import BodyFault, DevVault, Fault


async def test_a_fault_is_spent_after_its_requests(client: Any, vault: DevVault) -> None:
    fault = vault.fail(r"^/v1/secret/", 503, times=2)
    statuses = [(await client("GET", "secret/data/x")).status for _ in range(3)]
    assert (statuses, fault.times) == ([503, 503, 404], 0)


async def test_a_fault_hits_only_what_it_names(client: Any, vault: DevVault) -> None:
    vault.fail(r"/secret/data/x$", 500, method="POST")
    assert (await client("GET", "secret/data/x")).status == 404
    assert (await client("POST", "secret/data/y", {"data": {}})).status == 200
    assert (await client("POST", "secret/data/x", {"data": {}})).status == 500


async def test_a_fault_carries_headers_and_errors(client: Any, vault: DevVault) -> None:
    vault.add_fault(Fault("sys/mounts", 429, headers={"Retry-After": "7"}, errors=("slow down",)))
    async with client._session.get(f"{vault.url}/v1/sys/mounts") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")
        assert (await response.json())["errors"] == ["slow down"]


async def test_a_delay_without_a_status_answers_late_but_right(client: Any, vault: DevVault) -> None:
    vault.fail("secret", delay=0.05)
    started = asyncio.get_running_loop().time()
    assert (await client("GET", "secret/data/x")).status == 404
    assert asyncio.get_running_loop().time() - started >= 0.05


async def test_healing_forgets_the_faults_that_wait(client: Any, vault: DevVault) -> None:
    vault.fail("secret", 500, times=9)
    vault.heal()
    assert (await client("GET", "secret/data/x")).status == 404


async def test_the_log_names_the_token_by_its_accessor_only(client: Any, vault: DevVault) -> None:
    token = await client.token(policies=["default"])
    accessor = (await client("GET", "auth/token/lookup-self", token=token)).data["accessor"]
    await client("POST", "auth/token/revoke-self", {}, token=token)
    last = vault.log.records[-1]
    assert (last.method, last.path, last.status, last.accessor) == ("POST", "/v1/auth/token/revoke-self", 204, accessor)
    assert token not in repr(vault.log.records)
    assert vault.root_token not in repr(vault.log.records)


async def test_the_log_shows_namespace_and_harmless_headers(client: Any, vault: DevVault) -> None:
    headers = {"X-Vault-Namespace": "ns1", "X-Team": "blue", "Authorization": "Bearer hidden"}
    async with client._session.get(f"{vault.url}/v1/sys/health", headers=headers) as response:
        assert response.status == 200
    (record,) = vault.log.matching("sys/health", "GET")
    assert (record.namespace, record.headers["x-team"]) == ("ns1", "blue")
    assert "hidden" not in repr(record)
    vault.log.clear()
    assert vault.log.records == []


@pytest.mark.parametrize("path", ["sys/health", "sys/seal-status", "sys/init"])
async def test_the_state_of_the_server_needs_no_token(client: Any, path: str) -> None:
    assert (await client("GET", path, token="")).body["initialized"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/elsewhere", b"", 404, id="only the API is served"),
        pytest.param("TRACE", "/v1/secret/data/x", b"", 405, id="an odd method is refused"),
        pytest.param("POST", "/v1/secret/data/x", b"{", 400, id="a body that is not JSON is refused"),
        pytest.param("POST", "/v1/secret/data/x", b'{"data": {"a": NaN}}', 400, id="a body with NaN is refused"),
        pytest.param("POST", "/v1/secret/data/x", b'{"data": {"a": "\\ud800"}}', 400, id="half a character is refused"),
        pytest.param("POST", "/v1/secret/data/x", b"[" * 100_000, 400, id="extreme nesting is refused"),
    ],
)
async def test_other_requests_are_refused(
    client: Any, vault: DevVault, method: str, path: str, body: bytes, status: int
) -> None:
    headers = {"X-Vault-Token": vault.root_token}
    async with client._session.request(method, vault.url + path, data=body, headers=headers) as reply:
        assert reply.status == status
        assert "errors" in await reply.json()


async def test_the_root_token_can_be_chosen() -> None:
    async with DevVault(root_token="mine") as vault:
        assert vault.root_token == "mine"


async def test_a_tls_context_makes_it_https(tls_files: tuple[Path, Path]) -> None:
    certificate, key = tls_files
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trust = ssl.create_default_context(cafile=str(certificate))
    async with DevVault(ssl_context=context) as vault, aiohttp.ClientSession() as session:
        assert vault.url.startswith("https://127.0.0.1:")
        async with session.get(f"{vault.url}/v1/sys/health", ssl=trust) as response:
            assert response.status == 200


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for loopback and its key."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import IPv4Address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "devvault")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(hours=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    certificate_file, key_file = folder / "tls.crt", folder / "tls.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return certificate_file, key_file


async def test_a_connection_is_reset(client: Any, vault: DevVault) -> None:
    # The client makes a request once more when a connection it kept is gone.
    vault.add_fault(Fault("secret", times=2, body=BodyFault.RESET))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client("GET", "secret/data/x")


async def test_an_answer_is_cut_off(client: Any, vault: DevVault) -> None:
    vault.add_fault(Fault("secret", body=BodyFault.CUT))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client("GET", "secret/data/x")


async def test_an_answer_ends_too_early(client: Any, vault: DevVault) -> None:
    vault.add_fault(Fault("secret", body=BodyFault.INVALID))
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        await client("GET", "secret/data/x")


async def test_an_answer_trickles(client: Any, vault: DevVault) -> None:
    vault.add_fault(Fault("secret", body=BodyFault.TRICKLE))
    async with client._session.get(f"{vault.url}/v1/secret/data/x") as response:
        assert response.status == 400
        assert await response.content.read(1) == b"{"
        assert not response.content.at_eof()
