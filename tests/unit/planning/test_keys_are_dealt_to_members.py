"""Weighted rendezvous hashing: every key has one owner, nothing moves without need, and shares become even."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secrets_operator.flow import Key
from secrets_operator.planning.sharing import FULL_WEIGHT, Members, Share, owner_of, tolerated, weight_for

KEYS = [Key("ExternalSecret", f"team-{number % 7}", f"app-{number}") for number in range(3000)]
NAMES = st.text(alphabet="abcdef-0123456789", min_size=1, max_size=20)
WEIGHTS = st.one_of(st.just(FULL_WEIGHT), st.integers(0, FULL_WEIGHT))
# No clock: what else the machine does is no property of ours.
untimed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MEMBERS = st.dictionaries(NAMES, WEIGHTS, min_size=1, max_size=7)


def full(*names: str) -> Members:
    return dict.fromkeys(names, FULL_WEIGHT)


def owners(members: Members) -> dict[Key, str | None]:
    return {key: owner_of(str(key), members) for key in KEYS[:40]}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_hashing_alone_makes_shares_of_many_keys_even(count: int) -> None:
    members = full(*(f"secrets-operator-host-{number}" for number in range(count)))
    shares = Counter(owner_of(str(key), members) for key in KEYS)
    assert shares.keys() == members.keys()
    assert all(abs(share - len(KEYS) / count) < len(KEYS) / count * 0.1 for share in shares.values()), shares


def test_the_owner_is_the_same_in_every_version() -> None:
    """Replicas of two versions work side by side during a rollout."""
    assert [owner_of(str(key), full("a", "b", "c")) for key in KEYS[:8]] == list("abccabbc")
    light = {"a": 512, "b": 512, "c": 100}
    assert [owner_of(str(key), light) for key in KEYS[:8]] == list("abcbaaba")


@untimed
@given(MEMBERS, st.text(alphabet="xyz", min_size=1, max_size=9), WEIGHTS)
def test_a_member_that_comes_takes_only_what_becomes_its_own(members: Members, newcomer: str, weight: int) -> None:
    before, after = owners(members), owners({**members, newcomer: weight})
    assert all(after[key] in (before[key], newcomer) for key in before)


@untimed
@given(MEMBERS)
def test_a_member_that_goes_leaves_only_its_own_to_others(members: Members) -> None:
    for gone in members:
        before, after = owners(members), owners({name: members[name] for name in members if name != gone})
        assert all(after[key] == before[key] for key in before if before[key] != gone)
        assert gone not in after.values()


@untimed
@given(MEMBERS, st.data())
def test_a_weight_that_changes_moves_only_keys_of_its_member(members: Members, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(members)))
    weight = data.draw(st.integers(0, members[name]))
    heavy, light = owners(members), owners({**members, name: weight})
    assert all(light[key] == heavy[key] or heavy[key] == name for key in heavy)


@untimed
@given(MEMBERS)
def test_each_key_is_owned_by_exactly_one_member(members: Members) -> None:
    for key in KEYS[:20]:
        assert sum(Share(me, members).owns(key) for me in members) == 1


@untimed
@given(MEMBERS, st.randoms(use_true_random=False))
def test_the_order_in_which_members_are_seen_does_not_matter(members: Members, random: Random) -> None:
    names = list(members)
    random.shuffle(names)
    assert owners({name: members[name] for name in names}) == owners(members)


@pytest.mark.parametrize(
    ("share", "owns", "former"),
    [
        pytest.param(Share("a", full("a")), True, None, id="who is alone owns everything, and nobody did before"),
        pytest.param(Share("a", {"a": 1}), True, None, id="whatever its weight is"),
        pytest.param(Share("a", full("b")), False, "b", id="who is no member owns nothing"),
        pytest.param(Share("a"), False, None, id="without members there is nothing to own"),
    ],
)
def test_a_share_at_its_bounds(share: Share, owns: bool, former: str | None) -> None:
    assert {(share.owns(key), share.former_owner(key)) for key in KEYS[:50]} == {(owns, former)}


def shares(members: Members, keys: list[str]) -> dict[str, list[str]]:
    dealt: dict[str, list[str]] = {name: [] for name in members}
    for key in keys:
        dealt[owner_of(key, members) or ""].append(key)
    return dealt


def settled(members: Members, keys: list[str]) -> tuple[Members, int]:
    """Let all weigh at once, again and again as replicas do, until nobody has a reason; return how often it took."""
    for rounds in range(20):
        dealt = shares(members, keys)
        weights = {name: weight_for(name, members, dealt[name], len(keys)) for name in members}
        if weights == members:
            return members, rounds
        members = weights
    raise AssertionError(members)


@untimed
@given(
    st.sets(NAMES, min_size=2, max_size=6),
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 20, 100, 300, 300, 300, 500]),
)
def test_shares_become_even_whatever_the_names_are(names: set[str], salt: int, count: int) -> None:
    keys = [str(Key("ExternalSecret", f"ns-{salt}", f"app-{number}")) for number in range(count)]
    members, rounds = settled(full(*names), keys)
    dealt, mean = shares(members, keys), count / len(names)
    assert rounds <= 6
    assert max(map(len, dealt.values())) <= mean + tolerated(count, len(names))
    if len(names) == 3 and count == 300:
        assert all(80 <= len(own) <= 120 for own in dealt.values())


@untimed
@given(st.sets(NAMES, min_size=4, max_size=6), st.data())
def test_even_shares_stay_even_when_members_go_and_come(names: set[str], data: st.DataObject) -> None:
    keys = [str(key) for key in KEYS[:300]]
    members, _ = settled(full(*names), keys)
    gone = data.draw(st.sampled_from(sorted(names)))
    for change in ({name: members[name] for name in names - {gone}}, {**members, "newcomer": FULL_WEIGHT}):
        later, _ = settled(change, keys)
        assert max(map(len, shares(later, keys).values())) <= 300 / len(later) + tolerated(300, len(later))


@pytest.mark.parametrize(
    ("weight", "own", "total", "new"),
    [
        pytest.param(FULL_WEIGHT, 100, 300, FULL_WEIGHT, id="an even share stays"),
        pytest.param(FULL_WEIGHT, 110, 300, FULL_WEIGHT, id="a tenth more is tolerated"),
        pytest.param(FULL_WEIGHT, 16, 20, FULL_WEIGHT, id="among few keys ten more are"),
        pytest.param(FULL_WEIGHT, 0, 300, FULL_WEIGHT, id="who keeps all it gets cannot ask for more"),
        pytest.param(512, 96, 300, 512, id="a light member with nearly its share stays light"),
        pytest.param(512, 80, 300, 640, id="a light member with too few keys becomes heavier"),
        pytest.param(512, 0, 300, FULL_WEIGHT, id="at once, when it has nothing"),
        pytest.param(1, 300, 300, 1, id="no member passes everything on"),
    ],
)
def test_when_a_weight_changes(weight: int, own: int, total: int, new: int) -> None:
    keys = [str(key) for key in KEYS[:own]]
    assert weight_for("me", {"me": weight, "b": FULL_WEIGHT, "c": FULL_WEIGHT}, keys, total) == new


def test_a_share_that_is_too_large_gives_up_what_is_above_half_the_tolerance() -> None:
    members = full("a", "b", "c")
    own = shares(members, [str(key) for key in KEYS])["a"][:130]
    weight = weight_for("a", members, own, 300)
    assert weight < FULL_WEIGHT
    kept = [key for key in own if owner_of(key, {**members, "a": weight}) == "a"]
    assert 103 <= len(kept) <= 105
