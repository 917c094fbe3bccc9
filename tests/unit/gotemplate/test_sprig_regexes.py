"""What Sprig's regular expression functions print: Go's syntax, its matches, its replacements."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError, LimitError

Render = Callable[..., bytes]

MATCHES = [
    pytest.param(r'{{ regexFind "a|ab" "ab" }}', "a", id="the first alternative wins, not the longest"),
    pytest.param(r'{{ regexFind "\\w+" "héllo" }}', "h", id="classes of Perl are ASCII"),
    pytest.param(r'{{ regexFind "\\p{L}+" "héllo!" }}', "héllo", id="classes of Unicode"),
    pytest.param(r'{{ regexMatch "(" "a" }}', "false", id="an invalid pattern does not match"),
    pytest.param(r'{{ regexMatch "\\C" "a" }}', "false", id="a single byte is no pattern in Go"),
    pytest.param(r'{{ regexMatch "\\Q\\C\\E" "\\C" }}', "true", id="a quoted \\C is a text"),
    pytest.param(r'{{ regexMatch "(?=a)" "a" }}', "false", id="there is no lookahead"),
    pytest.param(r'{{ regexMatch "^.+$" "\xff\x80" }}', "true", id="a dot matches a byte that is no UTF-8"),
    pytest.param(r'{{ regexFind "." "\xffa" | b64enc }}', "/w==", id="what is found are the bytes of the text"),
    pytest.param(r'{{ regexFindAll "a*" "baac" -1 | toJson }}', '["","aa",""]', id="no empty match after a match"),
    pytest.param(r'{{ regexFindAll "\\B" "aé" -1 | len }}', "1", id="no match within a rune"),
    pytest.param(r'{{ regexFindAll "x" "a" -1 | toJson }}', "null", id="no match is a nil list"),
    pytest.param(r'{{ regexFindAll "[a-c]" "abc" 2 }}', "[a b]", id="a number of matches at most"),
    pytest.param(r'{{ regexSplit "," "a,b,c" 2 | toJson }}', '["a","b,c"]', id="a number of parts at most"),
    pytest.param(r'{{ regexSplit "," "a" 0 | toJson }}', "null", id="no parts are a nil list"),
    pytest.param(
        r'{{ regexSplit "x*" "axb" -1 | toJson }}', '["a","b"]', id="an empty match at the start does not split"
    ),
    pytest.param(r'{{ regexSplit "," "" -1 | toJson }}', '[""]', id="nothing splits into nothing"),
    pytest.param(r'{{ regexQuoteMeta "1.2*[é]$" }}', r"1\.2\*\[é\]\$", id="what has a meaning is quoted"),
]
REPLACEMENTS = [
    pytest.param("(a)(b)?", "a", "<$1$2$3>", "<a>", id="a group that took no part is empty"),
    pytest.param("(a)", "a", "$1x", "", id="a name is as long as it can be"),
    pytest.param("(a)", "a", "${1}x", "ax", id="braces end a name"),
    pytest.param("(?P<n>a)", "a", "$n-${n}", "a-a", id="groups have names"),
    pytest.param("a", "a", "$$1", "$1", id="two dollars are one"),
    pytest.param("a", "a", "$-${x", "$-${x", id="a malformed name is a text"),
    pytest.param("(a)", "a", "$01", "", id="a number has no leading zero"),
    pytest.param("a*", "baaac", "x", "xbxcx", id="no empty match after a match"),
    pytest.param("", "é", "-", "-é-", id="nothing is found before each rune and at the end"),
    pytest.param("^a", "aaa", "b", "baa", id="only one place is the start"),
    pytest.param(r"\bx", "x x", "y", "y y", id="a word's boundary is seen from where the search goes on"),
]


@pytest.mark.parametrize(("template", "expected"), MATCHES)
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(("pattern", "text", "replacement", "expected"), REPLACEMENTS)
def test_replaces(render: Render, pattern: str, text: str, replacement: str, expected: str) -> None:
    data = {"pattern": pattern.encode(), "text": text.encode(), "replacement": replacement.encode()}
    assert render("{{ regexReplaceAll .pattern .text .replacement }}", data) == expected.encode()


def test_a_literal_replacement_has_no_groups(render: Render) -> None:
    assert render('{{ regexReplaceAllLiteral "a" "aba" "$0" }}') == b"$0b$0"


@pytest.mark.parametrize(
    "call",
    ['regexFind "(" "a"', 'regexFindAll "(" "a" 1', 'regexSplit "(" "a" 1', 'regexReplaceAll "(" "a" ""',
     'regexReplaceAllLiteral "(" "a" ""', 'mustRegexMatch "(" "a"', 'mustRegexFind "a{1001}" "a"'],
)  # fmt: skip
def test_an_invalid_pattern_fails_without_being_shown(render: Render, call: str) -> None:
    with pytest.raises(ExecError) as caught:
        render(f"{{{{ {call} }}}}")
    assert "not valid" in caught.value.problem


@pytest.mark.parametrize("name", ["regexFind", "regexMatch"])
def test_a_pattern_too_large_is_a_limit_and_not_invalid(render: Render, name: str) -> None:
    with pytest.raises(LimitError):
        render(f"{{{{ {name} `\\pL{{1000}}` `a` }}}}")
