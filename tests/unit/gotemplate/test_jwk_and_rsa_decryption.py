"""JSON Web Keys become PEM, RSA-OAEP ciphertext becomes text again."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from secrets_operator.rendering.gotemplate import ExecError
from tests.go_template_rendering import render

RSA = rsa.generate_private_key(65_537, 2048)
CURVES = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
}
ED25519 = ed25519.Ed25519PrivateKey.generate()


def encoded(octets: bytes | int) -> str:
    if isinstance(octets, int):
        octets = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def rsa_jwk() -> dict[str, Any]:
    numbers = RSA.private_numbers()
    public = {"kty": "RSA", "n": encoded(numbers.public_numbers.n), "e": encoded(numbers.public_numbers.e)}
    return public | {"d": encoded(numbers.d), "p": encoded(numbers.p), "q": encoded(numbers.q)}


def ec_jwk(curve: str) -> dict[str, Any]:
    numbers = CURVES[curve].private_numbers()
    point = numbers.public_numbers
    public = {"kty": "EC", "crv": curve, "x": encoded(point.x), "y": encoded(point.y)}
    return public | {"d": encoded(numbers.private_value)}


def ed25519_jwk() -> dict[str, Any]:
    secret = ED25519.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public), "d": encoded(secret), "kid": "x"}


KEYS = [
    pytest.param(rsa_jwk(), RSA, id="RSA"),
    *(pytest.param(ec_jwk(curve), key, id=curve) for curve, key in CURVES.items()),
    pytest.param(ed25519_jwk(), ED25519, id="Ed25519"),
]


@pytest.mark.parametrize(("jwk", "key"), KEYS)
def test_a_private_jwk_becomes_pkcs8(jwk: dict[str, Any], key: Any) -> None:
    found = render("{{ jwkPrivateKeyPem .j }}", j=json.dumps(jwk).encode())
    assert found == key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("jwk", "key"), KEYS)
def test_a_public_jwk_becomes_pkix(jwk: dict[str, Any], key: Any) -> None:
    public = {name: value for name, value in jwk.items() if name not in {"d", "p", "q"}}
    found = render("{{ jwkPublicKeyPem .j }}", j=json.dumps(public).encode())
    assert found == key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def without(jwk: dict[str, Any], *names: str, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in (jwk | changed).items() if name not in names}


@pytest.mark.parametrize("function", ["jwkPrivateKeyPem", "jwkPublicKeyPem"])
@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param(None, id="null"),
        pytest.param([rsa_jwk()], id="a list"),
        pytest.param({}, id="no type"),
        pytest.param({"kty": "oct", "k": "aGk"}, id="a symmetric key"),
        pytest.param(without(ec_jwk("P-256"), crv="P-999"), id="an unknown curve"),
        pytest.param(without(ec_jwk("P-256"), "x"), id="a missing coordinate"),
        pytest.param(without(ec_jwk("P-256"), x="AQ"), id="a point that is not on the curve"),
        pytest.param(without(ed25519_jwk(), x="AQ"), id="a public key of the wrong size"),
        pytest.param(without(ed25519_jwk(), crv="X25519"), id="a key for agreements"),
        pytest.param(without(rsa_jwk(), n="hunter2!"), id="a number that is no base64"),
        pytest.param(without(rsa_jwk(), n=7), id="a number that is no string"),
        pytest.param(without(rsa_jwk(), n="B" * 60_000, p="B" * 4, q="B" * 4), id="a number of absurd size"),
    ],
)
def test_what_is_no_jwk_is_an_error_that_shows_nothing(function: str, jwk: Any) -> None:
    public = without(jwk, "d") if isinstance(jwk, dict) and function == "jwkPublicKeyPem" else jwk
    started = time.process_time()
    with pytest.raises(ExecError) as caught:
        render(f"{{{{ {function} .j }}}}", j=json.dumps(public).encode())
    assert "hunter2" not in str(caught.value)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("function", "jwk"),
    [
        pytest.param("jwkPublicKeyPem", rsa_jwk(), id="a private key where a public one is wanted"),
        pytest.param("jwkPrivateKeyPem", without(rsa_jwk(), "d"), id="a public key where a private one is wanted"),
        pytest.param("jwkPrivateKeyPem", without(rsa_jwk(), "p"), id="a private key without its primes"),
        pytest.param("jwkPrivateKeyPem", without(rsa_jwk(), d="AQ", p="AQ", q="AQ"), id="primes of one"),
        pytest.param("jwkPrivateKeyPem", without(ed25519_jwk(), x=encoded(bytes(32))), id="parts of different keys"),
    ],
)
def test_the_part_of_the_key_that_is_wanted_must_be_there(function: str, jwk: dict[str, Any]) -> None:
    with pytest.raises(ExecError):
        render(f"{{{{ {function} .j }}}}", j=json.dumps(jwk).encode())


PKCS1 = RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PKCS8 = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PLAIN = bytes(range(100, 164))


def encrypted(digest: hashes.HashAlgorithm) -> bytes:
    return RSA.public_key().encrypt(PLAIN, padding.OAEP(padding.MGF1(digest), digest, None))


@pytest.mark.parametrize("key", [PKCS1, PKCS8], ids=["PKCS#1", "PKCS#8"])
@pytest.mark.parametrize(
    ("name", "digest"),
    [
        pytest.param("SHA1", hashes.SHA1(), id="SHA-1"),
        pytest.param("SHA256", hashes.SHA256(), id="SHA-256"),
        pytest.param("SHA512", hashes.SHA512(), id="SHA-512"),
        pytest.param("None", hashes.SHA256(), id="SHA-256 by default"),
        pytest.param("sha1", hashes.SHA256(), id="SHA-256 for any other name"),
    ],
)
def test_raw_ciphertext_is_decrypted(name: str, digest: hashes.HashAlgorithm, key: bytes) -> None:
    source = '{{ .k | rsaDecrypt "RSA-OAEP" .h (.c | b64dec) }}'
    assert render(source, k=key, h=name.encode(), c=base64.b64encode(encrypted(digest))) == PLAIN


def test_the_scheme_of_that_name_leaves_the_text_alone() -> None:
    assert render('{{ rsaDecrypt "None" "" .c "" }}', c=b"\xff\x00") == b"\xff\x00"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param('{{ rsaDecrypt "RSA-PKCS1" "SHA1" .c .k }}', "scheme", id="an unknown scheme"),
        pytest.param('{{ rsaDecrypt "RSA-OAEP" "SHA1" .c "hunter2" }}', "PEM", id="a key that is no PEM"),
        pytest.param('{{ rsaDecrypt "RSA-OAEP" "SHA1" .c .k }}', "decrypting", id="another hash"),
        pytest.param('{{ rsaDecrypt "RSA-OAEP" "SHA1" "hunter2" .k }}', "decrypting", id="text that is not encrypted"),
        pytest.param(
            '{{ rsaDecrypt "RSA-OAEP" "SHA1" .c (genPrivateKey "ecdsa") }}', "RSA", id="a key of another kind"
        ),
    ],
)
def test_what_cannot_be_decrypted_is_an_error(source: str, problem: str) -> None:
    with pytest.raises(ExecError, match=problem) as caught:
        render(source, c=encrypted(hashes.SHA256()), k=PKCS8)
    assert "cannot be rendered" not in str(caught.value)
