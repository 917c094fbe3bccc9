"""``/v1``: what kubeseal and pipelines are answered."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.scopes import Scope
from secrets_operator.sealing.unseal import unseal
from secrets_operator.serving.admission_control import AdmissionControl, Answering
from secrets_operator.serving.batch_verify import BatchVerify
from secrets_operator.serving.health import Health
from secrets_operator.serving.http import Address, HttpServer
from secrets_operator.serving.reviews import Reviews, User
from secrets_operator.serving.sealing_api import SealingApi
from secrets_operator.settings import Settings
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.sealing_data import other_key, sealed, sealed_secret, small_key

GOOD = sealed_secret({"a": "first", "b": "second"})
MOVED = {**GOOD, "metadata": {**GOOD["metadata"], "name": "moved"}}


# What the API server knows, and for whom.
TOKENS = ((b"valid", ""), (b"bound", "secrets-operator"))


class ScriptedReviews(Reviews):
    """Knows two tokens, whose user may write in the namespace ``team``."""

    def __init__(self) -> None:
        super().__init__(MemoryCluster().client)
        self.asked: list[str] = []
        self.is_down = False

    async def user(self, token: SecretBytes, *, audience: str = "") -> User | None:
        if self.is_down:
            raise Retryable("no answer")
        return User({"username": "jane"}) if (token.reveal(), audience) in TOKENS else None

    async def may_write_sealed_secrets(self, user: User, namespace: str) -> bool:
        self.asked.append(namespace)
        return user.attributes["username"] == "jane" and namespace == "team"


class World:
    """The API on a free port."""

    def __init__(self, settings: Settings) -> None:
        self.clock, self.reviews = HandClock(), ScriptedReviews()
        self.keyring = Keyring([small_key(), other_key()])
        self.blocking = Blocking(1)
        answering = Answering(self.blocking)
        api = SealingApi(
            lambda: self.keyring,
            certificate=self.certificate,
            answering=answering,
            clock=self.clock,
            batch=BatchVerify(lambda: self.keyring, answering=answering, reviews=self.reviews),
        )
        routes = api.routes(AdmissionControl(settings, self.clock.monotonic))
        self.server = HttpServer(Health(self.clock.monotonic), Metrics("1").take, routes=routes)
        self.url = ""

    def certificate(self) -> bytes | None:
        newest = self.keyring.newest
        return newest.certificate.public_bytes(Encoding.PEM) if newest and newest.certificate else None

    async def ask(
        self, path: str, body: object = b"", *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, self.url + path, data=data, headers=headers) as answer,
        ):
            return answer.status, await answer.read(), answer.headers

    async def batch(self, body: object, token: str = "valid") -> tuple[int, Any]:
        status, answer, headers = await self.ask("/v1/verify/batch", body, headers={"Authorization": f"Bearer {token}"})
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(answer)


async def served(settings: Settings) -> AsyncIterator[World]:
    made = World(settings)
    address = await made.server.start(Address("127.0.0.1", 0))
    made.url = f"http://{address.host}:{address.port}"
    yield made
    await made.server.stop()
    made.blocking.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async for made in served(Settings(sealing_requests_per_second=1000, sealing_requests_burst=1000)):
        yield made


@pytest.fixture
async def strict_world() -> AsyncIterator[World]:
    async for made in served(Settings()):
        yield made


async def test_the_certificate_is_that_of_the_newest_key(world: World) -> None:
    status, body, headers = await world.ask("/v1/cert.pem", method="GET")
    assert (status, headers["Content-Type"]) == (200, "application/x-pem-file")
    assert other_key().certificate is not None
    assert body == other_key().certificate.public_bytes(Encoding.PEM)  # type: ignore[union-attr]


async def test_without_a_key_the_answers_say_so(world: World) -> None:
    world.keyring = Keyring()
    says = b"cannot get certificate: there is no sealing key yet\n"
    assert (await world.ask("/v1/cert.pem", method="GET"))[:2] == (500, says)
    assert (await world.ask("/v1/verify", GOOD))[0] == 503
    assert (await world.ask("/v1/rotate", GOOD))[0] == 503


NOT_ONE = [
    pytest.param(b"", 500, id="nothing"),
    pytest.param(b"{", 500, id="no JSON"),
    pytest.param({**GOOD, "kind": "Secret"}, 500, id="another kind"),
    pytest.param({**GOOD, "apiVersion": None}, 500, id="no apiVersion"),
    pytest.param({**GOOD, "spec": []}, 500, id="no object in the spec"),
    pytest.param({**GOOD, "metadata": {"name": "app"}}, 500, id="no namespace though the scope is strict"),
    pytest.param({**GOOD, "spec": {}}, 409, id="no values"),
    pytest.param(MOVED, 409, id="another name"),
    pytest.param(
        sealed_secret({"a": "x"}, namespace="other") | {"metadata": GOOD["metadata"]}, 409, id="another place"
    ),
]


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])
@pytest.mark.parametrize(("body", "expected"), NOT_ONE)
async def test_what_does_not_open_and_what_is_none(world: World, path: str, body: object, expected: int) -> None:
    assert (await world.ask(path, body))[:2] == (expected, b"")


@pytest.mark.parametrize("scope", list(Scope))
async def test_what_opens_is_ok_without_a_body(world: World, scope: Scope) -> None:
    resource = sealed_secret({"a": "x"}, scope=scope)
    assert (await world.ask("/v1/verify", resource))[:2] == (200, b"")
    assert (await world.ask("/v1/verify", yaml.safe_dump(resource).encode()))[:2] == (200, b"")


async def test_a_cluster_wide_one_needs_no_namespace(world: World) -> None:
    resource = sealed_secret({"a": "x"}, scope=Scope.CLUSTER_WIDE)
    del resource["metadata"]["namespace"]
    assert (await world.ask("/v1/verify", resource))[0] == 200


async def test_several_documents_are_refused_by_verify_and_ignored_by_rotate(world: World) -> None:
    body = yaml.safe_dump_all([GOOD, MOVED]).encode()
    assert (await world.ask("/v1/verify", body))[0] == 500
    assert (await world.ask("/v1/rotate", body))[0] == 200


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])
async def test_no_template_is_ever_rendered(world: World, path: str) -> None:
    oracle = {"url": '{{ if hasPrefix "f" .a }}{{ fail "x" }}{{ end }}'}
    probe = {**GOOD, "spec": {**GOOD["spec"], "template": {"data": oracle}}}
    assert (await world.ask(path, probe))[0] == 200


async def test_the_rotated_one_is_whole_json_under_the_newest_key(world: World) -> None:
    status, body, headers = await world.ask("/v1/rotate", {**GOOD, "spec": {**GOOD["spec"], "template": {"type": "t"}}})
    made = json.loads(body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert (made["kind"], made["spec"]["template"]) == ("SealedSecret", {"type": "t"})
    unsealed = unseal(made, Keyring([other_key()]))
    assert {item: value.reveal() for item, value in unsealed.data.items()} == {"a": b"first", "b": b"second"}


async def test_large_bodies_are_refused(world: World) -> None:
    assert (await world.ask("/v1/verify", b"{" + b" " * 2_200_000))[0] == 413
    large_yaml = yaml.safe_dump(sealed_secret({"a": "x" * 300_000})).encode()
    assert (await world.ask("/v1/verify", large_yaml))[0] == 500


async def test_three_at_once_then_429_with_the_time_to_wait(strict_world: World) -> None:
    answers = [await strict_world.ask("/v1/verify", GOOD) for _ in range(4)]
    assert [answer[0] for answer in answers] == [200, 200, 200, 429]
    assert answers[3][1] == b"limit exceeded\n"
    assert answers[3][2]["Retry-After"] == "1"
    assert answers[0][2]["X-RateLimit-Limit"] == "3"
    other = await strict_world.ask("/v1/verify", GOOD, headers={"X-Forwarded-For": "10.0.0.1"})
    assert other[0] == 200


async def test_made_up_clients_share_a_limit_as_well(strict_world: World) -> None:
    statuses = [
        (await strict_world.ask("/v1/rotate", b"", headers={"X-Forwarded-For": f"10.0.0.{number}"}))[0]
        for number in range(31)
    ]
    assert statuses == [500] * 30 + [429]


async def test_a_batch_has_a_verdict_on_each_value_of_each_document(world: World) -> None:
    mixed = sealed_secret({"old": "x"})
    mixed["spec"]["encryptedData"] |= {
        "new": sealed(b"y", name="app", namespace="team", key=other_key()),
        "moved": sealed(b"y", name="app", namespace="team", scope=Scope.CLUSTER_WIDE),
    }
    foreign = sealed_secret({"a": "x"}, namespace="other")
    body = yaml.safe_dump_all([mixed, {"kind": "Secret", "apiVersion": "v1"}, foreign]).encode()
    status, answer = await world.batch(body)
    assert (status, answer["newestKey"]) == (200, other_key().fingerprint)
    first, second, third = answer["documents"]
    assert (first["index"], first["namespace"], first["name"], first["scope"]) == (1, "team", "app", "strict")
    assert not first["opens"]
    assert first["items"]["old"] == {"opens": True, "key": small_key().fingerprint}
    assert first["items"]["new"] == {"opens": True, "key": other_key().fingerprint}
    assert first["items"]["moved"]["reason"] == "ScopeMismatch"
    assert second == {"index": 2, "error": "document 2: no SealedSecret of bitnami.com/v1alpha1"}
    assert third["error"] == "forbidden: you may not create or update SealedSecrets in namespace other"
    assert "items" not in third
    assert world.reviews.asked == ["other", "team"]
    assert not {b"first", b"x", b"y"} & set(map(str.encode, _texts(answer)))


def _texts(answer: Any) -> list[str]:
    if isinstance(answer, dict):
        return [text for member in answer.values() for text in _texts(member)]
    if isinstance(answer, list):
        return [text for member in answer for text in _texts(member)]
    return [str(answer)]


async def test_a_batch_needs_a_token(world: World) -> None:
    assert (await world.batch(GOOD, token="other"))[0] == 401
    assert (await world.ask("/v1/verify/batch", GOOD))[0] == 401
    basic = base64.b64encode(b"a:b").decode()
    assert (await world.ask("/v1/verify/batch", GOOD, headers={"Authorization": f"Basic {basic}"}))[0] == 401
    for token in ("valid", "bound"):
        proxied = await world.ask("/v1/verify/batch", GOOD, headers={"X-Secrets-Operator-Token": token})
        assert proxied[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"---\n---\n"])
async def test_a_batch_without_documents_is_a_bad_request(world: World, body: bytes) -> None:
    assert (await world.batch(body))[0] == 400


async def test_a_batch_while_the_api_server_is_away_is_not_answered(world: World) -> None:
    world.reviews.is_down = True
    status, answer = await world.batch(GOOD)
    assert (status, answer["error"]) == (503, "the API server does not tell who may ask: no answer")


async def test_odd_metadata_is_an_error_of_its_document(world: World) -> None:
    odd: Object = {**GOOD, "metadata": {**GOOD["metadata"], "annotations": "x"}}
    status, answer = await world.batch(odd)
    assert status == 200
    assert answer["documents"][0]["error"] == "metadata.annotations: must be an object"
