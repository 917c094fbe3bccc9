"""Generator ``SSHKey``: a key pair in the formats of OpenSSH.

The private key has no passphrase. ``cryptography`` draws the keys and takes no source of randomness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.ssh_key import SSHKeySpec

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey

_PUBLIC_EXPONENT: Final = 65537
_RSA_DEFAULT, _RSA_SMALLEST = 2048, 1024
_CURVES: Final[Mapping[int, type[ec.EllipticCurve]]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}


class SshKeyGenerator:
    """See the module's docstring."""

    name = "SSHKey"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check type and size."""
        wrong = spec_problems(SSHKeySpec, spec)
        return wrong or list(_problems(SSHKeySpec.model_validate(dict(spec))))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,
        *,
        now: datetime,  # noqa: ARG002 a key knows no time
        entropy: Entropy,  # noqa: ARG002 see the module's docstring
    ) -> Generated:
        """Make a pair, under the keys ``privateKey`` and ``publicKey``; a large RSA key takes seconds of a thread."""
        read = SSHKeySpec.model_validate(dict(spec))
        problem = next(_problems(read), None)
        if problem is not None:
            raise InvalidSpec(problem.message, field=problem.path)
        return Generated(await host.run_blocking(partial(key_pair, read)))


def key_pair(spec: SSHKeySpec) -> dict[str, SecretBytes]:
    """Return a new private key (PEM) and its line for ``authorized_keys``, each ending with a line break."""
    key = _private_key(spec)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    comment = f" {spec.comment}".encode() if spec.comment else b""
    return {
        "privateKey": SecretBytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())),
        "publicKey": SecretBytes(public + comment + b"\n"),
    }


def _private_key(spec: SSHKeySpec) -> PrivateKey:
    if spec.key_type == "ed25519":
        return Ed25519PrivateKey.generate()
    if spec.key_type == "ecdsa":
        # As in External Secrets Operator any other size means the smallest curve.
        return ec.generate_private_key(_CURVES.get(spec.key_size or 0, ec.SECP256R1)())
    return rsa.generate_private_key(_PUBLIC_EXPONENT, spec.key_size or _RSA_DEFAULT)


def _problems(spec: SSHKeySpec) -> Iterator[Problem]:
    if spec.key_type == "rsa" and (spec.key_size or _RSA_DEFAULT) < _RSA_SMALLEST:
        yield Problem("keySize", f"must be at least {_RSA_SMALLEST} for rsa")
    if "\n" in spec.comment or "\r" in spec.comment:
        yield Problem("comment", "must be one line: what follows would be another key in authorized_keys")


GENERATOR = SshKeyGenerator()
