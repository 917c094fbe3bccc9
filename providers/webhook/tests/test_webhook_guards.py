"""Where a webhook may not go, whatever its URL says and its names resolve to."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from aiohttp import web

from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, Rejected
from secrets_operator.provider.http_guards import Guard
from secrets_operator.provider.http_limits import Limits, limits_of

VALUE = Found(SecretBytes(b"value-93ab"))
ALLOW = "SECRETS_OPERATOR_WEBHOOK_ALLOW_ADDRESSES"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "no address",
    ],
)
def test_guarded_addresses_are_refused_in_every_form(address: str) -> None:
    guard = Guard(Limits())
    assert not guard.allows(address)
    with pytest.raises(PermissionError):
        guard.socket_for((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "93.184.216.34", "::1", "2001:db8::1", "100.100.100.201"])
def test_other_addresses_are_not(address: str) -> None:
    assert Guard(Limits()).allows(address)


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/", "http://0xa9fea9fe/"])
async def test_a_guarded_address_in_a_url_is_never_connected_to(open_session: Any, fetch: Any, url: str) -> None:
    session = await open_session({"url": url})
    answer = await fetch(session)
    assert isinstance(answer, Rejected)
    assert ALLOW in answer.message
    with pytest.raises(Refused, match=ALLOW):
        await session.validate()


async def test_a_name_is_judged_by_the_address_that_is_connected_to(
    api: Any, open_session: Any, fetch: Any, monkeypatch: Any
) -> None:
    """The name resolves to a harmless address when it is tried, and to a guarded one when it is asked."""
    port = api.url.rpartition(":")[2]
    resolved = ["127.0.0.1", "169.254.169.254"]
    real = socket.getaddrinfo

    def rebinding(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != "rebinding.test":
            return real(host, *arguments, **options)
        return real(resolved.pop(0), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    session = await open_session({"url": f"http://rebinding.test:{port}/"})
    await session.validate()
    answer = await fetch(session)
    assert ALLOW in answer.message
    assert api.asked == []


async def test_an_administrator_may_allow_an_address() -> None:
    limits = limits_of({ALLOW: "169.254.20.0/24, fe80::1/128"})
    assert Guard(limits).allows("169.254.20.10")
    assert Guard(limits).allows("::ffff:169.254.20.10")
    assert not Guard(limits).allows("169.254.169.254")


@pytest.mark.parametrize(
    ("environ", "url", "allowed"),
    [
        pytest.param({}, "ftp://a.example.com", False, id="another scheme"),
        pytest.param({}, "file:///etc/passwd", False, id="a file"),
        pytest.param({}, "http://2852039166/", False, id="an address as one number"),
        pytest.param({}, "//a.example.com", False, id="no scheme"),
        pytest.param({}, "https://", False, id="no host"),
        pytest.param({}, "https://a.example.com:0", False, id="no port"),
        pytest.param({}, "https://a.example.com\n", False, id="a line break"),
        pytest.param({}, "https://é.example.com", False, id="a host that is not ASCII"),
        pytest.param({"SCHEMES": "https"}, "http://a.example.com", False, id="only https"),
        pytest.param({"SCHEMES": "https"}, "https://a.example.com", True, id="https"),
        pytest.param({"HOSTS": "a.example.com"}, "https://a.example.com/x", True, id="a host"),
        pytest.param({"HOSTS": "a.example.com"}, "https://A.example.com./x", True, id="a host in another form"),
        pytest.param({"HOSTS": "a.example.com"}, "https://b.example.com", False, id="another host"),
        pytest.param({"HOSTS": "a.example.com"}, "https://a.example.com.evil.com", False, id="a host that begins so"),
        pytest.param({"HOSTS": "a.example.com"}, "https://a.example.com@evil.com", False, id="a user like the host"),
        pytest.param({"HOSTS": "a.example.com"}, "https://evil.com\\@a.example.com", False, id="a backslash"),
        pytest.param({"HOSTS": "*.example.com"}, "https://x.y.example.com", True, id="below a domain"),
        pytest.param({"HOSTS": "*.example.com"}, "https://example.com", False, id="the domain itself"),
        pytest.param({"HOSTS": "*.example.com"}, "https://badexample.com", False, id="a domain that ends so"),
        pytest.param({"HOSTS": "a.example.com:8443"}, "https://a.example.com:8443", True, id="a port"),
        pytest.param({"HOSTS": "a.example.com:8443"}, "https://a.example.com", False, id="another port"),
        pytest.param({"HOSTS": "10.0.0.1,b.test"}, "http://b.test", True, id="several hosts"),
        pytest.param({"HOSTS": "[::1]:8080"}, "http://[::1]:8080", True, id="an address with a port"),
    ],
)
def test_urls_are_judged(environ: dict[str, str], url: str, allowed: bool) -> None:
    guard = Guard(limits_of({f"SECRETS_OPERATOR_WEBHOOK_{name}": text for name, text in environ.items()}))
    if allowed:
        guard.url(url)
        return
    with pytest.raises(InvalidSpec) as caught:
        guard.url(url)
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SCHEMES", "gopher"),
        ("ALLOW_ADDRESSES", "everything"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "60"),
        ("TIMEOUT", "soon"),
        ("MAX_BYTES", "-1"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(api: Any, open_session: Any, name: str, text: str) -> None:
    with pytest.raises(InvalidSpec, match=f"SECRETS_OPERATOR_WEBHOOK_{name}"):
        await open_session({"url": api.url}, environ={f"SECRETS_OPERATOR_WEBHOOK_{name}": text})


# --- redirects ---


def redirecting(api: Any, location: str, status: int = 302) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/start":
            return web.Response(body=b"value-93ab")
        return web.Response(status=status, headers={"Location": location.format(url=api.url)})

    api.answer = answer


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"x"), (308, "POST", b"x")],
)
async def test_a_redirect_on_the_host_is_followed(
    api: Any, open_session: Any, fetch: Any, status: int, method: str, body: bytes
) -> None:
    redirecting(api, "/there?a=%2F", status)
    headers = {"Authorization": "Token x", "Content-Type": "a/b"}
    session = await open_session({"url": f"{api.url}/start", "method": "POST", "body": "x", "headers": headers})
    assert await fetch(session) == VALUE
    asked = api.asked[1]
    assert (asked[0], asked[1], asked[3]) == (method, "/there?a=%2F", body)
    assert asked[2]["Authorization"] == "Token x"
    assert ("Content-Type" in asked[2]) is bool(body)


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://localhost:{port}/x", id="another name of the same host"),
        pytest.param("http://169.254.169.254/x", id="a guarded address"),
        pytest.param("http://127.0.0.1:9/x", id="another port"),
        pytest.param("https://127.0.0.1:{port}/x", id="another scheme on the port"),
        pytest.param("//evil.example.com/x", id="a host without scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("http://u:p@127.0.0.1:{port}/x", id="a user"),
        pytest.param("http://[", id="no URL"),
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(api: Any, open_session: Any, fetch: Any, location: str) -> None:
    redirecting(api, location.replace("{port}", api.url.rpartition(":")[2]))
    answer = await fetch(await open_session({"url": f"{api.url}/start"}))
    assert answer == Rejected("the server redirects to another place: put that into url (status 302)")
    assert len(api.asked) == 1


async def test_a_circle_of_redirects_ends(api: Any, open_session: Any, fetch: Any) -> None:
    redirecting(api, "/start")
    assert isinstance(await fetch(await open_session({"url": f"{api.url}/start"})), Rejected)
    assert len(api.asked) == 6
