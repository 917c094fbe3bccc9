"""Service-account tokens: JSON Web Tokens signed with the cluster's key (ES256), issued and checked here only."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

ISSUER = "https://kubernetes.default.svc"
_COORDINATE_BYTES = 32


@dataclass(frozen=True, slots=True)
class AccountClaims:
    """What a token says: whose it is, for which audiences, until when (seconds since the epoch)."""

    namespace: str
    name: str
    uid: str
    audiences: tuple[str, ...]
    expires: float


class TokenSigner:
    """Signs and reads tokens under one key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._header = _encode(orjson.dumps({"alg": "ES256", "typ": "JWT", "kid": "devcluster"}))

    def sign(self, claims: AccountClaims, *, issued: float, token_id: str) -> str:
        """Return a token."""
        account = {"name": claims.name, "uid": claims.uid}
        body: dict[str, Any] = {
            "aud": list(claims.audiences),
            "exp": int(claims.expires),
            "iat": int(issued),
            "nbf": int(issued),
            "iss": ISSUER,
            "jti": token_id,
            "kubernetes.io": {"namespace": claims.namespace, "serviceaccount": account},
            "sub": f"system:serviceaccount:{claims.namespace}:{claims.name}",
        }
        signed = self._header + b"." + _encode(orjson.dumps(body))
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")
        return (signed + b"." + _encode(signature)).decode()

    def read(self, token: str) -> AccountClaims | None:
        """Return what a token says, None when it is not ours or is damaged. Its expiry is not checked."""
        signed, _, signature = token.encode().rpartition(b".")
        try:
            raw = _decode(signature)
            half = len(raw) // 2
            der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
            self._key.public_key().verify(der, signed, ec.ECDSA(hashes.SHA256()))
            return _claims(orjson.loads(_decode(signed.partition(b".")[2])))
        except (InvalidSignature, binascii.Error, ValueError, KeyError, TypeError):
            return None


def _claims(body: dict[str, Any]) -> AccountClaims:
    place = body["kubernetes.io"]
    account = place["serviceaccount"]
    return AccountClaims(place["namespace"], account["name"], account["uid"], tuple(body["aud"]), float(body["exp"]))


def _encode(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _decode(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
