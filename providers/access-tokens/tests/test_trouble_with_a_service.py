"""Whatever a service or the network does is one sentence, without anything that was sent or said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from secrets_operator_access_tokens.surroundings import Surroundings
from secrets_operator_access_tokens.web import Call, web_of

from secrets_operator.errors import InvalidSpec, OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider.memory import MemoryHost

PRIVATE = "s3cret-c9f0b7"


async def ask(url: str, *, environ: Mapping[str, str] | None = None, host: MemoryHost | None = None) -> Any:
    call = Call(
        "Make",
        "POST",
        f"{url}/tokens/{PRIVATE}",
        headers={"Authorization": f"Bearer {PRIVATE}"},
        url_field="url",
        fields={401: "auth", 404: "name"},
    ).with_json({"password": PRIVATE})
    async with web_of("Service", host or MemoryHost(), Surroundings(environ or {})) as web:
        return await web.ask(call)


@pytest.mark.parametrize(
    ("status", "headers", "error", "says"),
    [
        pytest.param(401, {}, Refused, "auth: Service does not accept the credential (status 401)", id="401"),
        pytest.param(403, {}, Refused, "Service denies the request (status 403)", id="403"),
        pytest.param(403, {"Retry_After": "7"}, Retryable, "Service asks to slow down (status 403)", id="403, later"),
        pytest.param(404, {}, Terminal, "name: Service has no such thing (status 404)", id="404"),
        pytest.param(422, {}, Terminal, "Service does not accept the request (status 422)", id="422"),
        pytest.param(429, {"Retry_After": "7"}, Retryable, "Service asks to slow down (status 429)", id="429"),
        pytest.param(500, {}, Retryable, "Service does not answer the request (status 500)", id="500"),
        pytest.param(
            302,
            {"Location": "https://elsewhere.test/"},
            Terminal,
            "Service redirects to another place, which is not followed (status 302)",
            id="a redirect",
        ),
    ],
)
async def test_a_status_is_a_sentence_and_a_wait_is_heeded(
    service: Any, status: int, headers: dict[str, str], error: type[OperatorError], says: str
) -> None:
    service.says({"message": PRIVATE}, status, **headers)
    host = MemoryHost()
    with pytest.raises(error) as raised:
        await ask(service.url, host=host)
    assert str(raised.value) == says
    assert getattr(raised.value, "after", None) == (7 if headers.get("Retry_After") else None)
    assert host.calls == {("Service", "Make", False): 1}
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"token": "s3cret-c9f0b7', id="truncated"),
        pytest.param(b"<html>s3cret-c9f0b7</html>", id="the page of a proxy"),
        pytest.param(b'["s3cret-c9f0b7"]', id="a list"),
    ],
)
async def test_what_is_no_json_object_is_tried_again(service: Any, body: bytes) -> None:
    service.says(body)
    with pytest.raises(Retryable, match="the answer is not one of Service's") as raised:
        await ask(service.url)
    assert PRIVATE not in str(raised.value)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        pytest.param(b"", "Service (broke off its answer|cannot be reached)", id="nothing"),
        pytest.param(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"to', "broke off its answer", id="a part"),
        pytest.param(b"s3cret-c9f0b7\r\n\r\n", "is not HTTP", id="something else"),
    ],
)
async def test_a_connection_that_breaks_off_is_tried_again(broken_off: Any, sent: bytes, says: str) -> None:
    async with broken_off(sent) as url:
        with pytest.raises(Retryable, match=says) as raised:
            await ask(url)
    assert PRIVATE not in str(raised.value)


@pytest.mark.parametrize(
    ("environ", "url", "says"),
    [
        pytest.param({"SECRETS_OPERATOR_WEBHOOK_HOSTS": "api.test"}, "", "url: the host is not among", id="hosts"),
        pytest.param({"SECRETS_OPERATOR_WEBHOOK_SCHEMES": "https"}, "", "url: must begin with https", id="schemes"),
        pytest.param({}, "http://169.254.169.254", "url: the address is link-local", id="the node's credentials"),
        pytest.param({}, "http://me:s3cret-c9f0b7@127.0.0.1", "url: must not hold a login", id="a login in the URL"),
    ],
)
async def test_the_guards_of_the_administrator_hold(service: Any, environ: dict[str, str], url: str, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says) as raised:
        await ask(url or service.url, environ=environ)
    assert PRIVATE not in str(raised.value)
    assert service.asked == []


async def test_an_answer_without_end_is_not_read(service: Any) -> None:
    service.says(b" " * 2000)
    with pytest.raises(Terminal, match="larger than 1000 bytes"):
        await ask(service.url, environ={"SECRETS_OPERATOR_WEBHOOK_MAX_BYTES": "1000"})
