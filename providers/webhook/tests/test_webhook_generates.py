"""The generator Webhook: one request, without a reference, and the object in its answer as keys."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from secrets_operator_webhook.generator import GENERATOR, WebhookGenerator

from secrets_operator.errors import InvalidSpec, OperatorError, Retryable, Terminal
from secrets_operator.provider import StoreIdentity
from secrets_operator.provider.discovery import Generators
from secrets_operator.provider.memory import MemoryHost

Make = Callable[..., Awaitable[dict[str, bytes]]]
SECRETS = {("default", "login"): {"token": "t0ken-private"}, ("default", "other"): {"token": "of-somebody"}}
HOST = MemoryHost(
    StoreIdentity("Webhook", "g", "default"),
    secrets=SECRETS,
    labels={("default", "login"): {"external-secrets.io/type": "webhook"}},
)
LOGIN = [{"name": "login", "secretRef": {"name": "login"}}]


@pytest.fixture
def make(api: Any) -> Make:
    """Make values with the API of the test."""

    async def make_(path: str = "/token", *, environ: Any = None, **fields: Any) -> dict[str, bytes]:
        spec = {"url": f"{api.url}{path}", "result": {}, **fields}
        generator = WebhookGenerator(environ or {})
        assert generator.problems(spec) == []
        made = await generator.generate(spec, HOST, now=datetime(2026, 3, 1, tzinfo=UTC), entropy=os.urandom)
        return {name: value.reveal() for name, value in made.values.items()}

    return make_


async def test_the_request_is_made_of_templates_and_the_answer_becomes_keys(api: Any, make: Make) -> None:
    api.says(b'{"data": {"user": "u", "port": 5432, "more": {"a": [1]}, "none": null}}')
    made = await make(
        "/tokens/{{ .login.token }}",
        method="POST",
        headers={"Authorization": "Bearer {{ .login.token }}"},
        body='{"for": "{{ .login.token }}"}',
        secrets=LOGIN,
        result={"jsonPath": "$.data"},
    )
    assert {type(name) for name in made} == {str}
    assert made == {"user": b"u", "port": b"5432", "more": b'{"a":[1]}', "none": b""}
    ((method, path, headers, body),) = api.asked
    assert (method, path, body) == ("POST", "/tokens/t0ken-private", b'{"for": "t0ken-private"}')
    assert headers["Authorization"] == "Bearer t0ken-private"


async def test_there_is_no_remote_reference(api: Any, make: Make) -> None:
    api.says(b'{"a": "1"}')
    await make(body="{{ if .remoteRef }}there{{ else }}not there{{ end }}", method="POST")
    ((*_, body),) = api.asked
    assert body == b"not there"


async def test_an_object_in_a_string_is_spread_too(api: Any, make: Make) -> None:
    api.says(b'{"data": "{\\"a\\": \\"1\\"}"}')
    assert await make(result={"jsonPath": "$.data"}) == {"a": b"1"}


async def test_each_time_is_another_request(api: Any, make: Make) -> None:
    api.says(b'{"a": "1"}')
    await make()
    await make()
    assert len(api.asked) == 2


@pytest.mark.parametrize(
    ("body", "status", "error", "says"),
    [
        pytest.param(b"[1]", 200, Terminal, "is not a JSON object", id="a list"),
        pytest.param(b"private", 200, Terminal, "is not a JSON object", id="no JSON"),
        pytest.param(b'{"private": 1}', 404, Terminal, r"^url: .*no such thing \(status 404\)", id="nothing there"),
        pytest.param(b"private", 403, Terminal, "denies the request", id="a denial"),
        pytest.param(b"private", 503, Retryable, "does not answer the request", id="an outage"),
    ],
)
async def test_trouble_is_said_without_what_the_server_says(
    api: Any, make: Make, body: bytes, status: int, error: type[OperatorError], says: str
) -> None:
    api.says(body, status)
    with pytest.raises(error, match=says) as raised:
        await make()
    assert "private" not in str(raised.value)


async def test_only_secrets_with_the_label_are_opened(make: Make) -> None:
    with pytest.raises(InvalidSpec, match="label") as raised:
        await make(secrets=[{"name": "other", "secretRef": {"name": "other"}}])
    assert raised.value.field == "secrets[0].secretRef"


async def test_the_administrators_limits_hold(api: Any, make: Make) -> None:
    api.says(b'{"a": "1"}')
    with pytest.raises(InvalidSpec, match="url"):
        await make(environ={"SECRETS_OPERATOR_WEBHOOK_HOSTS": "api.example.com"})
    assert api.asked == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param({"url": "https://a.test"}, ("result", "is required: add it"), id="no result"),
        pytest.param({"result": {}}, ("url", "is required: add it"), id="no url"),
        pytest.param(
            {"url": "https://a.test", "result": {}, "uri": "x"}, ("uri", "unknown field"), id="a typing error"
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(spec: dict[str, Any], problem: tuple[str, str]) -> None:
    assert [(one.path, one.message) for one in GENERATOR.problems(spec)] == [problem]


def test_a_template_that_does_not_parse_is_refused() -> None:
    (problem,) = GENERATOR.problems({"url": "https://a.test", "result": {}, "body": "{{ if }}"})
    assert problem.path == "body"


def test_it_comes_with_the_distribution_for_webhooks() -> None:
    generators = Generators.from_entry_points()
    assert generators.installed()["Webhook"].distribution == "secrets-operator-webhook"
    assert generators.get("Webhook").name == "Webhook"
