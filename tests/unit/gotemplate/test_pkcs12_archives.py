"""PKCS#12 archives are read from raw bytes and written so that other software reads them."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from secrets_operator.rendering.gotemplate import ExecError, LimitError
from secrets_operator.rendering.gotemplate.functions import der
from tests.go_template_rendering import context, render

KEY = ec.generate_private_key(ec.SECP256R1())
PASSWORD = "pässword"


def certificate(own: bytes, authority: bytes) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, own.decode())])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier(own), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(authority, None, None), critical=False)
    )
    return builder.sign(KEY, hashes.SHA256())


LEAF, MIDDLE, ROOT = certificate(b"leaf", b"middle"), certificate(b"middle", b"root"), certificate(b"root", b"root")


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(found.public_bytes(Encoding.PEM) for found in certificates)


def key_pem(form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return KEY.private_bytes(Encoding.PEM, form, NoEncryption())


LEGACY = (
    PrivateFormat.PKCS12.encryption_builder()
    .kdf_rounds(2048)
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .hmac_hash(hashes.SHA1())
    .build(PASSWORD.encode())
)


@pytest.mark.parametrize(
    ("encryption", "source"),
    [
        pytest.param(BestAvailableEncryption(PASSWORD.encode()), "{{ .p | pkcs12%sPass .w }}", id="modern encryption"),
        pytest.param(LEGACY, "{{ .p | pkcs12%sPass .w }}", id="encryption of old"),
        pytest.param(NoEncryption(), "{{ .p | pkcs12%s }}", id="no encryption"),
    ],
)
def test_an_archive_gives_its_key_and_its_chain(encryption: KeySerializationEncryption, source: str) -> None:
    archive = pkcs12.serialize_key_and_certificates(b"name", KEY, LEAF, [ROOT, MIDDLE], encryption)
    assert render(source % "key", p=archive, w=PASSWORD.encode()) == key_pem()
    assert render(source % "cert", p=archive, w=PASSWORD.encode()) == pem(LEAF, MIDDLE, ROOT)


def test_certificates_that_are_no_chain_come_as_they_are() -> None:
    stray = certificate(b"stray", b"nowhere")
    archive = pkcs12.serialize_key_and_certificates(None, KEY, LEAF, [stray], NoEncryption())
    assert render("{{ pkcs12cert .p }}", p=archive) == pem(LEAF, stray)


@pytest.mark.parametrize("password", ["", "hunter2", PASSWORD], ids=["empty", "ASCII", "not ASCII"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS#8", "SEC 1"])
def test_a_written_archive_can_be_read_by_others(password: str, form: PrivateFormat) -> None:
    source = "{{ fullPemToPkcs12Pass .c .k .w }}"
    found = render(source, c=pem(LEAF, ROOT, MIDDLE), k=key_pem(form), w=password.encode())
    archive = base64.b64decode(found, validate=True)
    key, own, others = pkcs12.load_key_and_certificates(archive, password.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.private_numbers() == KEY.private_numbers()
    assert (own, others) == (LEAF, [ROOT, MIDDLE])
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(archive, b"another")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ pemToPkcs12 .c .k | b64dec | pkcs12cert }}", pem(LEAF), id="the first certificate alone"),
        pytest.param("{{ pemToPkcs12Pass .c .k `x` | b64dec | pkcs12certPass `x` }}", pem(LEAF), id="with a password"),
        pytest.param("{{ fullPemToPkcs12 .c .k | b64dec | pkcs12cert }}", pem(LEAF, MIDDLE, ROOT), id="all in order"),
        pytest.param("{{ fullPemToPkcs12 .c .k | b64dec | pkcs12key }}", key_pem(), id="the key"),
    ],
)
def test_a_template_reads_what_it_wrote(source: str, expected: bytes) -> None:
    assert render(source, c=pem(LEAF, ROOT, MIDDLE), k=key_pem()) == expected


@pytest.mark.parametrize("password", ["", "hunter2"], ids=["empty", "given"])
def test_a_trust_store_holds_all_certificates_by_name(password: str) -> None:
    found = render("{{ pemTruststoreToPKCS12Pass .c .w }}", c=pem(ROOT, MIDDLE), w=password.encode())
    store = pkcs12.load_pkcs12(base64.b64decode(found), password.encode())
    assert [(entry.certificate, entry.friendly_name) for entry in store.additional_certs] == [
        (ROOT, b"CN=root"),
        (MIDDLE, b"CN=middle"),
    ]
    assert (store.key, store.cert) == (None, None)


def test_the_same_randomness_gives_the_same_archive() -> None:
    first, second = (
        render("{{ pemToPkcs12 .c .k }}", c=pem(LEAF), k=key_pem(), account=context(seed=9)) for _ in range(2)
    )
    assert first == second


SECRET = b"hunter2"
ARCHIVE = pkcs12.serialize_key_and_certificates(None, KEY, LEAF, None, BestAvailableEncryption(SECRET))
NO_KEY = pkcs12.serialize_key_and_certificates(None, None, None, [ROOT], BestAvailableEncryption(b"x"))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ pkcs12key .a }}", id="a password is missing"),
        pytest.param("{{ pkcs12certPass .c .a }}", id="a wrong password"),
        pytest.param("{{ pkcs12certPass .s (b64enc .a) }}", id="an archive in base64"),
        pytest.param("{{ pkcs12cert .s }}", id="no archive"),
        pytest.param('{{ pkcs12certPass "x\\x00" .a }}', id="a password with a zero byte"),
        pytest.param("{{ pkcs12cert `` }}", id="nothing"),
        pytest.param("{{ pkcs12keyPass `x` .n }}", id="an archive without a key"),
        pytest.param("{{ pemToPkcs12 .s .k }}", id="a certificate that is no PEM"),
        pytest.param("{{ pemToPkcs12 .c .s }}", id="a key that is no PEM"),
        pytest.param("{{ pemToPkcs12 .k .k }}", id="a key for a certificate"),
        pytest.param("{{ pemToPkcs12 .c .c }}", id="a certificate for a key"),
        pytest.param("{{ fullPemToPkcs12 (print .c .s) .k }}", id="text after the certificates"),
        pytest.param("{{ pemTruststoreToPKCS12 .s }}", id="a trust store of no PEM"),
        pytest.param("{{ pemTruststoreToPKCS12Pass .c `\U0001f600` }}", id="a password beyond UCS-2"),
    ],
)
def test_what_cannot_be_converted_is_an_error_that_shows_nothing(source: str) -> None:
    with pytest.raises(ExecError) as caught:
        render(source, a=ARCHIVE, s=SECRET, c=pem(LEAF), k=key_pem(), n=NO_KEY)
    assert not isinstance(caught.value, LimitError)
    assert SECRET.decode() not in str(caught.value)


def test_an_archive_cannot_ask_for_endless_key_derivation() -> None:
    assert der.key_derivation_rounds(context(), ARCHIVE) >= 2048
    salt = der.encode(der.OCTET_STRING, bytes(8))
    bomb = der.encode(der.SEQUENCE, der.integer(3), der.encode(der.SEQUENCE, salt, der.integer(2**31 - 1)))
    started = time.process_time()
    with pytest.raises(LimitError):
        render("{{ pkcs12keyPass `x` .p }}", p=bomb)
    with pytest.raises(ExecError, match="indefinite"):
        render("{{ pkcs12key .p }}", p=b"\x30\x80" * 1000)
    with pytest.raises(ExecError):
        render("{{ pkcs12key .p }}", p=b"\x30\x84\xff\xff\xff\xff" * 100_000)
    assert time.process_time() - started < 5


def test_an_rsa_key_is_written_and_read_as_well() -> None:
    key = rsa.generate_private_key(65_537, 2048)
    own = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    found = render("{{ pemToPkcs12 .c .k | b64dec | pkcs12key }}", c=pem(own), k=text)
    assert found == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
