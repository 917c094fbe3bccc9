"""What is pushed to a fake store can be read from it, and stays its own."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found, Matches, Query, Reference, Rejected, pushing_of
from secrets_operator.provider.contract import StoreIdentity
from secrets_operator.provider.fake import FakeProvider, FakeSession
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.provider.push_contract import (
    Deleted,
    Present,
    Push,
    Pushed,
    PushedSecret,
    Pushing,
    RemoteEntry,
)

DATA = {"user": SecretBytes(b"u-19aa"), "password": SecretBytes(b"p-77c0")}
GIVEN = [{"key": "given", "value": "g-41ff", "version": "v1"}]


async def read_source(*_: str) -> SecretBytes:
    return SecretBytes(b"")


def what(key: str, member: str = "", *, of: str = "") -> Push:
    source = PushedSecret("team", "db", DATA, "Opaque", {}, {})
    return Push(RemoteEntry(key, member), of, source, {}, "team", read_source)


async def opened(
    provider: FakeProvider, kind: str = "SecretStore", namespace: str = "team"
) -> tuple[FakeSession, Pushing]:
    host = MemoryHost(StoreIdentity(kind, "store", namespace))
    session = await provider.open({"data": GIVEN}, host)
    pushing = pushing_of(session)
    assert pushing is not None
    return session, pushing


async def text(session: FakeSession, key: str, version: str = "") -> str:
    (answer,) = await session.fetch([Reference(key, version)])
    return answer.payload.reveal().decode() if isinstance(answer, Found) else type(answer).__name__


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        pytest.param([what("a", of="user")], "u-19aa", id="a key -> its value"),
        pytest.param([what("a")], '{"password":"p-77c0","user":"u-19aa"}', id="the whole Secret -> a JSON object"),
        pytest.param([what("a", "x.y", of="user")], '{"x.y":"u-19aa"}', id="a property -> a member, whatever its name"),
        pytest.param(
            [what("a", "x", of="user"), what("a", "y", of="password"), what("a", "x", of="password")],
            '{"x":"p-77c0","y":"p-77c0"}',
            id="several properties -> members of one object",
        ),
    ],
)
async def test_what_is_pushed_is_read(pushes: list[Push], expected: str) -> None:
    session, pushing = await opened(FakeProvider())
    assert await text(session, "a") == "Absent"
    for one in pushes:
        assert await pushing.push(one) == Pushed(changed=True)
    assert await pushing.push(pushes[-1]) == Pushed(changed=False)
    assert await text(session, "a") == expected
    assert await text(session, "a", "v1") == "Absent"
    assert await session.find(Query(name="^a$")) == Matches({"a": SecretBytes(expected.encode())})


async def test_what_the_store_holds_itself_is_there_and_is_neither_overwritten_nor_deleted() -> None:
    session, pushing = await opened(FakeProvider())
    assert await pushing.exists(RemoteEntry("given")) == Present()
    assert isinstance(await pushing.push(what("given", of="user")), Rejected)
    assert await pushing.delete(RemoteEntry("given")) == Deleted(changed=False)
    assert await text(session, "given", "v1") == "g-41ff"


async def test_a_property_of_what_is_no_object_is_refused() -> None:
    _, pushing = await opened(FakeProvider())
    await pushing.push(what("a", of="user"))
    assert isinstance(await pushing.push(what("a", "x", of="user")), Rejected)


async def test_a_property_goes_alone_and_the_last_one_with_its_secret() -> None:
    session, pushing = await opened(FakeProvider())
    for member in ("x", "y"):
        await pushing.push(what("a", member, of="user"))
    assert await pushing.delete(RemoteEntry("a", "z")) == Deleted(changed=False)
    assert await pushing.delete(RemoteEntry("a", "x")) == Deleted(changed=True)
    assert await pushing.exists(RemoteEntry("a", "x")) == Absent()
    assert await pushing.exists(RemoteEntry("a", "y")) == Present()
    assert await pushing.delete(RemoteEntry("a", "y")) == Deleted(changed=True)
    assert await text(session, "a") == "Absent"
    assert await pushing.delete(RemoteEntry("a")) == Deleted(changed=False)


@pytest.mark.parametrize(
    ("kind", "namespace", "expected"),
    [
        pytest.param("SecretStore", "team", "u-19aa", id="the same store opened anew -> what was pushed"),
        pytest.param("SecretStore", "other", "Absent", id="a namesake in another namespace -> nothing"),
        pytest.param("ClusterSecretStore", "team", "Absent", id="a cluster-wide namesake -> nothing"),
    ],
)
async def test_what_is_pushed_stays_with_its_store(kind: Any, namespace: str, expected: str) -> None:
    provider = FakeProvider()
    _, pushing = await opened(provider)
    await pushing.push(what("a", of="user"))
    session, _ = await opened(provider, kind, namespace)
    assert await text(session, "a") == expected


async def test_a_cluster_store_is_one_whoever_uses_it() -> None:
    provider = FakeProvider()
    _, pushing = await opened(provider, "ClusterSecretStore", "team")
    await pushing.push(what("a", of="user"))
    session, _ = await opened(provider, "ClusterSecretStore", "other")
    assert await text(session, "a") == "u-19aa"
