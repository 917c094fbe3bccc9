"""JSON objects are read and written byte for byte as Go does, except that whole numbers keep their digits."""

import pytest

from secrets_operator.rendering.go_json import MAX_DEPTH, compact, parse_object, text_of
from tests.go_answers import go_answers


def member(text: str) -> str | None:
    found = parse_object(f'{{"m":{text}}}'.encode())
    return None if found is None else text_of(found["m"]).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"a\\n"', "a\n", id="a string is unescaped"),
        pytest.param('"<&>"', "<&>", id="a string by itself keeps its HTML"),
        pytest.param("null", "", id="null is nothing"),
        pytest.param("true", "true", id="a boolean is its word"),
        pytest.param("1.50", "1.5", id="a fraction is the shortest of its double"),
        pytest.param("1e5", "100000", id="an exponent is written out"),
        pytest.param("1E-7", "0.0000001", id="a small number is written out"),
        pytest.param("1e22", "10000000000000000000000", id="a large number is written out"),
        pytest.param("12345678901234567890123", "12345678901234567890123", id="a whole number keeps its digits"),
        pytest.param('[1, {"b": 2, "a": 1.0}]', '[1,{"a":1,"b":2}]', id="a list is compact, members are sorted"),
        pytest.param("[1e21, 1e-7, 100e19]", "[1e+21,1e-7,1e+21]", id="inside of it numbers get an exponent as in Go"),
        pytest.param("[9007199254740993]", "[9007199254740993]", id="whole numbers keep their digits inside too"),
        pytest.param('["<&>"]', '["\\u003c\\u0026\\u003e"]', id="inside of it HTML is escaped"),
        pytest.param('["\u2028"]', '["\\u2028"]', id="a line separator is escaped"),
        pytest.param('["\\ud800"]', '["\ufffd"]', id="half a surrogate pair is replaced"),
        pytest.param("NaN", None, id="NaN is no JSON"),
        pytest.param("01", None, id="a leading zero is no JSON"),
        pytest.param('"\t"', None, id="a bare control character is no JSON"),
        pytest.param("[" * MAX_DEPTH + "]" * MAX_DEPTH, None, id="too deep is refused"),
        pytest.param("[" * 100_000 + "]" * 100_000, None, id="far too deep is refused as well"),
    ],
)
def test_member(text: str, expected: str | None) -> None:
    assert member(text) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(b"null", {}, id="null is an empty object"),
        pytest.param(b' {"a":"1","a":"2"}\n', {"a": "2"}, id="the last of two members counts"),
        pytest.param(b'{"a":"\xe2\x82"}', {"a": "\ufffd\ufffd"}, id="each byte that is no UTF-8 is replaced"),
        pytest.param(b"", None, id="nothing is no object"),
        pytest.param(b"[]", None, id="a list is no object"),
        pytest.param(b'"text"', None, id="a string is no object"),
        pytest.param(b"{} {}", None, id="two objects are not one"),
        pytest.param(b"\xef\xbb\xbf{}", None, id="a byte order mark is no JSON"),
        pytest.param(b"\xff{}", None, id="a stray byte outside of a string is no JSON"),
    ],
)
def test_parse_object(payload: bytes, expected: dict[str, str] | None) -> None:
    assert parse_object(payload) == expected


def test_compact_leaves_html_alone() -> None:
    assert compact({"b": ["<"], "a": "\u2029"}) == '{"a":"\\u2029","b":["<"]}'


def test_go_gives_the_same_answers() -> None:
    for row in go_answers("objects"):
        found = parse_object(row["text"].encode())
        ours = None if found is None else {name: text_of(value).decode() for name, value in found.items()}
        assert (ours, None if found is None else compact(found)) == (row["members"], row["compact"]), row["text"]
