"""What is sent for a push, a question and a deletion, and what the answers mean."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web

from secrets_operator.provider import Absent, Deleted, Failed, Present, Pushed, Rejected, RemoteEntry
from secrets_operator.provider.memory import push_of

KEY = "app/db pw"
DATA = {"pw": b"v&1", "user": b"me"}
LOGIN = {"secrets": [{"name": "login", "secretRef": {"name": "login"}}]}


def spec(url: str, **fields: Any) -> dict[str, Any]:
    return {"url": url, **LOGIN, **fields}


@pytest.mark.parametrize(
    ("fields", "to", "secret_key", "sent"),
    [
        pytest.param(
            {"path": "/{{ .remoteRef.remoteKey }}"},
            RemoteEntry(KEY),
            "pw",
            ("POST", "/app%2Fdb+pw", b"v&1"),
            id="nothing but a URL -> the value as the body, the key escaped",
        ),
        pytest.param(
            {
                "path": "/x",
                "method": "PUT",
                "body": '{"{{ .remoteRef.secretKey }}":{{ index .remoteRef "app/db pw" | toJson }}}',
            },
            RemoteEntry(KEY),
            "pw",
            ("PUT", "/x", rb'{"pw":"v\u00261"}'),
            id="method and body -> as the store says",
        ),
        pytest.param(
            {"path": "/x", "body": "{{ .remoteRef.token }}"},
            RemoteEntry("token"),
            "pw",
            ("POST", "/x", b"v&1"),
            id="a plain key -> a name of its own",
        ),
        pytest.param(
            {"path": "/{{ .remoteRef.secretKey }}?v={{ .remoteRef.token }}"},
            RemoteEntry("token"),
            "pw",
            ("POST", "/pw?v=v%261", b"v&1"),
            id="the value in the URL -> escaped",
        ),
        pytest.param(
            {"path": "/x"},
            RemoteEntry("k"),
            "",
            ("POST", "/x", b'{"pw":"v&1","user":"me"}'),
            id="no key -> the whole as JSON",
        ),
        pytest.param(
            {"path": "/x{{ if .remoteRef.property }}/{{ .remoteRef.property }}{{ end }}"},
            RemoteEntry("k", "a/b"),
            "pw",
            ("POST", "/x/a%2Fb", b"v&1"),
            id="a property -> for the templates",
        ),
    ],
)
async def test_what_is_sent_for_a_push(
    *, api: Any, open_session: Any, fields: Any, to: RemoteEntry, secret_key: str, sent: Any
) -> None:
    others = {name: value for name, value in fields.items() if name != "path"}
    session = await open_session(
        spec(api.url + fields["path"], **others, headers={"Authorization": "Bearer {{ .login.token }}"})
    )
    api.says(b"", 201)
    assert await session.pushing.push(push_of(to, DATA, secret_key)) == Pushed(changed=True)
    ((method, raw_path, headers, body),) = api.asked
    assert (method, raw_path, body) == sent
    assert headers["Authorization"] == "Bearer t0ken-private"


URL = "/{{ or .remoteRef.remoteKey .remoteRef.key }}"


@pytest.mark.parametrize(
    ("act", "status", "expected", "sent"),
    [
        pytest.param("exists", 200, Present(), "GET", id="a question is a GET, whatever the method"),
        pytest.param("exists", 404, Absent(), "GET", id="a question that is answered no"),
        pytest.param("delete", 204, Deleted(changed=True), "DELETE", id="a deletion"),
        pytest.param("delete", 404, Deleted(changed=False), "DELETE", id="a deletion of nothing"),
    ],
)
async def test_questions_and_deletions(
    *, api: Any, open_session: Any, act: str, status: int, expected: Any, sent: str
) -> None:
    fields = {"method": "PUT", "body": "{{ .remoteRef.token }}", "headers": {"X-Login": "{{ .login.token }}"}}
    session = await open_session(spec(api.url + URL, **fields))
    api.says(b"", status)
    assert await getattr(session.pushing, act)(RemoteEntry(KEY)) == expected
    ((method, raw_path, headers, body),) = api.asked
    assert (method, raw_path, body, headers["X-Login"]) == (sent, "/app%2Fdb+pw", b"", "t0ken-private")


async def test_a_store_made_for_pushing_only_can_be_asked(api: Any, open_session: Any) -> None:
    session = await open_session(spec(api.url + "/{{ .remoteRef.remoteKey }}"))
    assert await session.pushing.exists(RemoteEntry("app")) == Present()
    assert api.asked[0][1] == "/app"


@pytest.mark.parametrize(
    ("path", "act"),
    [
        pytest.param("/{{ .remoteRef.key }}", "push", id="a push has no key"),
        pytest.param("/{{ .remoteRef.secretKey }}", "delete", id="a deletion has no secretKey"),
        pytest.param("/{{ .remoteRef.secretKey }}", "exists", id="nor has a question"),
    ],
)
async def test_nothing_is_sent_to_an_address_with_gaps(*, api: Any, open_session: Any, path: str, act: str) -> None:
    session = await open_session(spec(api.url + path))
    entry = RemoteEntry("app")
    given = push_of(entry, DATA, "pw") if act == "push" else entry
    answer = await getattr(session.pushing, act)(given)
    assert isinstance(answer, Rejected)
    assert answer.message.startswith("url: names something that is not there")
    assert api.asked == []


@pytest.mark.parametrize("act", ["push", "exists", "delete"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, Failed), (500, Failed), (503, Failed), (400, Rejected), (401, Rejected), (403, Rejected), (304, Rejected)],
)
async def test_trouble_is_told_without_a_value(
    *, api: Any, open_session: Any, act: str, status: int, kind: type[Failed | Rejected]
) -> None:
    session = await open_session(spec(api.url + URL))
    api.says(b"v&1", status, Retry_After="7")
    entry = RemoteEntry("app")
    answer = await getattr(session.pushing, act)(push_of(entry, DATA, "pw") if act == "push" else entry)
    assert isinstance(answer, kind)
    assert f"(status {status})" in answer.message
    assert "v&1" not in answer.message
    assert getattr(answer, "credentials", False) is (status == 401)
    assert getattr(answer, "after", 7.0) == 7.0


async def test_a_push_to_nowhere_is_not_absent(api: Any, open_session: Any) -> None:
    session = await open_session(spec(api.url + URL))
    api.says(b"", 404)
    assert isinstance(await session.pushing.push(push_of(RemoteEntry("app"), DATA, "pw")), Rejected)


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("act", ["push", "delete"])
async def test_a_redirect_that_would_only_read_is_no_write(
    *, api: Any, open_session: Any, act: str, status: int
) -> None:
    session = await open_session(spec(api.url + URL))
    api.says(b"", status, Location="/elsewhere")
    entry = RemoteEntry("app")
    answer = await getattr(session.pushing, act)(push_of(entry, DATA, "pw") if act == "push" else entry)
    assert isinstance(answer, Rejected)
    assert "put that into url" in answer.message
    assert len(api.asked) == 1


async def test_a_redirect_that_keeps_the_method_is_followed(api: Any, open_session: Any) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        moved = request.path == "/app"
        return web.Response(status=308, headers={"Location": "/new"}) if moved else web.Response()

    api.answer = answer
    session = await open_session(spec(api.url + URL))
    assert await session.pushing.push(push_of(RemoteEntry("app"), DATA, "pw")) == Pushed(changed=True)
    assert [(method, path, body) for method, path, _, body in api.asked] == [
        ("POST", "/app", b"v&1"),
        ("POST", "/new", b"v&1"),
    ]


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        pytest.param({"HOSTS": "api.example.com"}, "SECRETS_OPERATOR_WEBHOOK_HOSTS", id="another host"),
        pytest.param({"SCHEMES": "https"}, "must begin with https", id="another scheme"),
    ],
)
async def test_the_guards_hold_for_pushes(*, api: Any, open_session: Any, environ: Any, told: str) -> None:
    limits = {f"SECRETS_OPERATOR_WEBHOOK_{name}": value for name, value in environ.items()}
    session = await open_session(spec(api.url + URL), environ=limits)
    entry = RemoteEntry("app")
    pushing = session.pushing
    for asked in (pushing.push(push_of(entry, DATA, "pw")), pushing.exists(entry), pushing.delete(entry)):
        answer: Any = await asked
        assert isinstance(answer, Rejected)
        assert told in answer.message
    assert api.asked == []


async def test_a_link_local_address_is_never_pushed_to(open_session: Any) -> None:
    session = await open_session(spec("http://169.254.169.254/latest"))
    answer = await session.pushing.push(push_of(RemoteEntry("app"), DATA, "pw"))
    assert isinstance(answer, Rejected)
    assert "metadata service" in answer.message


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"], ids=["before", "within"]
)
async def test_an_answer_that_breaks_off_is_no_success(open_session: Any, beginning: bytes) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(beginning)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        session = await open_session(spec(url + URL))
        answer = await session.pushing.push(push_of(RemoteEntry("app"), DATA, "pw"))
        assert answer == Failed("the server broke off its answer")


async def test_a_server_that_is_slow_or_gone_is_no_answer(api: Any, open_session: Any) -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    api.answer = slow
    session = await open_session(spec(api.url + URL, timeout="100ms"))
    push = push_of(RemoteEntry("app"), DATA, "pw")
    assert await session.pushing.push(push) == Failed("the server does not answer in time")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = await open_session(spec(f"http://127.0.0.1:{unused.getsockname()[1]}{URL}"))
        assert await gone.pushing.push(push) == Failed("the server cannot be reached: check url")


async def test_a_value_that_is_no_text_is_sent_as_it_is(api: Any, open_session: Any) -> None:
    session = await open_session(spec(api.url + URL))
    await session.pushing.push(push_of(RemoteEntry("app"), {"jks": b"\xfe\xed\x00"}, "jks"))
    assert api.asked[0][3] == b"\xfe\xed\x00"
    assert isinstance(await session.pushing.push(push_of(RemoteEntry("app"), {"jks": b"\xfe\xed"})), Rejected)
