"""Which change of the world queues which keys, and in which lane."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.desired import from_external_secret
from secrets_operator.planning.external_secret import Wanted, wanted
from secrets_operator.planning.sealed_secret import Content, desired
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.watching.cache import Change
from secrets_operator.watching.dependents import Dependents
from secrets_operator.watching.handlers import Handlers
from tests.builders import DIGESTER, external_secret, live, sealed_secret, store, values

APP, SEALED = Key("ExternalSecret", "team", "app"), Key("SealedSecret", "team", "app")
STORE, CLUSTER_STORE = Key("SecretStore", "team", "store"), Key("ClusterSecretStore", "", "store")
USES_CLUSTER_STORE = {"secretStoreRef": {"name": "store", "kind": "ClusterSecretStore"}}


class World:
    """Handlers with their queue and index."""

    def __init__(self) -> None:
        self.queue = WorkQueue(now=lambda: 0.0, group_of=lambda _: "")
        self.dependents = Dependents()
        self.handlers = Handlers(self.queue, self.dependents, DIGESTER)

    async def queued(self) -> dict[Key, Lane]:
        """Take everything out of the queue."""
        claims = [await self.queue.get() for _ in range(self.queue.depth().total())]
        for claim in claims:
            self.queue.done(claim)
        return {claim.key: claim.lane for claim in claims}


@pytest.fixture
def world() -> World:
    return World()


def change(old: Any, new: Any, *, namespace: str = "team", name: str = "app") -> Change[Any]:
    return Change(namespace, name, old, new)


OLD = external_secret(status={"refreshTime": "a"})
CHANGES = [
    pytest.param(None, OLD, True, id="it came"),
    pytest.param(OLD, None, True, id="it went"),
    pytest.param(OLD, external_secret(generation=2), True, id="its spec changed"),
    pytest.param(OLD, external_secret(annotations={"force-sync": "1"}), True, id="an annotation was added"),
    pytest.param(OLD, external_secret(labels={"a": "b"}), True, id="a label was added"),
    pytest.param(OLD, external_secret(uid="other"), True, id="it was deleted and applied again"),
    pytest.param(OLD, external_secret(deletionTimestamp="now"), True, id="it is on its way out"),
    pytest.param(OLD, external_secret(status={"refreshTime": "b"}), False, id="only its status changed"),
    pytest.param(OLD, external_secret(resourceVersion="2"), False, id="only its version changed"),
    pytest.param(OLD, external_secret(finalizers=["x/y"]), False, id="only its finalizers changed"),
]


@pytest.mark.parametrize(("old", "new", "queues"), CHANGES)
async def test_external_secret(world: World, old: Object | None, new: Object | None, *, queues: bool) -> None:
    world.handlers.external_secret(change(old, new))
    assert await world.queued() == ({APP: Lane.CHANGED} if queues else {})


@pytest.mark.parametrize(("old", "new", "queues"), CHANGES)
async def test_sealed_secret(world: World, old: Object | None, new: Object | None, *, queues: bool) -> None:
    world.handlers.sealed_secret(change(old, new))
    assert await world.queued() == ({SEALED: Lane.CHANGED} if queues else {})


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        pytest.param({}, STORE, id="a SecretStore of its namespace"),
        pytest.param(USES_CLUSTER_STORE, CLUSTER_STORE, id="a ClusterSecretStore of none"),
    ],
)
async def test_a_resource_depends_on_its_store_and_its_target(world: World, spec: Object, key: Key) -> None:
    world.handlers.external_secret(change(None, external_secret(spec={**spec, "target": {"name": "t"}})))
    assert (world.dependents.of(key), world.dependents.of(Key("Secret", "team", "t"))) == ((APP,), (APP,))
    world.handlers.external_secret(change(OLD, None))
    assert world.dependents.of(key) == ()


@pytest.mark.parametrize(
    ("spec", "dependents"),
    [
        pytest.param(USES_CLUSTER_STORE, (APP,), id="whose conditions look at it"),
        pytest.param({}, (), id="but not when its store is in that namespace itself"),
    ],
)
async def test_a_resource_depends_on_its_namespace_for_a_cluster_store(
    world: World, spec: Object, dependents: tuple[Key, ...]
) -> None:
    world.handlers.external_secret(change(None, external_secret(spec=spec)))
    assert world.dependents.of(Key("Namespace", "", "team")) == dependents


async def test_a_resource_without_store_depends_on_its_target_only(world: World) -> None:
    world.handlers.external_secret(change(None, external_secret(spec={"secretStoreRef": None})))
    assert (world.dependents.of(Key("Secret", "team", "app")), world.dependents.group_of(APP)) == ((APP,), "")


BOTH, DEPENDENTS, ITSELF, NOTHING = {STORE, APP}, {APP}, {STORE}, set[Key]()
READY = store()


@pytest.mark.parametrize(
    ("old", "new", "queued"),
    [
        pytest.param(None, READY, BOTH, id="it came -> itself and its dependents"),
        pytest.param(READY, None, BOTH, id="it went -> itself and its dependents"),
        pytest.param(READY, store(generation=2), BOTH, id="its spec changed -> itself and its dependents"),
        pytest.param(store(ready=None), READY, DEPENDENTS, id="it turned ready -> its dependents"),
        pytest.param(store(ready=False), READY, DEPENDENTS, id="it turned ready again -> its dependents"),
        pytest.param(READY, store(ready=False), DEPENDENTS, id="it failed -> its dependents"),
        pytest.param(READY, store(message="new words"), NOTHING, id="its message changed -> nothing"),
        pytest.param(READY, store(labels={"a": "b"}), ITSELF, id="a label was added -> itself"),
    ],
)
async def test_store(world: World, old: Object | None, new: Object | None, queued: set[Key]) -> None:
    world.handlers.external_secret(change(None, external_secret()))
    await world.queued()
    world.handlers.store("SecretStore")(change(old, new, name="store"))
    lanes = {STORE: Lane.CHANGED, APP: Lane.STORE}
    assert await world.queued() == {key: lanes[key] for key in queued}


def made_by(kind: str) -> Object:
    """Return what an ExternalSecret needs to say to have a generator of that kind."""
    entry = {"sourceRef": {"generatorRef": {"kind": kind, "name": "make"}}}
    return {"secretStoreRef": None, "data": [], "dataFrom": [entry]}


PASSWORD: Object = {"metadata": {"uid": "u"}, "spec": {"length": 20}}


@pytest.mark.parametrize(
    ("old", "new", "queues"),
    [
        pytest.param(None, PASSWORD, True, id="it came -> its users"),
        pytest.param(PASSWORD, {**PASSWORD, "spec": {"length": 21}}, True, id="its spec changed -> its users"),
        pytest.param(PASSWORD, {**PASSWORD, "metadata": {"uid": "v"}}, False, id="its metadata changed -> nothing"),
        pytest.param(PASSWORD, None, False, id="it went -> nothing, what it made stays"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        pytest.param("Password", Key("Password", "team", "make"), id="a generator of the namespace"),
        pytest.param("ClusterGenerator", Key("ClusterGenerator", "", "make"), id="a ClusterGenerator"),
    ],
)
async def test_generator(
    world: World, kind: str, key: Key, old: Object | None, new: Object | None, *, queues: bool
) -> None:
    world.handlers.external_secret(change(None, external_secret(spec=made_by(kind))))
    await world.queued()
    world.handlers.generator(kind)(change(old, new, namespace=key.namespace, name=key.name))
    assert await world.queued() == ({APP: Lane.STORE} if queues else {})
    assert world.dependents.group_of(APP) == str(key)


async def test_another_credential_of_a_store_brings_what_reads_from_it(world: World) -> None:
    world.handlers.external_secret(change(None, external_secret(spec=USES_CLUSTER_STORE)))
    await world.queued()
    world.handlers.credential_changed(STORE)
    assert await world.queued() == {}
    world.handlers.credential_changed(CLUSTER_STORE)
    assert await world.queued() == {APP: Lane.STORE}


async def test_a_store_brings_no_resource_of_another_store(world: World) -> None:
    world.handlers.external_secret(change(None, external_secret(spec=USES_CLUSTER_STORE)))
    await world.queued()
    world.handlers.store("SecretStore")(change(None, READY, name="store"))
    assert await world.queued() == {STORE: Lane.CHANGED}


def written_by_external_secret() -> SecretState:
    want = wanted(external_secret())
    assert isinstance(want, Wanted)
    return live(from_external_secret(external_secret(), want, values(password="p"), DIGESTER))


def written_by_sealed_secret() -> SecretState:
    content = Content(values(password="p"), {}, {"password": "SHA256:key"})
    return live(desired(sealed_secret(), content, None, DIGESTER))


def edited(state: SecretState) -> SecretState:
    return replace(state, digests={"password": DIGESTER.digest(b"hacked")})


BY_ES, BY_SS = written_by_external_secret(), written_by_sealed_secret()


@pytest.mark.parametrize(
    ("owner", "new", "queued"),
    [
        pytest.param(APP, BY_ES, {}, id="our own write -> nothing"),
        pytest.param(APP, replace(BY_ES, labels={**BY_ES.labels, "a": "b"}), {}, id="a foreign label -> nothing"),
        pytest.param(APP, edited(BY_ES), {APP: Lane.DRIFT}, id="a value changed -> its owner, as drift"),
        pytest.param(APP, None, {APP: Lane.DRIFT}, id="deleted -> its owner, as drift"),
        pytest.param(SEALED, BY_SS, {SEALED: Lane.DRIFT}, id="of a SealedSecret -> its owner, which compares"),
        pytest.param(SEALED, edited(BY_SS), {SEALED: Lane.DRIFT}, id="a sealed value changed -> its owner, as drift"),
        pytest.param(SEALED, None, {SEALED: Lane.DRIFT}, id="deleted -> its SealedSecret, as drift"),
    ],
)
async def test_secret(world: World, owner: Key, new: SecretState | None, queued: dict[Key, Lane]) -> None:
    world.dependents.file(owner, [Key("Secret", "team", "app")])
    world.handlers.secret(change(BY_ES, new))
    assert await world.queued() == queued


async def test_a_secret_nobody_asks_for_brings_no_work(world: World) -> None:
    world.handlers.secret(change(BY_ES, None))
    assert await world.queued() == {}


async def test_new_sealing_keys_bring_every_sealed_secret_first_what_is_not_synced(world: World) -> None:
    world.handlers.sealing_keys([sealed_secret(), sealed_secret("old", synced=True)])
    assert await world.queued() == {SEALED: Lane.CHANGED, Key("SealedSecret", "team", "old"): Lane.REFRESH}


@pytest.mark.parametrize(
    ("old", "new", "lane"),
    [
        pytest.param(None, sealed_secret(), Lane.CHANGED, id="never synced -> ahead"),
        pytest.param(None, sealed_secret(synced=False), Lane.CHANGED, id="failed before the start -> ahead"),
        pytest.param(
            None, sealed_secret(synced=True), Lane.REFRESH, id="synced before the start -> behind what is new"
        ),
        pytest.param(
            sealed_secret(synced=True), sealed_secret(synced=True, generation=2), Lane.CHANGED, id="changed -> ahead"
        ),
    ],
)
async def test_sealed_secrets_in_order_stand_behind_new_ones(
    world: World, old: Object | None, new: Object, lane: Lane
) -> None:
    world.handlers.sealed_secret(change(old, new))
    assert await world.queued() == {SEALED: lane}


async def test_the_secrets_of_sealed_secrets_found_at_the_start_bring_no_work(world: World) -> None:
    world.dependents.file(SEALED, [Key("Secret", "team", "app")])
    world.handlers.secret(change(None, BY_SS))
    assert await world.queued() == {}
    world.handlers.secret(change(None, edited(BY_SS)))
    assert await world.queued() == {SEALED: Lane.DRIFT}
