"""Generator ``MFA``: time-based one-time passwords by RFC 6238, as authenticator apps show them."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.mfa import MFASpec

_ALGORITHMS: Final = frozenset({"sha1", "sha256", "sha512"})
_SEED: Final = "secret"
_BASE32_BLOCK: Final = 8


class MfaGenerator:
    """See the module's docstring."""

    name = "MFA"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check everything but the seed."""
        wrong = spec_problems(MFASpec, spec)
        return wrong or list(_problems(MFASpec.model_validate(dict(spec))))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,
        entropy: Entropy,  # noqa: ARG002 a token is computed, not drawn
    ) -> Generated:
        """Compute the token of the moment: ``token``, and ``timeLeft`` in seconds."""
        read = MFASpec.model_validate(dict(spec))
        seed = decoded_seed(await host.secret_value(spec[_SEED], field=_SEED))
        moment = int((read.when or now).timestamp())
        left = read.time_period - moment % read.time_period
        token = one_time_password(seed, moment // read.time_period, length=read.length, algorithm=_algorithm(read))
        values = {"token": SecretBytes(token.encode()), "timeLeft": SecretBytes(str(left).encode())}
        return Generated(values, fresh_seconds=left)


def one_time_password(seed: bytes, counter: int, *, length: int, algorithm: str) -> str:
    """Return the HOTP value of RFC 4226 for a counter, with leading zeros."""
    digest = hmac.digest(seed, struct.pack(">Q", counter), algorithm)
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack_from(">I", digest, offset)
    return str((number & 0x7FFFFFFF) % 10**length).zfill(length)


def decoded_seed(value: SecretBytes) -> bytes:
    """Return the seed; spaces, case and padding do not matter. Raises InvalidSpec when it is not base32."""
    text = b"".join(value.reveal().split()).upper().rstrip(b"=")
    try:
        seed = base64.b32decode(text + b"=" * (-len(text) % _BASE32_BLOCK))
    except binascii.Error:
        raise InvalidSpec("the seed is not base32: store it as the service shows it", field=_SEED) from None
    if not seed:
        raise InvalidSpec("the seed is empty: store it as the service shows it", field=_SEED)
    return seed


def _algorithm(spec: MFASpec) -> str:
    return spec.algorithm.lower().replace("-", "") or "sha1"


def _problems(spec: MFASpec) -> Iterator[Problem]:
    if _algorithm(spec) not in _ALGORITHMS:
        yield Problem("algorithm", "must be sha1, sha256 or sha512")
    for field, value in (("name", spec.secret.name), ("key", spec.secret.key)):
        if not value:
            yield Problem(f"{_SEED}.{field}", "is required: name the Secret and the key that hold the seed")


GENERATOR = MfaGenerator()
