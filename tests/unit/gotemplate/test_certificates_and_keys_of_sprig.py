"""Generated keys and certificates have the forms and the extensions that Go gives them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from secrets_operator.rendering.gotemplate import ExecError
from tests.go_template_rendering import NOW, render


@pytest.fixture(scope="module")
def ec_key() -> bytes:
    return render("{{ genPrivateKey `ecdsa` }}")


@pytest.mark.parametrize(
    ("kind", "label", "expected"),
    [
        pytest.param("", "RSA PRIVATE KEY", rsa.RSAPrivateKey, id="RSA by default"),
        pytest.param("dsa", "DSA PRIVATE KEY", dsa.DSAPrivateKey, id="DSA"),
        pytest.param("ecdsa", "EC PRIVATE KEY", ec.EllipticCurvePrivateKey, id="ECDSA"),
        pytest.param("ed25519", "PRIVATE KEY", ed25519.Ed25519PrivateKey, id="Ed25519"),
    ],
)
def test_a_generated_key_has_the_form_of_its_kind(kind: str, label: str, expected: type[Any]) -> None:
    found = render("{{ genPrivateKey .k }}", k=kind.encode())
    assert found.startswith(f"-----BEGIN {label}-----\n".encode())
    assert found.endswith(f"-----END {label}-----\n".encode())
    key = load_pem_private_key(found, None)
    assert isinstance(key, expected)
    assert getattr(key, "key_size", 0) in {0, 4096, 2048, 256}


def test_an_unknown_kind_of_key_is_a_message() -> None:
    assert render("{{ genPrivateKey `elgamal` }}") == b"Unknown type elgamal"


def test_an_authority_may_sign_and_carries_its_identifier() -> None:
    text, key = render('{{ $c := genCA "my ca" 10 }}{{ $c.Cert }}|{{ $c.Key }}').split(b"|")
    found = x509.load_pem_x509_certificate(text)
    private = load_pem_private_key(key, None)
    assert found.subject.rfc4514_string() == found.issuer.rfc4514_string() == "CN=my ca"
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 2048
    assert found.public_key() == private.public_key()
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=NOW // 10**9)
    assert (found.not_valid_before_utc, found.not_valid_after_utc) == (begins, begins + timedelta(days=10))
    assert [extension.oid for extension in found.extensions] == [
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ]
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, None)
    assert found.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    found.verify_directly_issued_by(found)


def test_a_signed_certificate_leads_to_its_authority() -> None:
    source = (
        '{{ $ca := genCA "ca" 10 }}'
        '{{ $addresses := list "10.0.0.1" "::1" "::ffff:1.2.3.4" }}{{ $names := list "a.example" "*.b.example" }}'
        '{{ $c := genSignedCert "leaf" $addresses $names 5 $ca }}'
        "{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}"
    )
    authority, leaf, key = render(source).split(b"|")
    issuer, found = x509.load_pem_x509_certificate(authority), x509.load_pem_x509_certificate(leaf)
    found.verify_directly_issued_by(issuer)
    assert found.public_key() == load_pem_private_key(key, None).public_key()
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "*.b.example"]
    assert names.get_values_for_type(x509.IPAddress) == [*map(ip_address, ("10.0.0.1", "::1", "1.2.3.4"))]
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    usages = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


def test_certificates_of_given_keys_use_them(ec_key: bytes) -> None:
    source = (
        "{{ $ca := genCAWithKey `ca` 9 .k }}{{ $ca.Key }}|{{ (genSelfSignedCertWithKey `x` nil nil 9 .k).Key }}|"
        "{{ (genSignedCertWithKey `x` nil nil 9 $ca .k).Key }}|{{ (genSignedCertWithKey `x` nil nil 9 $ca .k).Cert }}"
    )
    *keys, text = render(source, k=ec_key).split(b"|")
    assert keys == [ec_key] * 3
    assert x509.load_pem_x509_certificate(text).public_key() == load_pem_private_key(ec_key, None).public_key()


def test_a_certificate_object_prints_and_has_two_fields(ec_key: bytes) -> None:
    found = render("{{ $c := genCAWithKey `ca` 9 .k }}{{ eq (print $c) (printf `{%s %s}` $c.Cert $c.Key) }}", k=ec_key)
    assert found == b"true"


def test_a_custom_certificate_is_taken_as_it_is(ec_key: bytes) -> None:
    source = (
        "{{ $c := genCAWithKey `ca` 9 .k }}{{ $d := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key) }}{{ eq $c $d }}"
    )
    assert render(source, k=ec_key) == b"true"


def test_an_authority_without_a_name_has_an_empty_subject(ec_key: bytes) -> None:
    found = x509.load_pem_x509_certificate(render("{{ (genCAWithKey `` 9 .k).Cert }}", k=ec_key))
    assert found.subject == x509.Name([])


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ genCA `x` 99999999999 }}", id="more days than the calendar has"),
        pytest.param("{{ genSelfSignedCert `x` (list `1.2.3`) nil 9 }}", id="an address that is none"),
        pytest.param("{{ genSelfSignedCert `x` (list `fe80::1%eth0`) nil 9 }}", id="an address with a zone"),
        pytest.param("{{ genSelfSignedCert `x` (list 5) nil 9 }}", id="an address that is a number"),
        pytest.param("{{ genSelfSignedCert `x` nil (list `ä.example`) 9 }}", id="a host name that is not ASCII"),
        pytest.param("{{ genCAWithKey `x` 9 `nothing` }}", id="a key that is no PEM"),
        pytest.param("{{ genCAWithKey `x` 9 (genCA `y` 9).Cert }}", id="a certificate for a key"),
        pytest.param("{{ genCAWithKey `x` 9 (genPrivateKey `dsa`) }}", id="a DSA key"),
        pytest.param("{{ buildCustomCert `xx` `yy` }}", id="a certificate that is no base64"),
        pytest.param("{{ buildCustomCert (b64enc `x`) (b64enc `y`) }}", id="a certificate that is no PEM"),
        pytest.param("{{ (genCA `x` 9).__class__ }}", id="an attribute of Python"),
        pytest.param("{{ (genCA `x` 9).Nope }}", id="a field that does not exist"),
        pytest.param(
            "{{ $mixed := buildCustomCert (b64enc (genCA `a` 9).Cert) (b64enc (genCA `b` 9).Key) }}"
            "{{ genSignedCert `x` nil nil 9 $mixed }}",
            id="an authority whose key is another's",
        ),
    ],
)
def test_what_go_refuses_is_an_error(source: str) -> None:
    with pytest.raises(ExecError):
        render(source)


def test_a_private_key_of_absurd_size_is_not_even_looked_at() -> None:
    huge = base64.encodebytes(b"\x30\x83\x01\x00\x00" + bytes(70_000))
    key = b"-----BEGIN RSA PRIVATE KEY-----\n" + huge + b"-----END RSA PRIVATE KEY-----\n"
    with pytest.raises(ExecError, match="too large"):
        render("{{ genCAWithKey `x` 9 .k }}", k=key)


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_a_name_may_be_longer_than_the_standard_allows(ec_key: bytes) -> None:
    found = x509.load_pem_x509_certificate(render("{{ (genCAWithKey (repeat 80 `x`) 9 .k).Cert }}", k=ec_key))
    assert found.subject.rfc4514_string() == "CN=" + "x" * 80
