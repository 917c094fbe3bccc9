"""Which replica works on which key: weighted rendezvous hashing. Pure.

Every replica scores every member for a key. The member with the highest score owns the key, unless its weight says that
it passes this key on; then the next one has it. All arrive at the same answer without talking: names and weights are
those on the Leases, each of which one replica writes. A member that comes or goes moves no other keys than its own
share, and a weight that changes moves only keys from or to its member.

Hashing alone leaves chance in the shares: of 300 keys for three, one is a fifth off the mean in 4 % of all starts.
:func:`weight_for` takes that out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from secrets_operator.flow import Key

_BITS = 2**64 - 1

FULL_WEIGHT = 1024
"""The weight of a member that keeps every key that comes to it; one with half of it passes every second one on."""

_TOLERATED_PART = 0.1
# Among few keys a tenth is less than chance makes, and not worth a hand-over.
_TOLERATED_KEYS = 10.0

Members = Mapping[str, int]
"""Who shares the work, each with its weight."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one replica owns while ``members`` are at work; nothing while it is not one of them."""

    me: str
    members: Members = field(default_factory=dict)

    def owns(self, key: Key) -> bool:
        """Tell whether this replica is the one to work on ``key``."""
        return self.me in self.members and owner_of(str(key), self.members) == self.me

    def former_owner(self, key: Key) -> str | None:
        """Return who owned ``key`` among the other members; None when there was nobody else."""
        return owner_of(str(key), {name: weight for name, weight in self.members.items() if name != self.me})


def owner_of(key: str, members: Members) -> str | None:
    """Return the member that owns ``key``; None when there are none. The same on every machine and in every version."""
    if len(members) < 2:
        return next(iter(members), None)
    number = _number(key)
    scores = [(_mixed(number ^ _number_of_member(name)), name) for name in members]
    # A key that everybody passes on stays where it came first.
    return max([one for one in scores if one[0] % FULL_WEIGHT < members[one[1]]] or scores)[1]


def tolerated(total: int, members: int) -> float:
    """Return how many keys above the mean a share of ``total`` keys may be."""
    return max(total / members * _TOLERATED_PART, _TOLERATED_KEYS)


def weight_for(me: str, members: Members, own: Sequence[str], total: int) -> int:
    """Return the weight that brings the share of ``me`` near the mean; the one it has while nothing needs to move.

    ``own`` are the keys that it owns among ``members``, of ``total`` keys. A share above the tolerated one gives up
    keys until half the tolerance is left, so that the next key does not bring this up again. Where the receivers have
    too many then, they do the same; this ends, since together the members tolerate more keys than there are.
    """
    weight, mean = members[me], total / len(members)
    slack = tolerated(total, len(members))
    if len(own) > mean + slack:
        number = _number_of_member(me)
        residues = sorted(_mixed(_number(key) ^ number) % FULL_WEIGHT for key in own)
        return min(weight, max(residues[int(mean + slack / 2)], 1))
    if len(own) < mean - slack / 2:
        # A share grows as its weight does.
        return min(FULL_WEIGHT, int(weight * mean / max(len(own), 1)))
    return weight


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
