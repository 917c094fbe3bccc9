"""Whatever happens in whatever order, no key goes that no policy removes, and nobody else's key is touched.

A history is a list of steps: the provider answers otherwise, somebody edits the Secret, the manifest changes, the API
server fails, the operator restarts, time passes. After each step the controller runs, twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_operator.fetching.breaker import Limits
from secrets_operator.flow import SecretBytes
from secrets_operator.kube.errors import ServerError, Unreachable
from secrets_operator.provider import Absent, Answer, Failed, Found, Rejected
from tests.builders import external_secret
from tests.controller_world import World
from tests.field_managed_cluster import FieldManagedCluster

PLACE = ("team", "app")
OURS, FOREIGN = ("a", "b", "c"), ("x", "y")
POLICIES = [
    (creation, deletion)
    for creation in ("Owner", "Orphan", "CreateOrMerge", "Merge", "None")
    for deletion in ("Retain", "Merge", "Delete")
    if (deletion != "Delete" or creation == "Owner") and (creation, deletion) != ("None", "Merge")
]


@dataclass
class History:
    """The world, and what the manifest and everybody else say at the moment."""

    cluster: FieldManagedCluster = field(default_factory=lambda: FieldManagedCluster(manifest("Owner", "Retain", OURS)))
    foreign: dict[str, str] = field(default_factory=dict)
    entries: tuple[str, ...] = OURS
    deletion: str = "Retain"
    generation: int = 1
    tampered: dict[str, str | None] = field(default_factory=dict)
    """What somebody made of our keys in the present step."""

    def __post_init__(self) -> None:
        self.world = World(self.cluster)
        self.world.provider.holds(**{key: f"{key}-0" for key in OURS})

    @property
    def data(self) -> dict[str, str]:
        return self.cluster.data(*PLACE) or {}

    def answers(self, key: str, answer: Answer) -> None:
        self.world.provider.remote[key] = answer

    def changes(self, policies: tuple[str, str], entries: tuple[str, ...]) -> None:
        creation, self.deletion = policies
        self.entries = entries
        self.generation += 1
        status = self.cluster.objects["ExternalSecret", *PLACE].get("status")
        made = manifest(creation, self.deletion, entries, generation=self.generation)
        self.cluster.put({**made, **({"status": status} if status else {})})

    def adds(self, key: str, value: str) -> None:
        self.foreign[key] = value
        self.cluster.edit(*PLACE, lambda data: data.update({key: value}), manager="kubectl-edit")

    def removes(self, key: str) -> None:
        if self.foreign.pop(key, None) is not None:
            self.cluster.edit(*PLACE, lambda data: data.pop(key, None), manager="kubectl-edit")

    def tampers(self, key: str, value: str | None) -> None:
        if key in self.data:
            self.tampered[key] = value

            def change(data: dict[str, str]) -> None:
                data.pop(key) if value is None else data.update({key: value})

            self.cluster.edit(*PLACE, change, manager="kubectl-edit")

    def fails(self, call: str) -> None:
        error = Unreachable("away", code=0) if call == "apply Secret" else ServerError("overloaded", code=500)
        self.cluster.failures[call] = [error]

    def restarts(self) -> None:
        self.world.start()

    def waits(self, seconds: float) -> None:
        self.world.clock.pass_by(seconds)

    def may_go(self, key: str) -> bool:
        """Tell whether a policy, the manifest or a person removes one of our keys."""
        gone_remotely = isinstance(self.world.provider.remote.get(key, Absent()), Absent) and self.deletion != "Retain"
        return key not in self.entries or gone_remotely or (key in self.tampered and self.tampered[key] is None)

    def may_be(self, key: str, value: str, before: str | None) -> bool:
        """Tell whether a key of ours may have a value: the last good one, the provider's, or a person's."""
        answer = self.world.provider.remote.get(key)
        given = answer.payload.reveal().decode() if isinstance(answer, Found) else None
        return value in (before, given, self.tampered.get(key))


def manifest(creation: str, deletion: str, entries: tuple[str, ...], *, generation: int = 1) -> dict[str, object]:
    data = [{"secretKey": key, "remoteRef": {"key": key}} for key in entries]
    target = {"creationPolicy": creation, "deletionPolicy": deletion}
    return external_secret(spec={"data": data, "target": target}, generation=generation)


Step = Callable[[History], None]


def step(method: Callable[..., None], *arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    """Return steps that call ``method`` of a history, shown by its name and arguments."""
    return st.tuples(*arguments).map(lambda given: Call(method, given))


@dataclass(frozen=True)
class Call:
    method: Callable[..., None]
    arguments: tuple[object, ...]

    def __call__(self, history: History) -> None:
        self.method(history, *self.arguments)

    def __repr__(self) -> str:
        return f"{self.method.__name__}{self.arguments}"


VALUES = st.sampled_from(["1", "2", "3"])
ANSWERS = st.one_of(
    VALUES.map(lambda value: Found(SecretBytes(value.encode()))),
    st.sampled_from([Absent(), Failed("throttled"), Rejected("denied")]),
)
ENTRIES = st.lists(st.sampled_from(OURS), min_size=1, unique=True).map(tuple)
STEPS = st.one_of(
    step(History.answers, st.sampled_from(OURS), ANSWERS),
    step(History.changes, st.sampled_from(POLICIES), ENTRIES),
    step(History.adds, st.sampled_from(FOREIGN), VALUES),
    step(History.removes, st.sampled_from(FOREIGN)),
    step(History.tampers, st.sampled_from(OURS), st.one_of(st.none(), VALUES)),
    step(History.fails, st.sampled_from(["apply Secret", "apply ExternalSecret/status", "get Secret"])),
    step(History.restarts),
    step(History.waits, st.sampled_from([10.0, 7300.0])),
)


async def play(steps: list[Step]) -> None:
    history = History()
    try:
        for taken in steps:
            await live_through(history, taken)
    finally:
        await history.world.sessions.close()
        history.world.blocking.close()


async def live_through(history: History, taken: Step) -> None:
    history.tampered.clear()
    before = dict(history.data)
    taken(history)
    await history.world.reconcile()
    check(history, before)
    history.cluster.failures.clear()
    await history.world.reconcile()
    check(history, before)
    for _ in range(Limits().failures if history.world.condition()[0] == "False" else 0):
        # A store that fails again and again is left alone from then on, which its readers are told once.
        await history.world.reconcile()
    settled, writes = dict(history.data), history.world.writes()
    await history.world.reconcile()
    assert history.data == settled
    assert history.world.writes() == writes, "nothing changed, so nothing is written"


def check(history: History, before: dict[str, str]) -> None:
    data = history.data
    assert {key: data.get(key) for key in history.foreign} == history.foreign, "nobody else's key is touched"
    lost = {key for key in before if key in OURS and key not in data}
    assert {key for key in lost if not history.may_go(key)} == set(), "no key goes that no policy removes"
    strange = {key for key in OURS if key in data and not history.may_be(key, data[key], before.get(key))}
    assert strange == set(), "a key has its last good value or the provider's"


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=12))
def test_no_key_is_lost_and_no_other_is_touched(steps: list[Step]) -> None:
    asyncio.run(play(steps))
