"""Maps as JSON, and what properties and extracts make of them."""

from __future__ import annotations

import pytest
from secrets_operator_vault.documents import extract, parse, render, select

from secrets_operator.errors import Terminal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"b": 1, "a": 2}', '{"a":2,"b":1}', id="keys are sorted and spaces gone"),
        pytest.param(
            '{"o": {"y": [1, {"d": 1, "c": 2}], "x": null}}', '{"o":{"x":null,"y":[1,{"c":2,"d":1}]}}', id="deep"
        ),
        pytest.param('{"a": "<b>&\\u2028"}', '{"a":"\\u003cb\\u003e\\u0026\\u2028"}', id="HTML is escaped"),
        pytest.param('{"<": 1}', '{"\\u003c":1}', id="HTML is escaped in keys"),
        pytest.param('{"a": "\\u00e9\\u65e5\\ud83d\\ude00"}', '{"a":"é日😀"}', id="other characters stay as they are"),
        pytest.param('{"a": "\\u0001\\n\\"\\\\"}', '{"a":"\\u0001\\n\\"\\\\"}', id="control characters are escaped"),
        pytest.param('{"a": 1.50}', '{"a":1.50}', id="a fraction keeps its text"),
        pytest.param(
            '{"a": 12345678901234567890123}', '{"a":12345678901234567890123}', id="a big number keeps its digits"
        ),
        pytest.param('{"a": 1e5, "b": -0}', '{"a":1e5,"b":-0}', id="an exponent and a sign stay"),
        pytest.param('{"a": true, "b": false, "c": ""}', '{"a":true,"b":false,"c":""}', id="booleans and empty text"),
    ],
)
def test_a_map_is_written_as_go_writes_it(text: str, expected: str) -> None:
    assert render(parse(text.encode())).decode() == expected


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1] 2", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text.encode())


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '{"a":' * 300 + "1" + "}" * 300])
def test_what_cannot_be_written_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        render(parse(text.encode()))


DOCUMENT = (
    b'{"a":{"b":{"c":"deep","n":1.50}},"a.b":"literal","a*":"star","big":12345678901234567890,"f":1.50,'
    b'"html":"\\u003cb\\u003e","list":["x",{"k":"v"}],"no":false,"none":null,"o":{"x":"\\u0026"},"yes":true}'
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a.b", b"literal", id="the exact key comes first"),
        pytest.param("a*", b"star", id="an exact key may look like a wildcard"),
        pytest.param("a.b.c", b"deep", id="else it is a path"),
        pytest.param("list.1.k", b"v", id="a path may have indexes"),
        pytest.param("list.#", b"2", id="a path may ask for a length"),
        pytest.param("html", b"<b>", id="text is unescaped"),
        pytest.param("f", b"1.50", id="a number is as it was written"),
        pytest.param("big", b"12345678901234567890", id="a big number keeps its digits"),
        pytest.param("yes", b"true", id="a boolean is its name"),
        pytest.param("none", b"", id="null is empty"),
        pytest.param("o", b'{"x":"\\u0026"}', id="an object is JSON"),
        pytest.param("list", b'["x",{"k":"v"}]', id="an array is JSON"),
        pytest.param("a.b.n", b"1.5", id="a number behind a path is plain"),
        pytest.param("absent", None, id="a missing key is nothing"),
        pytest.param("a.x", None, id="a missing path is nothing"),
    ],
)
def test_properties(path: str, expected: bytes | None) -> None:
    assert select(DOCUMENT, path) == expected


@pytest.mark.parametrize("payload", [b"", b"plain", b"\xff\x00", b"[1]"])
def test_what_is_no_map_has_no_properties(payload: bytes) -> None:
    assert select(payload, "a") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param('"text"', b"text", id="text is as it is"),
        pytest.param('"\\u003c\\u00e9"', "<é".encode(), id="text is unescaped"),
        pytest.param("null", b"", id="null is empty"),
        pytest.param("true", b"true", id="a boolean is its name"),
        pytest.param("5", b"5", id="a whole number is plain"),
        pytest.param("1.50", b"1.5", id="a fraction loses its zeros"),
        pytest.param("1e5", b"100000", id="an exponent is written out"),
        pytest.param("1e-7", b"0.0000001", id="a small number is written out"),
        pytest.param("12345678901234567890", b"12345678901234567890", id="a big whole number keeps its digits"),
        pytest.param('{"b":1.50,"a":"<"}', b'{"a":"\\u003c","b":1.5}', id="an object is JSON again"),
        pytest.param(
            "[1e21,1e20,1e-7,0.000001]", b"[1e+21,100000000000000000000,1e-7,0.000001]", id="numbers inside are Go's"
        ),
        pytest.param(
            "[12345678901234567890]", b"[12345678901234567890]", id="a big whole number inside keeps its digits"
        ),
    ],
)
def test_extracts(value: str, expected: bytes) -> None:
    assert extract(f'{{"k":{value}}}'.encode()) == {"k": expected}


@pytest.mark.parametrize("payload", [b"", b"plain", b"[1]", b'"text"', b"null", b'{"a":1e400}', b"\xff\x00"])
def test_only_a_map_is_extracted(payload: bytes) -> None:
    with pytest.raises(Terminal):
        extract(payload)
