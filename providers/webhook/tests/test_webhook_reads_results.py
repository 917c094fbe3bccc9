"""What an answer becomes: the table of ``result.jsonPath``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from secrets_operator_webhook.json_paths import evaluate
from secrets_operator_webhook.results import spread, value_of

from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Absent, Found, Rejected
from secrets_operator.provider.raw_json import parse

DOCUMENT = b"""{
  "text": "t\\u00e9xt", "whole": 12345678901234567890, "half": 1.50, "large": 1e5, "on": true, "none": null,
  "object": {"b": "<&>", "a": [1.50, 2]}, "list": [[{"k": "v", "x": "first"}], {"k": "w", "x": "second"}],
  "items": [{"k": "v", "x": 1}, {"k": "w", "x": 2}], "empty": [], "a.b": "dotted"
}"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("", DOCUMENT, id="no path: the body as it is"),
        pytest.param("$.text", "téxt".encode(), id="a text"),
        pytest.param("$.whole", b"12345678901234567890", id="a whole number keeps its digits"),
        pytest.param("$.half", b"1.5", id="a fraction is not rounded away"),
        pytest.param("$.large", b"100000", id="an exponent is written out"),
        pytest.param("$.on", b"true", id="a boolean"),
        pytest.param("$.none", b"", id="null is empty"),
        pytest.param("$.object", rb'{"a":[1.5,2],"b":"\u003c\u0026\u003e"}', id="an object is JSON as Go writes it"),
        pytest.param("$.object.a", b"1.5", id="a list is its first item"),
        pytest.param("$.list", b'{"k":"v","x":"first"}', id="also in lists of lists"),
        pytest.param("$.items[1].x", b"2", id="an index"),
        pytest.param("$.items[-1].x", b"2", id="an index from the end"),
        pytest.param("$.items[*].x", b"1", id="a wildcard"),
        pytest.param("$..x", b"first", id="anywhere below"),
        pytest.param('$.items[?(@.k=="w")].x', b"2", id="a filter"),
        pytest.param("$.items[?(@.x > 1 && @.k == 'w')].k", b"w", id="a filter with two conditions"),
        pytest.param("$['a.b']", b"dotted", id="a name in brackets"),
    ],
)
def test_a_path_finds(path: str, expected: bytes) -> None:
    assert value_of(DOCUMENT, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("$.missing", id="no such member"),
        pytest.param("$.text.deeper", id="nothing below a text"),
        pytest.param("$.items[9]", id="no such item"),
        pytest.param("$.empty", id="an empty list"),
        pytest.param("$.items[?(@.k=='z')]", id="a filter that matches nothing"),
        pytest.param("text", id="no root"),
        pytest.param("$.items[?(@.k =~ /v.*/)]", id="a regular expression"),
        pytest.param("$.items[?match(@.k, 'v')]", id="a function with a regular expression"),
        pytest.param("$[", id="half a path"),
        pytest.param("$." + "a" * 1100, id="a long path"),
    ],
)
def test_a_path_that_finds_nothing_is_an_error(path: str) -> None:
    with pytest.raises(OperatorError) as caught:
        value_of(DOCUMENT, path)
    assert caught.value.field == "result.jsonPath"


@pytest.mark.parametrize("body", [b"", b"plain", b'{"text": "cut', b"\xff", b"[" * 10_000])
def test_an_answer_that_is_not_json_is_an_error(body: bytes) -> None:
    with pytest.raises(Terminal):
        value_of(body, "$.text")
    with pytest.raises(Terminal):
        spread(body)


@pytest.mark.parametrize("body", [b'"{}"', b"1", b"null"])
def test_an_answer_that_is_one_value_is_found_by_the_root_alone(body: bytes) -> None:
    assert value_of(body, "$") == {b'"{}"': b"{}", b"1": b"1", b"null": b""}[body]
    with pytest.raises(OperatorError):
        value_of(body, "$.a")


def test_work_is_bounded() -> None:
    wide = parse(json.dumps([[{"k": index} for index in range(40)] for _ in range(200)]))
    with pytest.raises(OperatorError, match="visits too much"):
        evaluate(wide, "$[?count($..k) > 0][?count($..k) > 0]")


async def test_a_path_is_a_template(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(DOCUMENT)
    session = await open_session({"url": api.url, "result": {"jsonPath": "$.{{ .remoteRef.property }}"}})
    assert await fetch(session, property="text") == Found(SecretBytes("téxt".encode()))
    assert isinstance(await fetch(session, property="missing"), Rejected)


async def test_an_extract_spreads_the_object_also_from_a_text(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(b'{"object": {"a": 1.50, "b": null}, "text": "{\\"a\\": \\"x\\"}"}')
    for path, expected in (("$.object", {"a": b"1.5", "b": b""}), ("$.text", {"a": b"x"})):
        session = await open_session({"url": api.url, "result": {"jsonPath": path}})
        answer = await fetch(session)
        assert {name: value.reveal() for name, value in session.extract(answer.payload).items()} == expected


async def test_a_404_is_absent(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(b"", 404)
    assert await fetch(await open_session({"url": api.url})) == Absent()


async def test_metadata_and_finds_are_refused_and_nothing_is_asked(api: Any, open_session: Any, fetch: Any) -> None:
    session = await open_session({"url": api.url})
    assert isinstance(await fetch(session, metadata=True), Rejected)
    assert isinstance(await session.find(Query(name="a")), Rejected)
    assert api.asked == []
