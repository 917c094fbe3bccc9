"""Rendezvous hashing: every key has one owner, the shares are even, and nothing moves without need."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.flow import Key
from secrets_operator.planning.sharing import Share, owner_of

KEYS = [Key("ExternalSecret", f"team-{number % 7}", f"app-{number}") for number in range(3000)]
NAMES = st.frozensets(st.text(alphabet="abcdef-0123456789", min_size=1, max_size=20), min_size=1, max_size=7)


def owners(members: frozenset[str]) -> dict[Key, str | None]:
    return {key: owner_of(str(key), members) for key in KEYS[:40]}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_shares_are_even(count: int) -> None:
    members = frozenset(f"secrets-operator-host-{number}" for number in range(count))
    shares = Counter(owner_of(str(key), members) for key in KEYS)
    assert shares.keys() == members
    assert all(abs(share - len(KEYS) / count) < len(KEYS) / count * 0.1 for share in shares.values()), shares


def test_the_owner_is_the_same_in_every_version() -> None:
    """Replicas of two versions work side by side during a rollout."""
    assert [owner_of(str(key), frozenset({"a", "b", "c"})) for key in KEYS[:8]] == list("abccabbc")


@given(NAMES, st.text(alphabet="xyz", min_size=1, max_size=9))
def test_a_member_that_comes_takes_only_what_becomes_its_own(members: frozenset[str], newcomer: str) -> None:
    before, after = owners(members), owners(members | {newcomer})
    assert all(after[key] in (before[key], newcomer) for key in before)


@given(NAMES)
def test_a_member_that_goes_leaves_only_its_own_to_others(members: frozenset[str]) -> None:
    for gone in members:
        before, after = owners(members), owners(members - {gone})
        assert all(after[key] == before[key] for key in before if before[key] != gone)
        assert gone not in after.values()


@given(NAMES)
def test_each_key_is_owned_by_exactly_one_member(members: frozenset[str]) -> None:
    for key in KEYS[:20]:
        assert sum(Share(me, members).owns(key) for me in members) == 1


@pytest.mark.parametrize(
    ("share", "owns", "former"),
    [
        pytest.param(
            Share("a", frozenset({"a"})), True, None, id="who is alone owns everything, and nobody did before"
        ),
        pytest.param(Share("a", frozenset({"b"})), False, "b", id="who is no member owns nothing"),
        pytest.param(Share("a"), False, None, id="without members there is nothing to own"),
    ],
)
def test_a_share_at_its_bounds(share: Share, owns: bool, former: str | None) -> None:
    assert {(share.owns(key), share.former_owner(key)) for key in KEYS[:50]} == {(owns, former)}
