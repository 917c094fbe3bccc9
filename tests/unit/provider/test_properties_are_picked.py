"""Property paths: the texts are those that Go's gjson 1.18 prints for the same document and path."""

from __future__ import annotations

import time

import pytest

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.provider.properties import lookup, lookup_literal_first, plain_decimal, spread

DOCUMENT = rb"""{"name":{"first":"Tom","last":"Anderson"},"age":37,"children":["Sara","Alex","Jack"],
"fav.movie":"Deer Hunter","friends":[
{"first":"Dale","last":"Murphy","age":44,"nets":["ig","fb","tw"]},
{"first":"Roger","last":"Craig","age":68,"nets":["fb","tw"]},
{"first":"Jane","last":"Murphy","age":47,"nets":["ig","tw"]}],
"n":null,"t":true,"big":12345678901234567890123,"f":1.50,"e":1e5,"tiny":1e-7,"neg":-0.0,"o":{ "b" : 1.50,"a":[1 ,2]},
"empty":"","a@b":"at","p#w":"hash","pw!":"bang","x{y":"brace","x[0]":"bracket","1pass":"digit","7":"number",
"@type":"type","back\\slash":"backslash","key*":"star","keyring":"ring","a:b":"colon","json":"{\"k\":1}",
"uni":"\u00e9\n\ud83d\ude00","half":"\ud800","twice":1,"twice":2,"lines":"one
two"}"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("age", b"37", id="a member"),
        pytest.param("name.first", b"Tom", id="a member of a member"),
        pytest.param("name|first", b"Tom", id="a pipe separates like a dot"),
        pytest.param("name", b'{"first":"Tom","last":"Anderson"}', id="an object as it was written"),
        pytest.param("o", b'{ "b" : 1.50,"a":[1 ,2]}', id="an object with its spacing"),
        pytest.param("o.a", b"[1 ,2]", id="an array with its spacing"),
        pytest.param("children.1", b"Alex", id="an index"),
        pytest.param("children.01", b"Alex", id="an index with a leading zero"),
        pytest.param("children.3", None, id="an index out of range"),
        pytest.param("children.-1", None, id="no negative index"),
        pytest.param("children.#", b"3", id="a length"),
        pytest.param("big", b"12345678901234567890123", id="an integer of any size digit by digit"),
        pytest.param("f", b"1.5", id="a decimal without trailing zeros"),
        pytest.param("e", b"100000", id="an exponent written out"),
        pytest.param("tiny", b"0.0000001", id="a small exponent written out"),
        pytest.param("neg", b"-0", id="a negative zero"),
        pytest.param("t", b"true", id="a boolean"),
        pytest.param("n", b"", id="null exists and is empty"),
        pytest.param("n.x", None, id="null has no members"),
        pytest.param("empty", b"", id="an empty string exists"),
        pytest.param("zzz", None, id="a missing member"),
        pytest.param("age.x", None, id="a number has no members"),
        pytest.param("Age", None, id="case matters"),
        pytest.param("uni", "é\n😀".encode(), id="escapes are resolved"),
        pytest.param("half", "\ufffd".encode(), id="half a surrogate pair is replaced"),
        pytest.param("lines", b"one\ntwo", id="a raw line break inside a string"),
        pytest.param("twice", b"1", id="of equal members the first counts"),
        pytest.param("fav.movie", None, id="a dot separates"),
        pytest.param(r"fav\.movie", b"Deer Hunter", id="an escaped dot does not"),
        pytest.param("a@b", b"at", id="an at sign inside a key"),
        pytest.param("@type", b"type", id="an at sign that starts a key"),
        pytest.param("p#w", b"hash", id="a hash inside a key"),
        pytest.param("pw!", b"bang", id="an exclamation mark in a key"),
        pytest.param("x{y", b"brace", id="a brace inside a key"),
        pytest.param("x[0]", b"bracket", id="brackets in a key"),
        pytest.param("a:b", b"colon", id="a colon inside a key"),
        pytest.param("1pass", b"digit", id="a key that starts with a digit"),
        pytest.param("7", b"number", id="a key that is a number"),
        pytest.param(r"back\\slash", b"backslash", id="an escaped backslash"),
        pytest.param("ch*", b'["Sara","Alex","Jack"]', id="a wildcard"),
        pytest.param("c?ildren.0", b"Sara", id="a wildcard for one character"),
        pytest.param(r"key\*", b"star", id="an escaped wildcard"),
        pytest.param("*ring", b"ring", id="a wildcard at the start"),
        pytest.param("friends.#.first", b'["Dale","Roger","Jane"]', id="collecting from an array"),
        pytest.param("friends.#.zzz", b"[]", id="collecting nothing"),
        pytest.param('friends.#(last=="Murphy").first', b"Dale", id="the first match of a query"),
        pytest.param('friends.#(last=="Murphy")#.first', b'["Dale","Jane"]', id="all matches of a query"),
        pytest.param("friends.#(age>45)#.last", b'["Craig","Murphy"]', id="a comparison of numbers"),
        pytest.param('friends.#(first%"D*").last', b"Murphy", id="a pattern in a query"),
        pytest.param('friends.#(first%"D.*").last', None, id="a pattern is no regular expression"),
        pytest.param('friends.#(nets.#(=="fb"))#.first', b'["Dale","Roger"]', id="a query inside a query"),
        pytest.param('friends.#(last=="Nobody").first', None, id="a query without a match"),
        pytest.param("friends.#.nets|0", b'["ig","fb","tw"]', id="a pipe works on the collected"),
        pytest.param("children.@reverse.0", b"Jack", id="a modifier"),
        pytest.param("name.@keys", b'["first","last"]', id="the keys of an object"),
        pytest.param("o.@this", b'{ "b" : 1.50,"a":[1 ,2]}', id="this is the value itself"),
        pytest.param("o.@ugly", b'{"b":1.50,"a":[1,2]}', id="ugly drops the spacing and keeps the numbers"),
        pytest.param("json.@fromstr.k", b"1", id="JSON inside a string"),
        pytest.param("[name.first,f,t,n]", b'["Tom",1.50,true,null]', id="an array of several paths"),
        pytest.param('{"x":name.first,age}', b'{"x":"Tom","age":37}', id="an object of several paths"),
        pytest.param("name.@nosuch", None, id="an unknown modifier picks nothing"),
        pytest.param("friends.#(", None, id="a malformed path picks nothing"),
        pytest.param("", None, id="an empty path picks nothing"),
        pytest.param("\\", None, id="a lone backslash picks nothing"),
    ],
)
def test_a_path_picks_its_text(path: str, text: bytes | None) -> None:
    assert lookup(DOCUMENT, path) == text


@pytest.mark.parametrize(
    ("payload", "path", "text"),
    [
        pytest.param(b"plain text", "a", None, id="a text has no properties"),
        pytest.param(b"", "a", None, id="nothing has no properties"),
        pytest.param(b'{"a":1', "a", None, id="half a document has no properties"),
        pytest.param(b'{"a":1} {"a":2}', "a", None, id="two documents have no properties"),
        pytest.param(b'{"a":NaN}', "a", None, id="NaN is not JSON"),
        pytest.param(b'{"a":"\xff"}', "a", None, id="bytes that are not UTF-8 are not JSON"),
        pytest.param(b"[" * 5000 + b"]" * 5000, "0", None, id="absurd nesting is not JSON"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', "a", b"1", id="a byte order mark is skipped"),
        pytest.param(b' {"a" : 1} \n', "a", b"1", id="space around a document"),
        pytest.param(b"[1,[2,3]]", "1.0", b"2", id="a document that is an array"),
        pytest.param(b'"text"', "@this", b"text", id="a document that is a string"),
    ],
)
def test_a_payload_has_the_properties_of_its_document(payload: bytes, path: str, text: bytes | None) -> None:
    assert lookup(payload, path) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("tls.crt", b"literal", id="a literal key with dots wins"),
        pytest.param("tls.key", b"nested", id="else the path counts"),
        pytest.param("tls.*", b"literal", id="a wildcard behind a literal dot"),
        pytest.param("plain", b"p", id="a key without dots"),
        pytest.param("tls.pem", None, id="neither"),
    ],
)
def test_a_literal_key_comes_before_a_path(path: str, text: bytes | None) -> None:
    assert lookup_literal_first(b'{"tls":{"crt":"x","key":"nested"},"tls.crt":"literal","plain":"p"}', path) == text


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        pytest.param("friends.#.nets.#", "a length below #", id="lengths of collected arrays"),
        pytest.param("friends.#.first.@reverse", r"must follow a \|", id="a modifier on each collected item"),
        pytest.param("name.@pretty", "@pretty", id="pretty printing"),
        pytest.param("name.@tostr", "@tostr", id="encoding as a string"),
    ],
)
def test_a_path_whose_meaning_cannot_be_kept_is_refused(path: str, complaint: str) -> None:
    with pytest.raises(InvalidSpec, match=complaint):
        lookup(DOCUMENT, path)


HOSTILE = b'{"%s":1,"l":["%s"]}' % (b"a" * 30000, b"a" * 30000)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param('l.#(%"*a*a*a*a*b")', id="a pattern that backtracks"),
        pytest.param("[@this,@this]|" * 40 + "@this", id="multipaths that double their input"),
        pytest.param("@this|" + "9" * 5000, id="a query of thousands of characters"),
    ],
)
def test_a_path_that_would_keep_the_operator_busy_is_refused(path: str) -> None:
    with pytest.raises(InvalidSpec, match="too many steps"):
        lookup(HOSTILE, path)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param('l.#(%"(a+)+b")', id="a pattern that would be a catastrophic regular expression"),
        pytest.param("a*a*a*a*a*a*a*b", id="a wildcard that would backtrack"),
        pytest.param("[" * 500 + "]" * 500, id="nested multipaths"),
        pytest.param("#(" * 300 + ")" * 300, id="nested queries"),
        pytest.param("l." + "9" * 5000, id="an index of thousands of digits"),
    ],
)
def test_a_path_that_only_looks_expensive_is_quick(path: str) -> None:
    begun = time.monotonic()
    assert lookup(HOSTILE, path) is None
    assert time.monotonic() - begun < 2


def test_an_object_is_spread_with_the_text_of_everything_but_strings() -> None:
    payload = b'{"s":"a\\nb","n":1.50,"e":1e5,"z":null,"t":false,"o":{"b": 1 ,"a":[]},"l":[1 ,2],"":"x","s":"last"}'
    assert spread(payload) == {
        "s": b"last",
        "n": b"1.50",
        "e": b"1e5",
        "z": b"",
        "t": b"false",
        "o": b'{"b": 1 ,"a":[]}',
        "l": b"[1 ,2]",
        "": b"x",
    }


@pytest.mark.parametrize("payload", [b"[1]", b'"s"', b"1", b"null", b"", b"text with c9f0b7", b'{"c9f0b7":'])
def test_what_is_no_object_cannot_be_spread_and_is_not_quoted(payload: bytes) -> None:
    with pytest.raises(Terminal, match="not a JSON object") as raised:
        spread(payload)
    assert "c9f0b7" not in str(raised.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-12", "-12"),
        ("12345678901234567890", "12345678901234567890"),
        ("12345678901234567890.0", "12345678901234567000"),
        ("1.0", "1"),
        ("1E+2", "100"),
        ("0.1e-10", "0.00000000001"),
        ("1e400", "1e400"),
    ],
)
def test_a_number_is_written_in_plain_decimal(number: str, text: str) -> None:
    assert plain_decimal(number) == text
