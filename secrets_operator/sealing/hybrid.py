"""The format of one sealed value: a random session key under RSA-OAEP, the value under that key with AES-256-GCM.

Layout: 2 bytes big-endian length L, L bytes of RSA-OAEP(session key), then the GCM ciphertext with its 16-byte tag.
The OAEP label carries the scope (``scopes.label``). Values written by kubeseal open here and the reverse.
Randomness is a parameter, except OAEP's own padding seed, which ``cryptography`` draws inside and lets nobody pass in.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.errors import DamagedValueError, MalformedValueError, UnopenedValueError

# Returns that many unpredictable bytes; ``os.urandom`` outside tests.
Random = Callable[[int], bytes]

_LENGTH_BYTES = 2
_SESSION_KEY_BYTES = 32
# A constant nonce is safe only because every value has a session key of its own, used once.
_NONCE = bytes(12)


def seal(public_key: rsa.RSAPublicKey, plaintext: SecretBytes, *, label: bytes, random: Random) -> bytes:
    """Encrypt one value for the holder of the private key, bound to ``label``."""
    session_key = random(_SESSION_KEY_BYTES)
    wrapped_key = public_key.encrypt(session_key, _oaep(label))
    ciphertext = AESGCM(session_key).encrypt(_NONCE, plaintext.reveal(), None)
    return len(wrapped_key).to_bytes(_LENGTH_BYTES, "big") + wrapped_key + ciphertext


def open_value(private_key: rsa.RSAPrivateKey, sealed: bytes, *, label: bytes) -> SecretBytes:
    """Decrypt one value.

    MalformedValueError when it is too short, UnopenedValueError when the key or the label is another one,
    DamagedValueError when both fit and the encrypted bytes were changed.
    """
    wrapped_key, ciphertext = _split(sealed)
    session_key = _unwrap(private_key, wrapped_key, label)
    try:
        return SecretBytes(AESGCM(session_key).decrypt(_NONCE, ciphertext, None))
    except InvalidTag as error:
        raise DamagedValueError("the encrypted bytes were cut or changed after sealing") from error


def wrapped_key_bytes(sealed: bytes) -> int:
    """Return the size in bytes of the RSA modulus the value was sealed with; MalformedValueError when too short."""
    return len(_split(sealed)[0])


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    """Return the wrapped session key and the ciphertext."""
    start = _LENGTH_BYTES + int.from_bytes(sealed[:_LENGTH_BYTES], "big")
    if len(sealed) < _LENGTH_BYTES or len(sealed) < start:
        raise MalformedValueError("too short to be a sealed value")
    return sealed[_LENGTH_BYTES:start], sealed[start:]


def _unwrap(private_key: rsa.RSAPrivateKey, wrapped_key: bytes, label: bytes) -> bytes:
    """Return the session key."""
    try:
        session_key = private_key.decrypt(wrapped_key, _oaep(label))
    except ValueError as error:
        raise UnopenedValueError("the key or the label is not the one the value was sealed with") from error
    if len(session_key) != _SESSION_KEY_BYTES:
        raise UnopenedValueError("the session key inside is not 32 bytes long")
    return session_key


def _oaep(label: bytes) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=label)
