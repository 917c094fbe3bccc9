"""The admission controller on in-memory twins: verdicts by the controllers' code, and what lets a request through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from secrets_operator.controllers.admission import Admission, Judges
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Key, Object
from secrets_operator.planning.admission import Review, Verdict
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.fake import PROVIDER
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.settings import Settings
from tests.builders import cluster_external_secret, cluster_push_secret, external_secret, push_secret, store
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.sealing_data import other_key, sealed_secret, small_key

DENIED = "using ClusterSecretStore shared from namespace team is denied by its conditions"
SHARED = {"secretStoreRef": {"name": "shared", "kind": "ClusterSecretStore"}}


class World:
    """One admission controller, its stores and its keys."""

    def __init__(self) -> None:
        self.blocking = Blocking(1)
        self.keys: tuple[SealingKey, ...] = (small_key(),)
        self.stores: dict[Key, Object] = {}
        self.denials: list[str | Exception] = []
        self.operations = 0

    def admission(self, settings: Settings | None = None, *, seconds: float = 30.0) -> Admission:
        templates = TemplateRendering(Referents(MemoryCluster().client), self.blocking, HandClock())
        judges = Judges(
            sources=self.stores.get,
            denial=self.denial,
            providers=Providers.from_mapping({"fake": PROVIDER}),
            templates=templates,
            unsealer=Unsealer(
                lambda: Keyring(self.keys, operated=self.operated), decrypting=self.blocking, templates=templates
            ),
        )
        return Admission(settings or Settings(), judges, blocking=self.blocking, seconds=seconds)

    def operated(self) -> None:
        self.operations += 1

    async def denial(self, _store: Object, _namespace: str) -> str:
        answer = self.denials.pop(0) if self.denials else ""
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def create(self, resource: Object) -> Verdict:
        return await self.admission().answer(Review("CREATE", resource))

    async def update(self, new: Object, old: Object) -> Verdict:
        return await self.admission().answer(Review("UPDATE", new, old))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.blocking.close()


def templated(**data: str) -> Object:
    return external_secret(spec={"target": {"template": {"data": data}}})


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(external_secret(), id="an ExternalSecret whose store is not there yet"),
        pytest.param(templated(url="{{ .password }}"), id="a template that parses"),
        pytest.param(sealed_secret({"k": "v"}, template={"data": {"url": "{{ .k }}"}}), id="a SealedSecret that opens"),
        pytest.param({"kind": "Widget", "metadata": {"name": "w"}, "spec": {}}, id="a kind of somebody else"),
    ],
)
async def test_what_works_is_let_through_in_silence(world: World, resource: Object) -> None:
    assert await world.create(resource) == Verdict()


@pytest.mark.parametrize(
    ("resource", "says"),
    [
        pytest.param(templated(a="{{ .x", b="{{ end }}"), "data[b]:1:", id="every template that does not parse"),
        pytest.param(
            external_secret(
                spec={"dataFrom": [{"extract": {"key": "k"}, "rewrite": [{"transform": {"template": "{{"}}]}]}
            ),
            "spec.dataFrom[0].rewrite[0].transform.template",
            id="a template that renames keys",
        ),
        pytest.param(
            cluster_external_secret(
                spec={
                    "externalSecretSpec": {
                        **SHARED,
                        "dataFrom": [{"extract": {"key": "k"}}],
                        "target": {"template": {"templateFrom": [{"literal": "{{ nothing }}"}]}},
                    }
                }
            ),
            "spec.externalSecretSpec.target.template.templateFrom[0].literal",
            id="a template of children",
        ),
        pytest.param(
            push_secret(spec={"data": [{"match": {"remoteRef": {"remoteKey": ""}}}]}),
            "spec.data[0].match.remoteRef.remoteKey",
            id="a place without a name",
        ),
        pytest.param(
            push_secret(spec={"template": {"data": {"t": "{{"}}}), "spec.template.data[t]", id="a template of a push"
        ),
        pytest.param(
            push_secret(
                spec={"dataTo": [{"storeRef": {"name": "store"}, "rewrite": [{"transform": {"template": "{{"}}]}]}
            ),
            "spec.dataTo[0].rewrite[0].transform.template",
            id="a template that names remote keys",
        ),
        pytest.param(
            cluster_push_secret(
                spec={
                    "pushSecretSpec": {
                        "secretStoreRefs": [{"name": "store"}],
                        "selector": {"secret": {"name": "db"}},
                        "template": {"data": {"t": "{{"}},
                    }
                }
            ),
            "spec.pushSecretSpec.template.data[t]",
            id="a template of pushing children",
        ),
        pytest.param(
            store(spec={"provider": {"fake": {"data": [{"key": "k"}], "nonsense": 1}}}),
            "spec.provider.fake.nonsense: unknown field",
            id="what a provider does not know",
        ),
        pytest.param(
            {**sealed_secret({"k": "v"}), "metadata": {"name": "other", "namespace": "team"}},
            "for another name or namespace",
            id="a SealedSecret under another name",
        ),
        pytest.param(
            {**sealed_secret({"k": "v"}), "metadata": {"name": "app", "namespace": "other"}},
            "for another name or namespace",
            id="a SealedSecret in another namespace",
        ),
        pytest.param(sealed_secret({"k": "v"}, key=other_key()), "(k)", id="a key that is not here"),
        pytest.param(sealed_secret({"k": "v"}, template={"data": {"t": "{{"}}), "(t)", id="a template beside values"),
    ],
)
async def test_what_cannot_work_is_refused(world: World, resource: Object, says: str) -> None:
    assert says in (await world.create(resource)).refusal


@pytest.mark.parametrize(
    "resource",
    [external_secret(spec=SHARED), push_secret(spec={"secretStoreRefs": [SHARED["secretStoreRef"]]})],
    ids=["ExternalSecret", "PushSecret"],
)
async def test_a_store_that_is_closed_to_the_namespace_is_refused(world: World, resource: Object) -> None:
    world.stores[Key("ClusterSecretStore", "", "shared")] = store("shared", "")
    world.denials = [DENIED]
    assert await world.create(resource) == Verdict(DENIED)


async def test_resources_of_another_controller_class_are_not_judged(world: World) -> None:
    other = {"controller": "other", "provider": {"fake": {"nonsense": 1}}}
    world.stores[Key("ClusterSecretStore", "", "shared")] = store("shared", "", spec=other)
    assert await world.create(store(spec=other)) == Verdict()
    assert await world.create(external_secret(spec={**SHARED, "data": []})) == Verdict()
    # What its entries read from is ours, and the one it names for the others is not.
    own = {"secretKey": "k", "remoteRef": {"key": "k"}, "sourceRef": {"storeRef": {"name": "own"}}}
    broken = {"target": {"template": {"data": {"a": "{{"}}}, "data": [own]}
    assert await world.create(external_secret(spec={**SHARED, **broken})) == Verdict()
    # An entry reads from the other's, and nothing else of it can be read.
    entry = {"sourceRef": {"storeRef": SHARED["secretStoreRef"]}}
    assert await world.create(external_secret(spec={"refreshInterval": "soon", "data": [entry]})) == Verdict()
    # A generator has a class too.
    reference = {"kind": "Password", "name": "made"}
    world.stores[Key("Password", "team", "made")] = {"kind": "Password", "spec": {"controller": "other"}}
    made = {"refreshInterval": "soon", "dataFrom": [{"sourceRef": {"generatorRef": reference}}]}
    assert await world.create(external_secret(spec=made)) == Verdict()
    assert not (await world.create(external_secret(spec=broken))).allowed
    pushing = {"secretStoreRefs": [SHARED["secretStoreRef"]], "template": {"data": {"t": "{{"}}}
    assert await world.create(push_secret(spec=pushing)) == Verdict()
    pushing["secretStoreRefs"] = [SHARED["secretStoreRef"], {"name": "own"}]
    assert not (await world.create(push_secret(spec=pushing))).allowed
    inner = {"externalSecretSpec": {**SHARED, "target": {"template": {"data": {"a": "{{"}}}}}
    assert await world.create(cluster_external_secret(spec=inner)) == Verdict()


@pytest.mark.parametrize(
    ("off", "resource"),
    [
        ("external_secrets", external_secret(spec={"data": [{}]})),
        ("external_secrets", store(spec={"provider": {"fake": {"nonsense": 1}}})),
        ("cluster_external_secrets", cluster_external_secret(spec={})),
        ("push_secrets", push_secret(spec={"secretStoreRefs": [{}]})),
        ("cluster_push_secrets", cluster_push_secret(spec={"refreshTime": "1d"})),
        ("sealed_secrets", sealed_secret({"k": "v"}, key=other_key())),
    ],
    ids=["ExternalSecret", "SecretStore", "ClusterExternalSecret", "PushSecret", "ClusterPushSecret", "SealedSecret"],
)
async def test_kinds_that_are_turned_off_are_let_through(world: World, off: str, resource: Object) -> None:
    assert not (await world.create(resource)).allowed
    admission = world.admission(Settings(**{off: False}))  # type: ignore[arg-type] # these are all booleans
    assert await admission.answer(Review("CREATE", resource)) == Verdict()


async def test_a_provider_that_is_not_installed_is_a_warning(world: World) -> None:
    verdict = await world.create(store(spec={"provider": {"vault": {"server": "https://v"}}}))
    assert verdict.allowed
    assert "provider vault is not installed" in verdict.warnings[0]


async def test_without_a_sealing_key_nothing_is_said_against_ciphertext(world: World) -> None:
    world.keys = ()
    assert (await world.create(sealed_secret({"k": "v"}))).allowed
    assert world.operations == 0


async def test_one_of_two_problems_may_be_mended_alone(world: World) -> None:
    verdict = await world.update(templated(a="{{ .x", b="ok"), templated(a="{{ .x", b="{{ end }}"))
    assert (verdict.allowed, verdict.outcome) == (True, "allowed")
    assert "still to be mended" in verdict.warnings[0]
    assert not (await world.update(templated(a="{{ .x", c="{{"), templated(a="{{ .x"))).allowed


async def test_a_value_that_never_opened_does_not_refuse_another_that_does(world: World) -> None:
    old = sealed_secret({"bad": "v"}, key=other_key())
    new = {**old, "spec": {"encryptedData": {**old["spec"]["encryptedData"], **good()}}}
    assert (await world.update(new, old)).allowed
    assert not (await world.update(old, new | {"spec": {"encryptedData": good()}})).allowed


def good() -> dict[str, Any]:
    encrypted: dict[str, Any] = sealed_secret({"good": "v"})["spec"]["encryptedData"]
    return encrypted


async def test_trouble_with_the_api_server_lets_a_request_through(world: World) -> None:
    world.stores[Key("ClusterSecretStore", "", "shared")] = store("shared", "")
    world.denials = [Retryable("the API server does not answer")]
    verdict = await world.create(external_secret(spec=SHARED))
    assert (verdict.allowed, verdict.outcome) == (True, "unjudged")
    assert "the API server does not answer" in verdict.warnings[0]


async def test_what_cannot_be_judged_in_time_is_let_through_and_the_work_ends(world: World) -> None:
    """The only thread is held: the review waits for it until its time is up."""
    release = threading.Event()
    holding = asyncio.ensure_future(world.blocking.run(release.wait))
    await asyncio.sleep(0)
    verdict = await world.admission(seconds=0.05).answer(Review("CREATE", sealed_secret({"k": "v"})))
    assert (verdict.allowed, verdict.outcome) == (True, "unjudged")
    assert "busy" in verdict.warnings[0]
    release.set()
    await holding
    await world.blocking.run(lambda: None)
    assert world.operations == 0, "nobody waits for the values any more"


async def test_more_reviews_than_can_be_judged_are_let_through(world: World) -> None:
    release = threading.Event()
    holding = asyncio.ensure_future(world.blocking.run(release.wait))
    admission = world.admission()
    reviews = [asyncio.ensure_future(admission.answer(Review("CREATE", templated(a="{{")))) for _ in range(64)]
    await asyncio.sleep(0)
    one_more = await admission.answer(Review("CREATE", templated(a="{{")))
    assert (one_more.allowed, one_more.outcome, len(one_more.warnings)) == (True, "unjudged", 1)
    release.set()
    await holding
    assert {verdict.outcome for verdict in await asyncio.gather(*reviews)} == {"refused"}
