"""Signed tokens (RFC 7519): making them, and reading when one ends. Nothing here trusts a token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import DEFAULT_FRESH_SECONDS

# What is left of a token must be worth writing.
_MARGIN = 60.0


def signed(claims: Mapping[str, Any], key: bytes, *, field: str) -> str:
    """Return claims signed with an RSA key in PEM form (RS256); raises InvalidSpec that names ``field``. Blocks."""
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, RSAPrivateKey):
        raise InvalidSpec("the Secret does not hold an unencrypted RSA private key in PEM form there", field=field)
    return jwt.encode(dict(claims), private, algorithm="RS256")


def end_of(token: str) -> int | float | None:
    """Return the time at which a token ends, in Unix seconds; None when it does not say."""
    try:
        ends = jwt.decode(token, options={"verify_signature": False, "verify_exp": False}).get("exp")
    except (jwt.InvalidTokenError, ValueError):
        return None
    return ends if isinstance(ends, int | float) and not isinstance(ends, bool) else None


def printed(ends: float) -> bytes:
    """Return Unix seconds as text, without a fraction where there is none."""
    return str(int(ends) if float(ends).is_integer() else ends).encode()


def fresh_seconds(ends: float | None, now: datetime) -> float:
    """Return for how long a token may still be written that ends then."""
    if ends is None:
        return DEFAULT_FRESH_SECONDS
    return max(min(DEFAULT_FRESH_SECONDS, ends - now.timestamp() - _MARGIN), 0.0)
