"""Whether a sealed value can be one at all: base64, a length prefix that an RSA key makes, and all its bytes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import BadBase64Error, MalformedValueError
from secrets_operator.sealing.hybrid import wrapped_key_bytes

_PREFIX_BYTES = 2
_TAG_BYTES = 16
# RSA keys of 2048, 3072, 4096, 8192 and 16384 bits: anything else is no key that people make.
_USUAL_SIZES = (256, 384, 512, 1024, 2048)


@dataclass(frozen=True, slots=True)
class SizeProblem:
    """The rule a value breaks, and why."""

    rule: str
    message: str


def size_problem(text: str, known_sizes: Collection[int]) -> SizeProblem | None:
    """Return what is wrong with the form of a sealed value; ``known_sizes`` are those of given keys, in bytes."""
    try:
        sealed = decode_base64(text)
        size = wrapped_key_bytes(sealed)
    except BadBase64Error as error:
        return SizeProblem("base64", error.message)
    except MalformedValueError as error:
        return SizeProblem("length", error.message)
    if size not in _USUAL_SIZES and size not in known_sizes:
        return SizeProblem(
            "length", f"it starts as if sealed with an RSA key of {size * 8} bits: it is no sealed value"
        )
    if len(sealed) < _PREFIX_BYTES + size + _TAG_BYTES:
        return SizeProblem("length", "its end is missing")
    if known_sizes and size not in known_sizes:
        usual = ", ".join(str(known * 8) for known in sorted(known_sizes))
        return SizeProblem("wrong-key", f"it was sealed with an RSA key of {size * 8} bits, those given have {usual}")
    return None
