"""Who is a member: leases count by when they were seen to change, never by the times in them."""

from __future__ import annotations

import pytest

from secrets_operator.planning.roster import LeaseRecord, Roster, lease_record
from secrets_operator.planning.sharing import FULL_WEIGHT
from secrets_operator.resources.labels import WEIGHT_ANNOTATION

ME, OTHER, THIRD = "me", "other", "third"
SECONDS, PATIENCE = 15.0, 10.0


def renewed(number: float, seconds: float = SECONDS) -> LeaseRecord:
    """A lease in its ``number``-th state."""
    return LeaseRecord(f"holder {number}", seconds, f"{number}")


def roster(*sightings: tuple[str, float]) -> Roster:
    """A roster that saw these leases change at these times."""
    made = Roster(ME, patience=PATIENCE)
    for name, at in sightings:
        made.saw(name, renewed(at), at)
    return made


@pytest.mark.parametrize(
    ("sightings", "now", "live"),
    [
        pytest.param([], 0.0, set(), id="nobody is seen"),
        pytest.param([(OTHER, 0.0)], 0.0, set(), id="others are none of our business before we are in"),
        pytest.param([(ME, 0.0)], 0.0, {ME}, id="alone"),
        pytest.param([(OTHER, 0.0), (ME, 1.0)], 1.0, {ME, OTHER}, id="whoever has a lease lives when we come"),
        pytest.param([(ME, 0.0), (OTHER, 0.0), (ME, 14.0)], 14.9, {ME, OTHER}, id="a lease lasts for its duration"),
        pytest.param([(ME, 0.0), (OTHER, 0.0), *((ME, at) for at in (4.0, 8.0, 12.0))], 15.0, {ME}, id="and no longer"),
        pytest.param(
            [(ME, 0.0), (OTHER, 0.0), *((ME, at) for at in (4.0, 8.0))],
            18.5,
            {ME, OTHER},
            id="a watch that does not even show our own renewals is no evidence against others",
        ),
        pytest.param(
            [(ME, 0.0), (OTHER, 0.0), (ME, 20.0)],
            20.0,
            {ME, OTHER},
            id="when it shows ours again, theirs may be on the way",
        ),
        pytest.param(
            [(ME, 0.0), (OTHER, 0.0), *((ME, at) for at in (20.0, 25.0, 30.0, 35.0))],
            35.0,
            {ME},
            id="but not for ever",
        ),
        pytest.param(
            [(ME, 0.0), (OTHER, 0.0), (ME, 5.0), (OTHER, 9.0), (ME, 14.0), (ME, 20.0)],
            20.0,
            {ME, OTHER},
            id="each renewal counts anew",
        ),
    ],
)
def test_who_lives(sightings: list[tuple[str, float]], now: float, live: set[str]) -> None:
    assert roster(*sightings).live(now).keys() == live


def test_an_event_that_renews_nothing_is_no_sign_of_life() -> None:
    seen = roster((ME, 0.0), (OTHER, 0.0))
    for at in (5.0, 10.0, 14.0):
        seen.saw(ME, renewed(at), at)
        seen.saw(OTHER, LeaseRecord("holder 0.0", SECONDS, f"edited {at}"), at)
    assert seen.live(15.0).keys() == {ME}
    assert seen.expired(15.0) == {OTHER: "edited 14.0"}


def test_who_leaves_is_gone_at_once_and_remembered_by_its_last_sign_of_life() -> None:
    seen = roster((ME, 0.0), (OTHER, 1.0), (THIRD, 1.0))
    seen.gone(OTHER, 3.0)
    assert seen.live(3.0).keys() == {ME, THIRD}
    assert (seen.last_seen(OTHER), seen.last_seen(THIRD), seen.last_seen("stranger")) == (1.0, 1.0, None)


def test_who_was_out_is_in_again_only_when_its_renewal_is_seen() -> None:
    seen = roster((ME, 0.0), (OTHER, 0.0))
    seen.out()
    assert seen.live(1.0) == {}
    seen.saw(OTHER, renewed(30.0), 30.0)
    assert seen.live(30.0) == {}
    seen.saw(ME, renewed(31.0), 31.0)
    assert seen.live(31.0).keys() == {ME, OTHER}


def test_who_comes_back_gives_all_others_the_time_of_a_lease() -> None:
    seen = roster((ME, 0.0), (OTHER, 0.0))
    seen.out()
    seen.saw(ME, renewed(20.0), 20.0)
    assert seen.live(20.0).keys() == {ME, OTHER}
    for at in (24.0, 28.0, 32.0):
        seen.saw(ME, renewed(at), at)
    assert seen.live(35.0).keys() == {ME}


def test_a_lease_that_somebody_deletes_is_no_lease() -> None:
    seen = roster((ME, 0.0), (OTHER, 0.0))
    seen.gone(ME, 1.0)
    assert seen.live(1.0) == {}


def test_the_next_lease_to_run_out_is_known() -> None:
    seen = roster((ME, 0.0), (OTHER, 4.0), (THIRD, 2.0))
    assert (seen.next_expiry(4.0), seen.next_expiry(17.0), seen.next_expiry(19.0)) == (17.0, 19.0, None)


def test_a_lease_without_a_spec_is_one_that_ran_out() -> None:
    assert lease_record({"metadata": {"name": "odd"}}) == LeaseRecord("None None", 0.0, "")


@pytest.mark.parametrize(
    ("annotations", "weight"),
    [
        pytest.param({}, FULL_WEIGHT, id="nothing is said"),
        pytest.param(None, FULL_WEIGHT, id="no annotations at all"),
        pytest.param({WEIGHT_ANNOTATION: "900"}, 900, id="a number"),
        pytest.param({WEIGHT_ANNOTATION: "0"}, 0, id="nothing is kept"),
        pytest.param({WEIGHT_ANNOTATION: "1025"}, FULL_WEIGHT, id="more than all"),
        pytest.param({WEIGHT_ANNOTATION: "-1"}, FULL_WEIGHT, id="less than nothing"),
        pytest.param({WEIGHT_ANNOTATION: "\u0663"}, FULL_WEIGHT, id="a digit that is none of ours"),
        pytest.param({WEIGHT_ANNOTATION: "9" * 5000}, FULL_WEIGHT, id="more digits than Python reads"),
    ],
)
def test_a_member_has_the_weight_that_its_lease_says(annotations: dict[str, str] | None, weight: int) -> None:
    record = lease_record({"metadata": {"name": ME, "annotations": annotations}, "spec": {"leaseDurationSeconds": 15}})
    seen = Roster(ME, patience=PATIENCE)
    seen.saw(ME, record, 0.0)
    assert seen.live(0.0) == {ME: weight}
