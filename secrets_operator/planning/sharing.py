"""Which replica works on which key: rendezvous hashing. Pure.

Every replica scores every member for a key, and the member with the highest score owns the key. All arrive at the
same answer without talking, and a member that comes or goes moves no other keys than its own share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from secrets_operator.flow import Key

_BITS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Share:
    """What one replica owns while ``members`` are at work; nothing while it is not one of them."""

    me: str
    members: frozenset[str] = frozenset()

    def owns(self, key: Key) -> bool:
        """Tell whether this replica is the one to work on ``key``."""
        return self.me in self.members and owner_of(str(key), self.members) == self.me

    def former_owner(self, key: Key) -> str | None:
        """Return who owned ``key`` among the other members; None when there was nobody else."""
        return owner_of(str(key), self.members - {self.me})


def owner_of(key: str, members: AbstractSet[str]) -> str | None:
    """Return the member that owns ``key``; None when there are none. The same on every machine and in every version."""
    if len(members) < 2:
        return next(iter(members), None)
    number = _number(key)
    return max(members, key=lambda member: (_mixed(number ^ _number_of_member(member)), member))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


@lru_cache(maxsize=256)
def _number_of_member(name: str) -> int:
    return _number(name)


def _mixed(number: int) -> int:
    """Spread the bits of a 64-bit number: the finalizer of MurmurHash3, a tenth of the cost of a digest."""
    number = ((number ^ number >> 33) * 0xFF51AFD7ED558CCD) & _BITS
    number = ((number ^ number >> 33) * 0xC4CEB9FE1A85EC53) & _BITS
    return number ^ number >> 33
