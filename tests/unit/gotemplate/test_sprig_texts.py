"""What Sprig's functions on texts print: the rules that surprise, one row for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError

Render = Callable[..., bytes]

TEXTS = [
    pytest.param('{{ upper "straße" }}', "STRAßE", id="one rune stays one rune: ß has no single capital"),
    pytest.param('{{ lower "İ" }}', "i", id="the dotted capital I becomes a plain i"),
    pytest.param('{{ upper "\\xff" }}', "\ufffd", id="a byte that is no UTF-8 becomes U+FFFD where runes are mapped"),
    pytest.param(
        '{{ title "o\'neil foo_bar" }}', "O'Neil Foo_bar", id="an apostrophe begins a word, an underscore not"
    ),
    pytest.param('{{ untitle "FOO BAR" }}', "fOO bAR", id="untitle lowers the first rune of every word"),
    pytest.param('{{ swapcase "Hello wOrld" }}', "hELLO WoRLD", id="swapcase swaps"),
    pytest.param('{{ initials "hello  big world" }}', "hbw", id="initials skip repeated spaces"),
    pytest.param('{{ initials "ärger" }}', "Ã", id="initials take bytes for runes"),
    pytest.param('{{ camelcase "http_server-name" }}', "HttpServerName", id="camelcase is Pascal case"),
    pytest.param('{{ camelcase "_a" }}', "_A", id="camelcase keeps leading connectors"),
    pytest.param('{{ camelcase "_" }}', "__", id="camelcase doubles the last connector of a text without words"),
    pytest.param('{{ snakecase "HTTPServer2xx" }}', "http_server_2xx", id="capitals before a word are a word"),
    pytest.param('{{ snakecase "Bld4Floor3rd" }}', "bld4_floor_3rd", id="a number belongs to the word before it"),
    pytest.param('{{ kebabcase "GO_PATH v1.2" }}', "go-path-v1.2", id="kebabcase joins by hyphens"),
    pytest.param('{{ trim "\\u00a0 a\\u3000" }}', "a", id="trim takes off all white space of Unicode"),
    pytest.param('{{ trimAll "é$" "$é5é$" }}', "5", id="trimAll takes runes, not a text"),
    pytest.param('{{ trimall "ab" "abcba" }}', "c", id="trimall is trimAll"),
    pytest.param('{{ trimPrefix "a" "aab" }}{{ trimSuffix "b" "abb" }}', "abab", id="prefixes and suffixes go once"),
    pytest.param('{{ nospace "a b\\u00a0c" }}', "abÂc", id="nospace takes bytes for runes once it deletes one"),
    pytest.param('{{ nospace "é" }}', "é", id="nospace leaves a text without spaces alone"),
    pytest.param('{{ trunc 2 "héy" | b64enc }}', "aMM=", id="trunc counts bytes"),
    pytest.param('{{ trunc -2 "abc" }} {{ trunc -9 "abc" }}', "bc abc", id="a negative count keeps the tail"),
    pytest.param('{{ substr 1 -1 "abc" }} {{ substr 1 99 "abc" }}', "bc bc", id="no end means the end of the text"),
    pytest.param('{{ substr -5 2 "abc" }}', "ab", id="a negative start is the start of the text"),
    pytest.param('{{ abbrev 8 "hello world" }}', "hello...", id="abbrev counts its dots"),
    pytest.param('{{ abbrev 3 "hello" }}', "hello", id="abbrev needs room for more than its dots"),
    pytest.param('{{ abbrevboth 5 10 "1234 5678 9123" }}', "...5678...", id="abbrevboth cuts at both ends"),
    pytest.param('{{ wrap 5 "aaaaaaaaaa bb" }}', "aaaaaaaaaa\nbb", id="wrap leaves long words whole"),
    pytest.param('{{ wrapWith 5 "|" "aaaaaaaaaa bb" }}', "aaaaa|aaaaa|bb", id="wrapWith cuts long words"),
    pytest.param('{{ indent 2 "a\\n\\nb" }}', "  a\n  \n  b", id="indent pads empty lines too"),
    pytest.param('{{ nindent 2 "a" }}', "\n  a", id="nindent begins with a new line"),
    pytest.param('{{ replace "" "-" "añb" }}', "-a-ñ-b-", id="nothing is found before every rune and at the end"),
    pytest.param('{{ plural "one" "many" 0 }}', "many", id="zero is plural"),
    pytest.param('{{ quote "a" nil 1 "\\"\\n\\xff" }}', '"a" "1" "\\"\\n\\xff"', id="quote escapes and skips nil"),
    pytest.param('{{ squote "it\'s" nil 1 }}', "'it's' '1'", id="squote does not escape"),
    pytest.param('{{ cat "a" nil 1.5 (list 1 "b") }}', "a 1.5 [1 b]", id="cat prints values and skips nil"),
    pytest.param("{{ toString nil }} {{ toString 1e6 }}", "<nil> 1e+06", id="toString prints as %v does"),
    pytest.param('{{ toStrings (list 1 nil "a") | toJson }}', '["1","a"]', id="toStrings drops nil"),
    pytest.param('{{ join "-" (list 1 nil "a" true) }}', "1-a-true", id="join drops nil"),
    pytest.param('{{ join "-" 5 }}', "5", id="join takes a single value for a list of one"),
    pytest.param('{{ split "," "a,,b" }}', "map[_0:a _1: _2:b]", id="split numbers its parts"),
    pytest.param('{{ splitn "," 2 "a,b,c" }}', "map[_0:a _1:b,c]", id="splitn leaves the rest in the last part"),
    pytest.param('{{ splitn "," 0 "a,b" }}', "map[]", id="splitn into no part gives nothing"),
    pytest.param('{{ splitList "" "hé\\xff" | len }}', "3", id="split by nothing splits into runes and stray bytes"),
    pytest.param('{{ sortAlpha (list "b" 10 "a" 9) }}', "[10 9 a b]", id="sortAlpha sorts numbers as texts"),
    pytest.param(
        '{{ $l := splitList "," "b,a" }}{{ sortAlpha $l }}{{ $l }}',
        "[a b][a b]",
        id="sortAlpha sorts a list of strings in place",
    ),
    pytest.param('{{ repeat 0 "a" }}{{ hello }}', "Hello!", id="repeat may be nothing, and hello says hello"),
]


@pytest.mark.parametrize(("template", "expected"), TEXTS)
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(
    "template",
    [
        pytest.param('{{ repeat -1 "a" }}', id="a text cannot be repeated less than not at all"),
        pytest.param('{{ indent -1 "a" }}', id="there is no negative indent"),
        pytest.param('{{ substr 2 1 "abc" }}', id="the end must not come before the start"),
        pytest.param('{{ substr 4 -1 "abc" }}', id="the start must be within the text"),
        pytest.param("{{ upper 5 }}", id="a number is no text"),
        pytest.param('{{ trunc "5" "abc" }}', id="a text is no number"),
    ],
)
def test_fails(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template)


@pytest.mark.parametrize("name", ["trim", "nospace", "toString", "indent 0", "trunc 4", "replace `x` `y`", "repeat 1"])
def test_binary_data_pass_unchanged(render: Render, name: str) -> None:
    assert render(f"{{{{ .binary | {name} }}}}", {"binary": b"\xff\x00\xfe\x80"}) == b"\xff\x00\xfe\x80"
