"""Trouble in the middle of a push or a deletion: it is told, nothing is lost, and the next attempt goes through."""

from __future__ import annotations

from typing import Any

import pytest

from devvault import BodyFault, Fault
from secrets_operator.provider import Deleted, Failed, Pushed, Rejected, RemoteEntry, RetrySettings
from secrets_operator.provider.memory import push_of

ENTRY, OTHER = RemoteEntry("app/db", "pw"), RemoteEntry("app/db", "user")
READ, MARKING, WRITE = ("GET", "/data/"), ("POST", "/metadata/"), ("POST", "/data/")
REFUSED = {
    "throttled": {"status": 429, "headers": {"Retry-After": "7"}},
    "an error of the server": {"status": 500},
    "sealed": {"status": 503},
}
# The server has done what it was asked when its answer is lost.
LOST = {"the connection is reset": {"body": BodyFault.RESET}, "the answer breaks off": {"body": BodyFault.CUT}}


def cases(step: Any, name: str, troubles: dict[str, Any]) -> list[Any]:
    return [pytest.param(step, trouble, id=f"{name}: {what}") for what, trouble in troubles.items()]


async def push(session: Any, value: bytes, to: RemoteEntry = ENTRY) -> Any:
    return await session.pushing.push(push_of(to, {"k": value}, "k"))


async def kept(place: Any, mount: str) -> tuple[Any, int]:
    _, answer = await place.ask("GET", f"{mount}/data/app/db")
    return answer["data"]["data"], answer["data"]["metadata"]["version"]


@pytest.mark.parametrize(
    ("step", "trouble"),
    [
        *cases(READ, "reading", REFUSED | LOST),
        # The answer to a write of metadata has no body that could break off.
        *cases(MARKING, "marking", REFUSED | {"reset": LOST["the connection is reset"]}),
        *cases(WRITE, "writing", REFUSED | LOST),
    ],
)
async def test_trouble_at_any_step_costs_a_retry(
    *, place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any, step: Any, trouble: Any
) -> None:
    session = await open_session(spec)
    stand_in.add_fault(Fault(f"{step[1]}app/db$", method=step[0], **trouble))
    answer = await push(session, b"1")
    assert isinstance(answer, Failed)
    assert answer.after == (7.0 if trouble.get("status") == 429 else None)
    # Where the answer was lost on its way the value is there.
    assert isinstance(await push(session, b"1"), Pushed)
    assert await push(session, b"1") == Pushed(changed=False)
    assert await kept(place, kv2) == ({"pw": "1"}, 1)


@pytest.mark.parametrize(
    ("step", "trouble"),
    [
        *cases(READ, "reading", REFUSED | LOST | {"denied": {"status": 403}}),
        *cases(WRITE, "writing", REFUSED | {"denied": {"status": 403}}),
    ],
)
async def test_the_last_value_stays_through_trouble(
    *, place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any, step: Any, trouble: Any
) -> None:
    session = await open_session(spec)
    await push(session, b"1")
    await push(session, b"me", OTHER)
    stand_in.add_fault(Fault(f"{step[1]}app/db$", method=step[0], times=2, **trouble))
    answer = await push(session, b"2")
    assert isinstance(answer, Rejected if trouble.get("status") == 403 else Failed)
    stand_in.heal()
    assert await kept(place, kv2) == ({"pw": "1", "user": "me"}, 2)
    assert await push(session, b"2") == Pushed(changed=True)
    assert await kept(place, kv2) == ({"pw": "2", "user": "me"}, 3)


async def test_an_answer_that_is_no_json_is_none_of_vault(spec: Any, open_session: Any, stand_in: Any) -> None:
    session = await open_session(spec)
    await push(session, b"1")
    for act in (push(session, b"2"), session.pushing.exists(ENTRY), session.pushing.delete(ENTRY)):
        stand_in.add_fault(Fault("/data/app/db$", method="GET", body=BodyFault.INVALID))
        assert isinstance(await act, Failed)
    assert await push(session, b"1") == Pushed(changed=False)


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_trouble_while_deleting_leaves_it_whole(
    *, place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any, status: int
) -> None:
    session = await open_session(spec)
    await push(session, b"1")
    await push(session, b"me", OTHER)
    stand_in.add_fault(Fault("/data/app/db$", status, method="POST", times=2))
    assert not isinstance(await session.pushing.delete(ENTRY), Deleted)
    stand_in.heal()
    assert await kept(place, kv2) == ({"pw": "1", "user": "me"}, 2)
    assert await session.pushing.delete(ENTRY) == Deleted(changed=True)
    stand_in.add_fault(Fault("/metadata/app/db$", status, method="DELETE", times=2))
    assert not isinstance(await session.pushing.delete(OTHER), Deleted)
    stand_in.heal()
    assert await kept(place, kv2) == ({"user": "me"}, 3)
    assert await session.pushing.delete(OTHER) == Deleted(changed=True)
    assert await session.pushing.delete(OTHER) == Deleted(changed=False)


async def test_a_write_is_made_again_as_the_store_says(
    place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any
) -> None:
    session = await open_session(spec, retry=RetrySettings(2, 0.0))
    stand_in.add_fault(Fault("/data/app/db$", 503, method="POST", times=2))
    assert await push(session, b"1") == Pushed(changed=True)
    assert await kept(place, kv2) == ({"pw": "1"}, 1)


async def test_a_refusal_that_quotes_the_value_is_not_quoted(spec: Any, open_session: Any, stand_in: Any) -> None:
    session = await open_session(spec)
    stand_in.add_fault(Fault("/data/app/db$", 400, method="POST", errors=("no s3cret-1 and no 12.50 here",)))
    answer = await session.pushing.push(push_of(RemoteEntry("app/db"), {"k": b'{"a": ["s3cret-1", 12.50]}'}, "k"))
    assert isinstance(answer, Rejected)
    assert "(status 400: no *** and no *** here)" in answer.message


async def test_an_unchanged_push_reads_once_and_writes_nothing(spec: Any, open_session: Any, stand_in: Any) -> None:
    session = await open_session(spec)
    await push(session, b"1")
    before = len(stand_in.log.records)
    await push(session, b"1")
    assert [record.method for record in stand_in.log.records[before:]] == ["GET"]
