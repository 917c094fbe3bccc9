"""A property of a JSON document is set or taken out, and everything else stays as it was written."""

from __future__ import annotations

import pytest
from secrets_operator_aws.json_properties import document_of, is_at, text_at, with_text, without

from secrets_operator.errors import InvalidSpec


@pytest.mark.parametrize(
    ("there", "path", "text", "expected"),
    [
        pytest.param("", "a", "x", '{"a":"x"}', id="of nothing becomes an object"),
        pytest.param("", "a.b", "x", '{"a":{"b":"x"}}', id="a dot nests"),
        pytest.param("", r"tls\.crt", "x", '{"tls.crt":"x"}', id="a dot with a backslash is a dot of the name"),
        pytest.param("", r"a\\b", "x", r'{"a\\b":"x"}', id="a backslash with a backslash is one"),
        pytest.param("", r"a\*", "x", '{"a*":"x"}', id="so is a wildcard with a backslash"),
        pytest.param('{"a":"old","b":1.50}', "a", "x", '{"a":"x","b":1.50}', id="digits of others stay"),
        pytest.param('{"b": {"c" : [1, 2]}}', "a", "x", '{"b":{"c" : [1, 2]},"a":"x"}', id="spaces of others stay"),
        pytest.param(r'{"\ud800":"\ud800"}', "a", "x", r'{"\ud800":"\ud800","a":"x"}', id="escapes of others stay"),
        pytest.param('{"a":{"b":1,"c":2}}', "a.b", "x", '{"a":{"b":"x","c":2}}', id="siblings below stay"),
        pytest.param('{"a":null}', "a.b", "x", '{"a":{"b":"x"}}', id="null is nothing"),
        pytest.param('{"a":7}', "a", "x", '{"a":"x"}', id="what the property was is replaced"),
        pytest.param('{"a":["p","q"]}', "a.1", "x", '{"a":["p","x"]}', id="a number is a place in a list"),
        pytest.param("", "a.2", "x", '{"a":[null,null,"x"]}', id="a list begins with its first place"),
        pytest.param("", "a.:2", "x", '{"a":{"2":"x"}}', id="a number after a colon is a name"),
        pytest.param('{"2":"p"}', "2", "x", '{"2":"x"}', id="a number in an object is a name"),
        pytest.param("[1]", "0", "x", '["x"]', id="in a list"),
        pytest.param("", "a", '7, "é" <&>\n', '{"a":"7, \\"é\\" <&>\\n"}', id="a number is a string, as all is"),
    ],
)
def test_a_property_is_set(there: str, path: str, text: str, expected: str) -> None:
    written = with_text(document_of(there.encode()), path, text)
    assert written.decode() == expected
    assert text_at(document_of(written), path) == text


@pytest.mark.parametrize(
    ("there", "path", "says"),
    [
        pytest.param('{"a":"text"}', "a.b", "leads through something that is no object", id="below a text"),
        pytest.param('{"a":[1]}', "a.b", "leads through something that is no object", id="a name in a list"),
        pytest.param('{"a":[1]}', "a.-1", "leads through something that is no object", id="after the end of a list"),
        pytest.param("plain text", "a", "no JSON object", id="in what is no JSON"),
        pytest.param('"text"', "a", "no JSON object", id="in a JSON text"),
        pytest.param("", "a..b", "has an empty part", id="an empty part"),
        pytest.param("", ".", "has an empty part", id="nothing but empty parts"),
        pytest.param("", "a.*", "may name several places", id="a wildcard"),
        pytest.param("", "a.#.b", "may name several places", id="every item"),
        pytest.param("", r"a\\*", "may name several places", id="a wildcard after a backslash"),
    ],
)
def test_a_property_that_cannot_be_set_is_named(there: str, path: str, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        with_text(document_of(there.encode()), path, "x")


@pytest.mark.parametrize(
    ("there", "path", "expected"),
    [
        pytest.param('{"a":"x","b":1.50}', "a", '{"b":1.50}', id="others stay as they were"),
        pytest.param('{"a":"x"}', "a", "", id="the last one leaves nothing"),
        pytest.param('{"a":{"b":"x"},"c":1}', "a.b", '{"c":1}', id="an object that is empty then goes too"),
        pytest.param('{"a":{"b":"x","d":2}}', "a.b", '{"a":{"d":2}}', id="one that is not stays"),
        pytest.param('{"tls.crt":"x","c":1}', r"tls\.crt", '{"c":1}', id="a name with a dot"),
        pytest.param('{"a":["x","y"]}', "a.0", '{"a":[null,"y"]}', id="those after it in a list keep their place"),
        pytest.param('{"a":["x","y"],"c":1}', "a.1", '{"a":["x"],"c":1}', id="the last of a list"),
        pytest.param('{"a":["x"],"c":1}', "a.0", '{"c":1}', id="the only one of a list"),
    ],
)
def test_a_property_is_taken_out(there: str, path: str, expected: str) -> None:
    assert without(document_of(there.encode()), path).decode() == expected


@pytest.mark.parametrize(
    ("there", "path", "is_there"),
    [
        pytest.param('{"a":{"b":null}}', "a.b", True, id="null is there"),
        pytest.param('{"a":{"b":1}}', "a.c", False, id="another name is not"),
        pytest.param('{"a":"text"}', "a.b", False, id="nothing is below a text"),
        pytest.param('{"a":[1]}', "a.1", False, id="nothing is after the end of a list"),
        pytest.param('{"a.b":1}', "a.b", False, id="a name with a dot is another"),
    ],
)
def test_a_property_is_there_or_not(there: str, path: str, *, is_there: bool) -> None:
    assert is_at(document_of(there.encode()), path) is is_there
