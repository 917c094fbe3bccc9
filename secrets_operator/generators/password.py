"""Generator ``Password``: random characters in given numbers of letters, digits and symbols."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Final

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.generators.drawing import Drawing
from secrets_operator.provider import Entropy, Generated, Host, Problem
from secrets_operator.provider.generator_specs import spec_problems
from secrets_operator.resources.generators.password import DEFAULT_LENGTH, DEFAULT_SHARE, PasswordEncoding, PasswordSpec

SYMBOLS: Final = '~!@#$%^&*()_+`-={}|[]\\:"<>?,./'
_DEFAULT_KEY: Final = "password"
_ENCODERS: Final[Mapping[PasswordEncoding, Callable[[bytes], bytes]]] = {
    "raw": lambda password: password,
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "hex": lambda password: password.hex().encode(),
}


class PasswordGenerator:
    """See the module's docstring."""

    name = "Password"

    def problems(self, spec: Mapping[str, Any]) -> Sequence[Problem]:
        """Check that there are passwords of that make."""
        wrong = spec_problems(PasswordSpec, spec)
        return wrong or list(_problems(PasswordSpec.model_validate(dict(spec))))

    async def generate(
        self,
        spec: Mapping[str, Any],
        host: Host,  # noqa: ARG002 there is nothing to ask
        *,
        now: datetime,  # noqa: ARG002 a password knows no time
        entropy: Entropy,
    ) -> Generated:
        """Make one password for each key."""
        read = PasswordSpec.model_validate(dict(spec))
        problem = next(_problems(read), None)
        if problem is not None:
            raise InvalidSpec(problem.message, field=problem.path)
        encode = _ENCODERS[read.encoding]
        drawing = Drawing(entropy)
        keys = read.secret_keys or (_DEFAULT_KEY,)
        return Generated({key: SecretBytes(encode(password(read, drawing).encode())) for key in keys})


def password(spec: PasswordSpec, drawing: Drawing) -> str:
    """Return a random password of the make that ``spec`` describes; it must be one that exists."""
    length, of_digits, of_symbols = _numbers(spec)
    taken: list[str] = []
    for pool, count in (
        (_letters(spec), length - of_digits - of_symbols),
        (digits, of_digits),
        (spec.symbol_characters or SYMBOLS, of_symbols),
    ):
        if spec.allow_repeat:
            taken += drawing.some(pool, count)
        else:
            taken += drawing.distinct([one for one in dict.fromkeys(pool) if one not in taken], count)
    return "".join(drawing.shuffled(taken))


def _numbers(spec: PasswordSpec) -> tuple[int, int, int]:
    length = spec.length or DEFAULT_LENGTH
    share = length // DEFAULT_SHARE
    return length, share if spec.digits is None else spec.digits, share if spec.symbols is None else spec.symbols


def _letters(spec: PasswordSpec) -> str:
    return ascii_lowercase if spec.no_upper else ascii_lowercase + ascii_uppercase


def _problems(spec: PasswordSpec) -> Iterator[Problem]:
    length, of_digits, of_symbols = _numbers(spec)
    of_letters = length - of_digits - of_symbols
    doubled = sorted({key for key in spec.secret_keys if spec.secret_keys.count(key) > 1})
    if doubled:
        yield Problem("secretKeys", f"must name each key once: remove the second {', '.join(doubled)}")
    if of_letters < 0:
        message = f"{of_digits} digits and {of_symbols} symbols are more than the length of {length}: lower them"
        yield Problem("length", message)
    if spec.allow_repeat:
        return
    # Symbols that are letters or digits may have been taken by those.
    free = dict.fromkeys(one for one in spec.symbol_characters or SYMBOLS if one not in digits + _letters(spec))
    for field, wanted, available in (
        ("digits", of_digits, len(digits)),
        ("symbols", of_symbols, len(free)),
        ("length", of_letters, len(_letters(spec))),
    ):
        if wanted > available:
            what = "letters" if field == "length" else field
            message = f"{wanted} different {what} are asked for and there are {available}: set allowRepeat to true"
            yield Problem(field, message)


GENERATOR = PasswordGenerator()
