"""Writes PKCS#12 archives with AES-256-CBC, PBKDF2 and HMAC-SHA-256, 2048 rounds each, also for the empty password.

In: DER of certificates and a key, a password, the context's randomness. Out: bytes. Format: RFC 7292 and RFC 8018, laid
out as go-pkcs12's Modern encoder does. ``cryptography`` cannot encrypt with an empty password, the usual one here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions import der
from secrets_operator.rendering.gotemplate.limits import Context

_ROUNDS: Final = 2048
_SALT: Final = 16
_HASH_BLOCK: Final = 64
_MAC_KEY_PURPOSE: Final = 3

_DATA: Final = der.object_identifier("1.2.840.113549.1.7.1")
_ENCRYPTED_DATA: Final = der.object_identifier("1.2.840.113549.1.7.6")
_PBES2: Final = der.object_identifier("1.2.840.113549.1.5.13")
_PBKDF2: Final = der.object_identifier("1.2.840.113549.1.5.12")
_HMAC_SHA256: Final = der.object_identifier("1.2.840.113549.2.9")
_AES256_CBC: Final = der.object_identifier("2.16.840.1.101.3.4.1.42")
_SHA256: Final = der.object_identifier("2.16.840.1.101.3.4.2.1")
_SHROUDED_KEY_BAG: Final = der.object_identifier("1.2.840.113549.1.12.10.1.2")
_CERTIFICATE_BAG: Final = der.object_identifier("1.2.840.113549.1.12.10.1.3")
_X509_CERTIFICATE: Final = der.object_identifier("1.2.840.113549.1.9.22.1")
_LOCAL_KEY_ID: Final = der.object_identifier("1.2.840.113549.1.9.21")
_FRIENDLY_NAME: Final = der.object_identifier("1.2.840.113549.1.9.20")
_JAVA_TRUST_STORE: Final = der.object_identifier("2.16.840.1.113894.746875.1.1")
_ANY_USAGE: Final = der.object_identifier("2.5.29.37.0")


def write_archive(ctx: Context, key: bytes, certificates: Sequence[bytes], password: bytes) -> bytes:
    """Return an archive of a key (PKCS#8) and certificates, the first of which is the key's own."""
    key_id = der.encode(der.OCTET_STRING, hashlib.sha1(certificates[0], usedforsecurity=False).digest())
    own = _attribute(_LOCAL_KEY_ID, key_id)
    bags = [_certificate_bag(certificates[0], own), *map(_certificate_bag, certificates[1:])]
    scheme, encrypted = _encrypt(ctx, key, password)
    shrouded = der.encode(der.SEQUENCE, scheme, der.encode(der.OCTET_STRING, encrypted))
    key_bag = _bag(_SHROUDED_KEY_BAG, shrouded, own)
    safes = [_encrypted_safe(ctx, bags, password), _content(der.encode(der.SEQUENCE, key_bag))]
    return _archive(ctx, safes, password)


def write_trust_store(ctx: Context, certificates: Iterable[tuple[bytes, str]], password: bytes) -> bytes:
    """Return an archive of certificates with their names, which Java takes as trusted for every use."""
    trusted = _attribute(_JAVA_TRUST_STORE, _ANY_USAGE)
    bags = [
        _certificate_bag(certificate, trusted, _attribute(_FRIENDLY_NAME, der.encode(der.BMP_STRING, _ucs2(name))))
        for certificate, name in certificates
    ]
    return _archive(ctx, [_encrypted_safe(ctx, bags, password)], password)


def _archive(ctx: Context, safes: list[bytes], password: bytes) -> bytes:
    content = der.encode(der.SEQUENCE, *safes)
    salt = ctx.random(_SALT)
    digest = hmac.digest(_mac_key(password, salt), content, "sha256")
    digest_info = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, _SHA256), der.encode(der.OCTET_STRING, digest))
    mac = der.encode(der.SEQUENCE, digest_info, der.encode(der.OCTET_STRING, salt), der.integer(_ROUNDS))
    return der.encode(der.SEQUENCE, der.integer(3), _content(content), mac)


def _content(data: bytes) -> bytes:
    return der.encode(der.SEQUENCE, _DATA, der.explicit(0, der.encode(der.OCTET_STRING, data)))


def _encrypted_safe(ctx: Context, bags: list[bytes], password: bytes) -> bytes:
    scheme, encrypted = _encrypt(ctx, der.encode(der.SEQUENCE, *bags), password)
    # The encrypted content is an implicitly tagged octet string.
    information = der.encode(der.SEQUENCE, _DATA, scheme, der.encode(0x80, encrypted))
    data = der.encode(der.SEQUENCE, der.integer(0), information)
    return der.encode(der.SEQUENCE, _ENCRYPTED_DATA, der.explicit(0, data))


def _bag(kind: bytes, value: bytes, *attributes: bytes) -> bytes:
    return der.encode(
        der.SEQUENCE, kind, der.explicit(0, value), der.encode(der.SET, *attributes) if attributes else b""
    )


def _certificate_bag(certificate: bytes, *attributes: bytes) -> bytes:
    content = der.explicit(0, der.encode(der.OCTET_STRING, certificate))
    return _bag(_CERTIFICATE_BAG, der.encode(der.SEQUENCE, _X509_CERTIFICATE, content), *attributes)


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, kind, der.encode(der.SET, value))


def _encrypt(ctx: Context, data: bytes, password: bytes) -> tuple[bytes, bytes]:
    """Return the description of an encryption with a fresh salt and vector, and what it makes of the data."""
    salt, vector = ctx.random(_SALT), ctx.random(16)
    key = hashlib.pbkdf2_hmac("sha256", password, salt, _ROUNDS, 32)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(AES256(key), CBC(vector)).encryptor()
    encrypted = encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
    pseudo_random = der.encode(der.SEQUENCE, _HMAC_SHA256, der.encode(der.NULL))
    derivation = der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, salt), der.integer(_ROUNDS), pseudo_random)
    cipher = der.encode(der.SEQUENCE, _AES256_CBC, der.encode(der.OCTET_STRING, vector))
    parameters = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, _PBKDF2, derivation), cipher)
    return der.encode(der.SEQUENCE, _PBES2, parameters), encrypted


def _mac_key(password: bytes, salt: bytes) -> bytes:
    """Derive the key of the integrity check (RFC 7292, appendix B.2); 32 bytes need one block of SHA-256."""
    secret = _ucs2(_text(password)) + b"\0\0"
    block = bytes([_MAC_KEY_PURPOSE]) * _HASH_BLOCK + _filled(salt) + _filled(secret)
    for _ in range(_ROUNDS):
        block = hashlib.sha256(block).digest()
    return block


def _filled(text: bytes) -> bytes:
    """Repeat a text until it fills whole blocks of the hash."""
    size = -(-len(text) // _HASH_BLOCK) * _HASH_BLOCK
    return (text * (size // len(text) + 1))[:size]


def _text(password: bytes) -> str:
    return password.decode("utf-8", "replace")


def _ucs2(text: str) -> bytes:
    if any(ord(character) > 0xFFFF for character in text):
        raise FunctionError("pkcs12: string contains characters that cannot be encoded in UCS-2")
    return text.encode("utf-16-be", "replace")
