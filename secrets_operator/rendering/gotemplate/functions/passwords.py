"""Password hashes and the derivation of site passwords.

In: passwords. Out: bcrypt and SHA-1 entries of htpasswd files, and passwords of the Master Password algorithm
(version 3). Both are slow by design, so each call counts as expensive. Neighbour: ``random_text``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import bcrypt

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING, UINT32, GoType
from secrets_operator.rendering.gotemplate.limits import Context

_HASH_ALGORITHM: Final = GoType("sprig.HashAlgorithm", "string")
_BCRYPT_COST: Final = 1
_LONGEST_BCRYPT_PASSWORD: Final = 72
_BCRYPT_ALPHABET: Final = f"./{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}".encode()
_BASE64_ALPHABET: Final = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}+/".encode()

_SCRYPT_COST: Final = 4
_SCRYPT_MEMORY: Final = 80 * 1024 * 1024
_SEED_PREFIX: Final = b"com.lyndir.masterpassword"
_VOWELS, _CONSONANTS = "AEIOU", "BCDFGHJKLMNPQRSTVWXYZ"
_ANY_LETTER = _VOWELS + _VOWELS.lower() + _CONSONANTS + _CONSONANTS.lower()
_CHARACTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "V": _VOWELS,
        "C": _CONSONANTS,
        "v": _VOWELS.lower(),
        "c": _CONSONANTS.lower(),
        "A": _VOWELS + _CONSONANTS,
        "a": _ANY_LETTER,
        "n": string.digits,
        "o": "@&%?,=[]_:-+*$#!'^~;()/.",
        "x": _ANY_LETTER + string.digits + "!@#$%^&*()",
    }
)
_SHAPES: Final[Mapping[bytes, tuple[str, ...]]] = MappingProxyType(
    {
        b"maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
        b"long": (
            *("CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv"),
            *("CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc"),
            *("CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno"),
            *("CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc"),
            "CvccCvcvCvccno",
        ),
        b"medium": ("CvcnoCvc", "CvcCvcno"),
        b"short": ("Cvcn",),
        b"basic": ("aaanaaan", "aannaaan", "aaannaaa"),
        b"pin": ("nnnn",),
    }
)


def _bcrypt(ctx: Context, password: bytes) -> bytes:
    """Return a bcrypt hash of cost 10, or a message where Go's library refuses the password."""
    if len(password) > _LONGEST_BCRYPT_PASSWORD:
        return b"failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    salt = base64.b64encode(ctx.random(16))[:22].translate(bytes.maketrans(_BASE64_ALPHABET, _BCRYPT_ALPHABET))
    with ctx.expensive(_BCRYPT_COST):
        return bcrypt.hashpw(password, b"$2a$10$" + salt)


def _htpasswd(ctx: Context, user: bytes, password: bytes, algorithm: bytes) -> bytes:
    ctx.charge(2 * len(user))
    if b":" in user:
        return b"invalid username: " + user
    if algorithm == b"sha":
        digest = hashlib.sha1(password, usedforsecurity=False).digest()
        return user + b":{SHA}" + base64.b64encode(digest)
    return user + b":" + _bcrypt(ctx, password)


def _bcrypt_htpasswd(ctx: Context, user: bytes, password: bytes) -> bytes:
    return _htpasswd(ctx, user, password, b"bcrypt")


def _derive_password(ctx: Context, counter: int, kind: bytes, password: bytes, user: bytes, site: bytes) -> bytes:
    shapes = _SHAPES.get(kind)
    ctx.charge(len(kind) + 2 * (len(user) + len(site)))
    if shapes is None:
        return b"cannot find password template " + kind
    ctx.step(len(password) // 64)
    with ctx.expensive(_SCRYPT_COST):
        key = hashlib.scrypt(password, salt=_seed_part(user), n=32_768, r=8, p=2, dklen=64, maxmem=_SCRYPT_MEMORY)
    seed = hmac.digest(key, _seed_part(site) + int(counter).to_bytes(4, "big"), "sha256")
    shape = shapes[seed[0] % len(shapes)]
    letters = (_CHARACTERS[sort] for sort in shape)
    return "".join(choices[byte % len(choices)] for choices, byte in zip(letters, seed[1:], strict=False)).encode()


def _seed_part(name: bytes) -> bytes:
    return _SEED_PREFIX + (len(name) % 2**32).to_bytes(4, "big") + name


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("bcrypt", (STRING,), _bcrypt),
    Function("derivePassword", (UINT32, STRING, STRING, STRING, STRING), _derive_password),
    Function("htpasswd", (STRING, STRING, _HASH_ALGORITHM), _htpasswd),
)

SPRIG_3_3_0_HTPASSWD: Final = Function("htpasswd", (STRING, STRING), _bcrypt_htpasswd)
"""htpasswd as Sprig 3.3.0 has it, without the choice of an algorithm."""
