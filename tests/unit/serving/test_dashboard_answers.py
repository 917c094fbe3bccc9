"""The page over HTTP: who is let in, what is shown, and that no answer holds a value."""

from __future__ import annotations

import asyncio
import base64
from functools import partial
from typing import Any

import aiohttp
import pytest

from secrets_operator.flow import Object
from secrets_operator.kube.errors import Forbidden
from secrets_operator.planning.marks import external_secret_manager
from secrets_operator.planning.secret_state import OwnedFields, SecretState
from tests.builders import condition, external_secret, sealed_secret, store
from tests.page_world import GUARDED, PageWorld, page_world

CANARY = "canary-7f3a-value"
DETAIL = "/resource?kind=ExternalSecret&namespace=team&name=app"
RIGHTS = {
    "admin": {("*", "")},
    "tenant": {("*", "team")},
    "reader": {("externalsecrets", "")},
    "nobody": {("secretstores", "")},
}


def ready(name: str = "app", **more: Any) -> Object:
    return external_secret(name, status={"conditions": [condition("Ready", "True", reason="SecretSynced")]}, **more)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_every_answer_forbids_caching_framing_sniffing_and_foreign_scripts() -> None:
    async with page_world(ready()) as world:
        for path in ("/", DETAIL, "/static/dashboard.js", "/static/dashboard.css", "/none", "/?kind=x"):
            _, _, headers = await world.get(path)
            policy = headers["Content-Security-Policy"]
            assert headers["Cache-Control"] == "no-store", path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy, path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_there_is_nothing_but_reading(method: str) -> None:
    async with page_world(ready()) as world:
        assert (await world.get("/", method=method))[0] == 405
        assert (await world.get("/changes", method=method))[0] == 405


async def test_head_is_answered_like_get_without_a_body() -> None:
    async with page_world(ready()) as world:
        status, text, headers = await world.get("/", method="HEAD")
        assert (status, text) == (200, "")
        assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost:8090", 200, id="localhost"),
        pytest.param("127.0.0.1", 200, id="a loopback address"),
        pytest.param("[::1]:8090", 200, id="a loopback address of IPv6"),
        pytest.param("evil.example:8090", 403, id="the name of a web site that resolves to this machine"),
        pytest.param("10.0.0.1", 403, id="another address"),
    ],
)
async def test_on_localhost_no_token_is_needed_but_a_name_of_this_machine(host: str, status: int) -> None:
    async with page_world(ready()) as world:
        assert (await world.get("/", headers={"Host": host}))[0] == status


async def test_elsewhere_a_token_is_needed_for_everything_but_static_files() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        for path in ("/", DETAIL, "/changes", f"/resource/changes{DETAIL.removeprefix('/resource')}"):
            status, text, headers = await world.get(path)
            assert (status, "app" in text) == (401, False)
            assert headers["WWW-Authenticate"].startswith("Basic realm=")
        assert (await world.get("/static/dashboard.css"))[0] == 200
        assert (await world.get("/", headers=bearer("stranger")))[0] == 401
        assert (await world.get("/", headers=bearer("admin")))[0] == 200


async def test_a_browser_sends_the_token_as_a_password() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        login = base64.b64encode(b"me:admin").decode()
        assert (await world.get("/", headers={"Authorization": f"Basic {login}"}))[0] == 200
        for bad in ("Basic !!!", "Basic", "Digest x", "Bearer ", f"Basic {base64.b64encode(b'me').decode()}"):
            assert (await world.get("/", headers={"Authorization": bad}))[0] == 401, bad


async def test_what_a_visitor_may_not_list_is_left_out() -> None:
    async with page_world(ready(), store(), host=GUARDED, rights=RIGHTS) as world:
        _, everything, _ = await world.get("/", headers=bearer("admin"))
        _, some, _ = await world.get("/", headers=bearer("reader"))
        assert "row-SecretStore/team/store" in everything
        assert "row-ExternalSecret/team/app" in some
        assert "row-SecretStore/team/store" not in some
        place = "/resource?kind=SecretStore&namespace=team&name=store"
        assert (await world.get(place, headers=bearer("admin")))[0] == 200
        assert (await world.get(place, headers=bearer("reader")))[0] == 404


