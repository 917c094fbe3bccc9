"""What an answer contributes to a Secret, or why it contributes nothing."""

import asyncio
from dataclasses import replace

import pytest

from secrets_operator.fetching.batching import Batcher, Finder
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.fetching.gather import gather, interpret
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.openings import OpenSession
from secrets_operator.fetching.pushes import Pushes
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Cause, Fetched, Miss, Query, Read, SecretBytes, Value
from secrets_operator.provider import Absent, Answer, Failed, FindAnswer, Found, Matches, Rejected, StoreIdentity
from secrets_operator.reporting.metrics import Metrics
from tests.builders import values
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider, ScriptedSession
from tests.shared_reading import share, store_calls

IDENTITY = StoreIdentity("SecretStore", "store", "team")
BLOCKING = Blocking(1)
OUTSIDE = Outside(Referents(MemoryCluster().client), BLOCKING, Metrics("1"))
HOST = StoreHost(IDENTITY, outside=OUTSIDE, calls=store_calls(BLOCKING))
SESSION = ScriptedSession(ScriptedProvider(), HOST)

WHOLE = Read("f", "db", secret_key="password")
PROPERTY = Read("f", "db", property="user", secret_key="password")
SPREAD = Read("f", "db")
VERSION = Read("f", "db", version="7", secret_key="password")
NAMED = Read("f", "", find=Query(name="^db"))
BELOW = Read("f", "", find=Query(path="team/", name="^db"))
TAGGED = Read("f", "", find=Query(tags=(("a", "b"),)))
MAPPING, PLAIN = Found(SecretBytes(b"user=u,password=p")), Found(SecretBytes(b"plain"))


@pytest.mark.parametrize(
    ("read", "answer", "expected"),
    [
        pytest.param(WHOLE, PLAIN, values(password="plain"), id="a whole value goes to its key"),
        pytest.param(PROPERTY, MAPPING, values(password="u"), id="a property goes to its key"),
        pytest.param(SPREAD, MAPPING, values(user="u", password="p"), id="an extract spreads"),
        pytest.param(PROPERTY, PLAIN, (Cause.REJECTED, "'db': the value is not a mapping"), id="nothing to pick from"),
        pytest.param(
            Read("f", "db", property="x", secret_key="a"),
            MAPPING,
            (Cause.REJECTED, "'db' has no property 'x'"),
            id="a property that is not there",
        ),
        pytest.param(SPREAD, PLAIN, (Cause.REJECTED, "'db': the value is not a mapping"), id="nothing to spread"),
        pytest.param(WHOLE, Absent(), (Cause.ABSENT, "'db' does not exist in the store"), id="absent"),
        pytest.param(
            VERSION, Absent(), (Cause.ABSENT, "'db' (version 7) does not exist in the store"), id="an absent version"
        ),
        pytest.param(WHOLE, Failed("throttled"), (Cause.FAILED, "'db' could not be read: throttled"), id="failed"),
        pytest.param(NAMED, Matches(values(db="1", dbs="2")), values(db="1", dbs="2"), id="matches are the data"),
        pytest.param(NAMED, Matches({}), {}, id="no match is no data, and no miss"),
        pytest.param(BELOW, Absent(), (Cause.ABSENT, "path 'team/' does not exist in the store"), id="an absent path"),
        pytest.param(
            NAMED, Failed("busy"), (Cause.FAILED, "the query for '^db' could not be read: busy"), id="a failed query"
        ),
        pytest.param(TAGGED, Rejected("no"), (Cause.REJECTED, "the query was refused: no"), id="a rejected query"),
        pytest.param(WHOLE, Rejected("denied"), (Cause.REJECTED, "'db' was refused: denied"), id="rejected"),
    ],
)
def test_interpret(
    read: Read, answer: Answer | FindAnswer, expected: dict[str, SecretBytes] | tuple[Cause, str]
) -> None:
    made = Value(read, expected) if isinstance(expected, dict) else Miss(read, *expected)
    assert interpret(read, answer, SESSION) == made


def test_a_wait_and_a_refused_credential_are_passed_on() -> None:
    failed, rejected = interpret(WHOLE, Failed("x", after=9), SESSION), interpret(WHOLE, Rejected("x", True), SESSION)
    assert isinstance(failed, Miss)
    assert isinstance(rejected, Miss)
    assert (failed.after, failed.credentials, rejected.after, rejected.credentials) == (9, False, None, True)


def open_session(session: ScriptedSession) -> OpenSession:
    kept = share()
    pushes = Pushes(None, GuardedCalls(Breaker(now=float)), kept, lambda asked: asked)
    return OpenSession(session, Batcher(session.fetch, kept), Finder(session.find, kept), pushes, HOST)


async def test_all_reads_of_a_resource_share_one_call_and_keep_their_order() -> None:
    session = ScriptedSession(ScriptedProvider(), HOST)
    session.provider.holds(a="1", c="3")
    reads = [Read(f"f{index}", key, secret_key=f"k{index}") for index, key in enumerate("cbac")]
    fetched = await gather(reads, open_session(session), since=0)
    assert fetched == Fetched(
        read_at=fetched.read_at,
        values=(
            Value(reads[0], values(k0="3")),
            Value(reads[2], values(k2="1")),
            Value(reads[3], values(k3="3")),
        ),
        misses=(Miss(reads[1], Cause.ABSENT, "'b' does not exist in the store"),),
    )
    assert [[reference.key for reference in call] for call in session.provider.fetched] == [["c", "b", "a"]]


async def test_queries_stand_among_the_reads_and_equal_ones_are_asked_once() -> None:
    session = ScriptedSession(ScriptedProvider(), HOST)
    session.provider.holds(a="1")
    session.provider.matches[Query(name="^db")] = Matches(values(db="2"))
    reads = [NAMED, Read("g", "a", secret_key="k"), Read("h", "", find=Query(name="^db"))]
    fetched = await gather(reads, open_session(session), since=0)
    found = values(db="2")
    assert fetched.values == (Value(reads[0], found), Value(reads[1], values(k="1")), Value(reads[2], found))
    assert session.provider.found == [Query(name="^db")]


@pytest.mark.parametrize(("per_reader", "reads"), [(True, 3), (False, 1)])
async def test_readers_are_told_apart_only_where_the_provider_asks_for_them(per_reader: bool, reads: int) -> None:
    session = ScriptedSession(ScriptedProvider(), HOST)
    opened = replace(open_session(session), per_reader=per_reader)
    entries = [Read("a", "k", property="p", secret_key="a"), Read("b", "k", property="q", secret_key="b")]
    await asyncio.gather(gather(entries, opened, 0, "one"), gather(entries[:1], opened, 0, "two"))
    asked = {(reference.property, reference.namespace) for call in session.provider.fetched for reference in call}
    assert asked == ({("p", "one"), ("q", "one"), ("p", "two")} if per_reader else {("", "")})
    assert sum(map(len, session.provider.fetched)) == reads
