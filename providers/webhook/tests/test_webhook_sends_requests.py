"""What is sent: the templates of a store, rendered for each reference and each reader."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Reference, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

SECRETS = [{"name": "login", "secretRef": {"name": "login"}}]


@pytest.mark.parametrize(
    ("url", "reference", "expected"),
    [
        pytest.param("/{{ .remoteRef.key }}", {"key": "a/b c"}, "/a%2Fb+c", id="a key is escaped as in a form"),
        pytest.param("/{{ .remoteRef.key }}", {"key": "é&=?#"}, "/%C3%A9%26%3D%3F%23", id="whatever is in it"),
        pytest.param("/x?v={{ .remoteRef.version }}", {"key": "a", "version": "1/2"}, "/x?v=1%2F2", id="a version"),
        pytest.param("/x?p={{ .remoteRef.property }}", {"key": "a", "property": "b.c"}, "/x?p=b.c", id="a property"),
        pytest.param("/{{ .remoteRef.namespace }}", {"key": "a", "namespace": "shop"}, "/shop", id="the reader"),
        pytest.param("/{{ .remoteRef.version }}", {"key": "a"}, "/", id="no version"),
        pytest.param("/{{ .remoteRef.none }}", {"key": "a"}, "/%3Cno%20value%3E", id="a key that is missing"),
        pytest.param("/{{ .login.user | upper }}", {"key": "a"}, "/ME", id="a key of a Secret, through a function"),
        pytest.param("/a b", {"key": "a"}, "/a%20b", id="a space of the manifest"),
        pytest.param("/%2F", {"key": "a"}, "/%2F", id="what is escaped stays escaped"),
        pytest.param("/a/../b", {"key": "a"}, "/a/../b", id="dots stay dots"),
    ],
)
async def test_the_url_is_rendered(api: Any, open_session: Any, url: str, reference: Any, expected: str) -> None:
    session = await open_session({"url": api.url + url, "secrets": SECRETS})
    await session.fetch([Reference(**reference)])
    ((method, path, _, _),) = api.asked
    assert (method, path) == ("GET", expected)


async def test_headers_and_body_get_the_plain_values(api: Any, open_session: Any, fetch: Any) -> None:
    spec = {
        "url": api.url,
        "method": "POST",
        "headers": {
            "Authorization": "Bearer {{ .login.token }}",
            "X-Key": "{{ .remoteRef.key }}",
            "Content-Type": "a/b",
        },
        "body": '{"key": {{ .remoteRef.key | toJson }}, "property": "{{ .remoteRef.property }}"}',
        "secrets": SECRETS,
    }
    await fetch(await open_session(spec), "a/b c", property="p")
    ((method, _, headers, body),) = api.asked
    assert method == "POST"
    assert headers["Authorization"] == "Bearer t0ken-private"
    assert headers["X-Key"] == "a/b c"
    assert headers["Content-Type"] == "a/b"
    assert body == b'{"key": "a/b c", "property": "p"}'


async def test_nothing_is_sent_that_was_not_written(api: Any, open_session: Any, fetch: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await fetch(await open_session({"url": api.url}))
    ((_, _, headers, body),) = api.asked
    assert headers.keys() == {"Host", "Accept-Encoding"}
    assert body == b""


async def test_a_user_in_the_url_logs_in_unless_a_header_does(api: Any, open_session: Any, fetch: Any) -> None:
    url = api.url.replace("://", "://me:p%40ss@")
    await fetch(await open_session({"url": url}))
    await fetch(await open_session({"url": url, "headers": {"authorization": "Token x"}}))
    first, second = ({name.lower(): value for name, value in headers.items()} for _, _, headers, _ in api.asked)
    assert first["authorization"] == "Basic bWU6cEBzcw=="
    assert second["authorization"] == "Token x"


async def test_readers_of_one_session_are_told_apart(api: Any, open_session: Any) -> None:
    session = await open_session({"url": api.url + "/{{ .remoteRef.namespace }}/{{ .remoteRef.property }}"})
    await session.fetch([Reference("a", namespace="one", property="p"), Reference("a", namespace="two", property="q")])
    assert {path for _, path, _, _ in api.asked} == {"/one/p", "/two/q"}


async def test_a_secret_without_the_label_is_not_opened(api: Any, open_session: Any) -> None:
    host = MemoryHost(secrets={("default", "login"): {"token": "t0ken-private"}})
    with pytest.raises(InvalidSpec, match="label") as caught:
        await open_session({"url": api.url, "secrets": SECRETS}, host=host)
    assert caught.value.field == "secrets[0].secretRef"


async def test_a_cluster_store_reads_the_namespace_that_is_named(api: Any, open_session: Any, fetch: Any) -> None:
    place = ("ops", "login")
    labels = {"external-secrets.io/type": "webhook"}
    identity = StoreIdentity("ClusterSecretStore", "store", "shop")
    host = MemoryHost(identity, secrets={place: {"token": "x"}}, labels={place: labels})
    secrets = [{"name": "login", "secretRef": {"name": "login", "namespace": "ops", "key": "not-looked-at"}}]
    spec = {"url": api.url + "/{{ .login.token }}", "secrets": secrets}
    await fetch(await open_session(spec, host=host, kind="ClusterSecretStore"))
    assert api.asked[0][1] == "/x"


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        pytest.param(
            {"headers": {"X": "{{ .multi.line }}"}}, "headers.X: what it prints is more than one line", id="two"
        ),
        pytest.param({"headers": {"X": "{{ .multi.bytes }}"}}, "headers.X: what it prints is not UTF-8", id="no text"),
        pytest.param({"body": "{{ fail .multi.line }}"}, "body", id="a template that fails"),
        pytest.param({"body": "{{ range until 100000000 }}x{{ end }}"}, "body", id="a template without an end"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_not_shown(
    api: Any, open_session: Any, fetch: Any, spec: Any, named: str
) -> None:
    place = ("default", "multi")
    data = {"line": "t0ken-private\nX-Other: 1", "bytes": "private"}
    host = MemoryHost(secrets={place: data}, labels={place: {"external-secrets.io/type": "webhook"}})
    if "bytes" in str(spec):
        spec = {"headers": {"X": '{{ "_w==" | replace "_" "/" | b64dec }}'}}
    secrets = [{"name": "multi", "secretRef": {"name": "multi"}}]
    answer = await fetch(await open_session({"url": api.url, "secrets": secrets, **spec}, host=host))
    assert named in answer.message
    assert "private" not in answer.message
    assert api.asked == []