async def test_whoever_may_list_in_one_namespace_sees_that_one() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        assert (await world.get("/", headers=bearer("tenant")))[0] == 403
        assert (await world.get("/?namespace=team", headers=bearer("tenant")))[0] == 200
        assert (await world.get("/?namespace=other", headers=bearer("tenant")))[0] == 403
        assert (await world.get(DETAIL, headers=bearer("tenant")))[0] == 200
        assert (await world.get("/?namespace=team", headers=bearer("nobody")))[0] == 403


async def test_a_token_is_reviewed_once_in_half_a_minute_also_one_that_is_nobodys() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        for _ in range(3):
            await world.get("/", headers=bearer("admin"))
            await world.get("/", headers=bearer("stranger"))
        assert world.reviews.asked == 2
        world.clock.pass_by(31)
        await world.get("/", headers=bearer("admin"))
        assert world.reviews.asked == 3


async def test_whoever_tries_many_tokens_has_to_wait() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        codes = [(await world.get("/", headers=bearer(f"guess-{number}")))[0] for number in range(30)]
        assert codes[:21] == [401] * 21
        assert set(codes[21:]) == {429}


async def test_without_the_api_server_nobody_is_let_in() -> None:
    async with page_world(ready(), host=GUARDED, rights=RIGHTS) as world:
        world.reviews.is_down = True
        assert (await world.get("/", headers=bearer("admin")))[0] == 503


async def test_before_the_caches_are_there_it_says_so() -> None:
    world = await asyncio.to_thread(partial(PageWorld, host="127.0.0.1"))
    await world.start()
    assert (await world.get("/"))[:2] == (503, "the operator has not reached the API server yet\n")
    await world.dashboard.stop()


async def test_markup_in_names_and_messages_stays_text() -> None:
    evil = "<script>alert(1)</script>"
    made = external_secret(evil, status={"conditions": [condition("Ready", "False", message=f'"{evil}')]})
    async with page_world(made) as world:
        _, text, _ = await world.get(f"/?name={evil}")
        assert evil not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        status, text, _ = await world.get(f"/resource?kind=ExternalSecret&namespace=team&name={evil}")
        assert (status, evil in text) == (200, False)


async def test_a_query_that_makes_no_sense_says_what_would() -> None:
    async with page_world(ready()) as world:
        status, text, _ = await world.get("/?state=fine")
        assert (status, text) == (400, "state: is one of failing, waiting, ready, declared, foreign\n")


async def test_a_resource_that_is_not_there_is_404() -> None:
    async with page_world() as world:
        status, text, _ = await world.get(DETAIL)
        assert status == 404
        assert "There is no ExternalSecret team/app" in text


async def test_the_way_of_a_value_is_shown_to_its_consumers() -> None:
    async with page_world(ready(), store(spec={"provider": {"vault": {"auth": auth()}}})) as world:
        world.secrets["team", "app"] = live()
        world.cluster.listed = {"Deployment": [deployment()], "Event": [event()]}
        _, text, _ = await world.get(DETAIL)
        for shown in ("vault-token", "key token", "db", "password", "written by somebody-else", "checkout", "Created"):
            assert shown in text, shown
        assert "involvedObject.kind=ExternalSecret,involvedObject.name=app" in world.cluster.selectors


async def test_what_cannot_be_looked_up_is_said() -> None:
    async with page_world(ready()) as world:
        world.cluster.listed = {kind: Forbidden("no", code=403) for kind in ("Deployment", "Pod", "Event")}
        status, text, _ = await world.get(DETAIL)
        assert status == 200
        for kind in ("deployments", "pods", "events"):
            assert f"not looked up: the operator may not list {kind}" in text


async def test_the_operators_rights_are_not_lent_out() -> None:
    rights = {"reader": {("externalsecrets", "team")}}
    async with page_world(ready(), host=GUARDED, rights=rights) as world:
        world.cluster.listed = {"Deployment": [deployment()], "Event": [event()]}
        _, text, _ = await world.get(DETAIL, headers=bearer("reader"))
        assert "checkout" not in text
        assert "you may not list deployments" in text
        assert "you may not list Events in namespace team" in text
        assert not world.cluster.calls


