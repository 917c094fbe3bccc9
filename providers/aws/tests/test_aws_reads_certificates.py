"""What a reference reads from Certificate Manager."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from secrets_operator.errors import Terminal
from secrets_operator.provider import Absent, Found, Query, Reference, Rejected

STORE: dict[str, Any] = {"service": "CertificateManager", "prefix": "pushed/"}
NOTHING = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture
def exportable(acm: Any) -> str:
    """The ARN of a certificate that may be exported."""
    return request(acm, "ENABLED")


def request(acm: Any, export: str) -> str:
    arn: str = acm.request_certificate(
        DomainName="shop.example.com", ValidationMethod="DNS", Options={"Export": export}
    )["CertificateArn"]
    return arn


def self_signed() -> tuple[bytes, bytes]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "renewed")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(encoding), private


async def test_certificate_chain_and_key_are_one_pem_text(exportable: str, open_session: Any) -> None:
    session = await open_session(**STORE)
    (answer,) = await session.fetch([Reference(exportable)])
    assert isinstance(answer, Found)
    text = answer.payload.reveal()
    certificate, *_ = x509.load_pem_x509_certificates(text)
    key = serialization.load_pem_private_key(text[text.index(b"-----BEGIN PRIVATE KEY-----") :], None)
    assert certificate.public_key() == key.public_key()
    assert text.startswith(b"-----BEGIN CERTIFICATE-----")
    assert text.endswith(b"-----END PRIVATE KEY-----\n")


async def test_a_certificate_is_exported_once_until_it_is_renewed(
    acm: Any, gateway: Any, exportable: str, open_session: Any
) -> None:
    session = await open_session(**STORE)
    first, second = [await session.fetch([Reference(exportable)]) for _ in range(2)]
    assert first == second
    assert gateway.calls["ExportCertificate"] == 1
    certificate, key = self_signed()
    acm.import_certificate(CertificateArn=exportable, Certificate=certificate, PrivateKey=key)
    await session.fetch([Reference(exportable)])
    assert gateway.calls["ExportCertificate"] == 2


async def test_one_that_may_not_be_exported_is_rejected(acm: Any, open_session: Any) -> None:
    session = await open_session(**STORE)
    (answer,) = await session.fetch([Reference(request(acm, "DISABLED"))])
    assert isinstance(answer, Rejected)
    assert answer.message.startswith("ExportCertificate: the request is not accepted")


async def test_a_missing_certificate_is_absent(acm: Any, open_session: Any) -> None:
    assert list(await (await open_session(**STORE)).fetch([Reference(NOTHING)])) == [Absent()]


@pytest.mark.parametrize("reference", [Reference(NOTHING, "1"), Reference(NOTHING, metadata=True)])
async def test_versions_and_metadata_are_rejected_without_a_call(
    gateway: Any, open_session: Any, reference: Reference
) -> None:
    (answer,) = await (await open_session(**STORE)).fetch([reference])
    assert isinstance(answer, Rejected)
    assert not gateway.calls


async def test_neither_find_nor_extract_is_supported(exportable: str, open_session: Any) -> None:
    session = await open_session(**STORE)
    assert isinstance(await session.find(Query(name=".")), Rejected)
    (answer,) = await session.fetch([Reference(exportable)])
    with pytest.raises(Terminal):
        session.extract(answer.payload)
