"""What the administrator of the operator allows requests to do that a user named the place of.

By environment variables: ``GUARDS`` of ``secrets_operator.environment``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar

from secrets_operator.environment import ALLOW_ADDRESSES, HOSTS, MAX_BYTES, SCHEMES, TIMEOUT, Variable
from secrets_operator.errors import InvalidSpec

T = TypeVar("T")

Network = IPv4Network | IPv6Network

# A read has 30 seconds in all; the user must hear what the server did and not that time ran out.
_LONGEST_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Limits:
    """See ``secrets_operator.environment``; no ``hosts`` are all hosts."""

    schemes: tuple[str, ...] = ("https", "http")
    hosts: tuple[str, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    seconds: float = 20.0
    most_bytes: int = 1024 * 1024


def limits_of(environ: Mapping[str, str]) -> Limits:
    """Return the limits; raises InvalidSpec that names a variable which cannot be used."""

    def read(variable: Variable, parse: Callable[[str], T], default: T) -> T:
        text = variable.read(environ).strip()
        try:
            return parse(text) if text else default
        except ValueError:
            raise InvalidSpec(f"the operator's {variable.name} cannot be used: correct it") from None

    usual = Limits()
    return Limits(
        schemes=read(SCHEMES, _schemes, usual.schemes),
        hosts=read(HOSTS, _words, usual.hosts),
        allowed_networks=read(ALLOW_ADDRESSES, _networks, usual.allowed_networks),
        seconds=read(TIMEOUT, _seconds, usual.seconds),
        most_bytes=read(MAX_BYTES, _positive, usual.most_bytes),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(",") if word.strip())


def _schemes(text: str) -> tuple[str, ...]:
    found = _words(text)
    if not set(found) <= {"http", "https"}:
        raise ValueError(text)
    return found


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word, strict=False) for word in _words(text))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ValueError(text)
    return seconds


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError(text)
    return number