async def test_looking_again_does_not_ask_again() -> None:
    async with page_world(ready()) as world:
        await world.get(DETAIL)
        await world.get(DETAIL)
        assert world.cluster.calls["list Pod"] == 1
        world.clock.pass_by(6)
        await world.get(DETAIL)
        assert world.cluster.calls["list Pod"] == 2


async def test_no_answer_holds_a_value() -> None:
    """Wherever a resource may hold a value: a fake store, a literal setting, a template, an environment, a Secret."""
    template = {"data": {"k": CANARY}, "metadata": {"annotations": {"a": CANARY}}}
    resources = (
        ready(spec={"target": {"template": template}}, annotations={"note": CANARY}),
        store(spec={"provider": {"fake": {"data": [{"key": "db", "value": CANARY}], "nested": {"tokenRef": CANARY}}}}),
        sealed_secret(template=template) | {"spec": {"encryptedData": {"password": CANARY}, "template": template}},
    )
    async with page_world(*resources) as world:
        world.secrets["team", "app"] = live()
        literal = {"name": "PASSWORD", "value": CANARY}
        world.cluster.listed = {"Deployment": [deployment(env=[literal])]}
        paths = ["/", DETAIL]
        paths += [f"/resource?kind={kind}&namespace=team&name=app" for kind in ("SealedSecret",)]
        paths += ["/resource?kind=SecretStore&namespace=team&name=store"]
        for path in paths:
            status, text, _ = await world.get(path)
            assert (status, CANARY in text) == (200, False), path


async def test_a_change_is_told_to_whom_it_concerns() -> None:
    async with (
        page_world(ready()) as world,
        aiohttp.ClientSession() as client,
        client.get(f"{world.url}/changes?namespace=team") as near,
        client.get(f"{world.url}/changes?namespace=far") as far,
    ):
        assert near.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        first = await _event(near)
        assert await _event(far) == first
        world.put(ready("other"))
        assert await _event(near) != first
        assert far.content.total_bytes == len(f"retry: 2000\nevent: change\ndata: {first}\n\n")
        assert "row-ExternalSecret/team/other" in (await world.get("/"))[1]


async def test_the_stream_of_a_resource_tells_of_its_stores_too() -> None:
    async with page_world(ready(), store()) as world, aiohttp.ClientSession() as client:
        place = f"{world.url}/resource/changes{DETAIL.removeprefix('/resource')}"
        async with client.get(place) as stream:
            first = await _event(stream)
            world.put(store(ready=False))
            assert await _event(stream) != first


async def test_more_than_a_hundred_readers_are_turned_away_and_one_that_leaves_makes_room() -> None:
    async with page_world(ready()) as world:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as client:
            streams = [await client.get(f"{world.url}/changes") for _ in range(100)]
            assert (await world.get("/changes"))[0] == 503
            streams[0].close()
            async with asyncio.timeout(10):
                while True:
                    async with client.get(f"{world.url}/changes") as answer:
                        if answer.status == 200:
                            break
            for stream in streams[1:]:
                stream.close()


async def test_open_streams_do_not_hold_up_the_end() -> None:
    async with aiohttp.ClientSession() as client:
        async with asyncio.timeout(10), page_world(ready()) as world:
            stream = await client.get(f"{world.url}/changes")
            await _event(stream)
        assert await stream.content.read() == b""


async def _event(stream: aiohttp.ClientResponse) -> str:
    async with asyncio.timeout(10):
        async for line in stream.content:
            if line.startswith(b"data: "):
                await stream.content.readline()
                return line[6:].strip().decode()
    raise AssertionError("the stream ended")


def auth() -> Object:
    return {"tokenSecretRef": {"name": "vault-token", "key": "token"}}


def live() -> SecretState:
    return SecretState(
        "app",
        "team",
        digests={"password": "d", "more": "e"},
        writers={"password": (external_secret_manager("app"),), "more": ("somebody-else",)},
        applied={external_secret_manager("app"): OwnedFields(data=frozenset({"password"}))},
    )


def deployment(**container: Any) -> Object:
    pod = {"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "app"}}], **container}]}
    return {"metadata": {"name": "checkout", "namespace": "team"}, "spec": {"template": {"spec": pod}}}


def event() -> Object:
    return {
        "metadata": {},
        "type": "Normal",
        "reason": "Created",
        "message": "m",
        "lastTimestamp": "2026-03-01T11:59:00Z",
    }
