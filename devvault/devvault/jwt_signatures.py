"""Public keys of the JWT auth method, and the check of a token's signature against them."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from devvault.errors import VaultError, bad_request
from devvault.wire_json import Json

PublicKey = RSAKey | ECKey | OKPKey

_PEM, _SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
_RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_EC_ALGORITHMS = ("ES256", "ES384", "ES512")
_ED_ALGORITHMS = ("EdDSA", "Ed25519")
ALGORITHMS = frozenset({*_RSA_ALGORITHMS, *_EC_ALGORITHMS, *_ED_ALGORITHMS})


def load_public_key(pem: str) -> PublicKey:
    """Read a public key or a certificate in PEM form. Raises VaultError 400."""
    encoded = pem.encode()
    try:
        if "BEGIN CERTIFICATE" in pem:
            certificate = x509.load_pem_x509_certificate(encoded)
            encoded = certificate.public_key().public_bytes(_PEM, _SPKI)
        key = serialization.load_pem_public_key(encoded)
    except ValueError:
        raise bad_request("error parsing public key: not a PEM public key or certificate") from None
    spki = key.public_bytes(_PEM, _SPKI)
    if isinstance(key, rsa.RSAPublicKey):
        return RSAKey.import_key(spki)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ECKey.import_key(spki)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return OKPKey.import_key(spki)
    raise bad_request("error parsing public key: use RSA, ECDSA or Ed25519")


def verified_claims(token: str, keys: list[PublicKey], allowed: frozenset[str]) -> Json:
    """Return the claims of a token signed by one of the keys. Raises VaultError 400."""
    if token.count(".") != 2:
        raise _bad_signature("square/go-jose: compact JWS format must have three parts")
    for key in keys:
        algorithms = sorted(_algorithms_of(key) & allowed)
        try:
            return dict(jwt.decode(token, key, algorithms=algorithms).claims)
        except (JoseError, ValueError, TypeError):
            continue
    raise _bad_signature("no known key successfully validated the token signature")


def _bad_signature(reason: str) -> VaultError:
    return bad_request(f"error validating token: error verifying token signature: {reason}")


def _algorithms_of(key: PublicKey) -> frozenset[str]:
    kinds = {"RSA": _RSA_ALGORITHMS, "EC": _EC_ALGORITHMS, "OKP": _ED_ALGORITHMS}
    return frozenset(kinds[key.key_type])
