"""rewrite.regexp on one key: RE2 and Go's expansion of groups in the target."""

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.replacement import replacement
from secrets_operator.resources.regular_expressions import RegexpError, compile_regexp
from tests.go_answers import go_answers


def replaced(source: str, target: str, text: str, allowance: Allowance | None = None) -> str:
    return replacement(compile_regexp(source), target, field="f").apply(text, allowance or Allowance())


@pytest.mark.parametrize(
    ("source", "target", "text", "expected"),
    [
        pytest.param("/", "_", "a/b/c", "a_b_c", id="every match is replaced"),
        pytest.param("x", "y", "abc", "abc", id="a text without a match stays"),
        pytest.param("", "-", "é日", "-é-日-", id="an empty match stands before each character and at the end"),
        pytest.param("a*", "x", "baac", "xbxcx", id="an empty match right behind another does not count"),
        pytest.param("^a", "", "aab", "ab", id="a caret matches at the start only"),
        pytest.param("b$", "", "ab\nb", "ab\n", id="a dollar sign matches at the end only"),
        pytest.param("(?i)DB_", "", "db_Db_x", "x", id="flags work"),
        pytest.param("(a)(b)", "$2$1", "ab", "ba", id="groups by number"),
        pytest.param("(?P<key>.+)", "${key}_x", "a", "a_x", id="groups by name"),
        pytest.param("(a)", "$1_y", "a", "", id="the longest identifier counts, so a group 1_y is looked for"),
        pytest.param("(a)", "${1}_y", "a", "a_y", id="braces end the identifier"),
        pytest.param("(a)", "$1é", "a", "", id="letters of any script belong to the identifier"),
        pytest.param("(a)", "$1²", "a", "a²", id="a superscript does not"),
        pytest.param("(a)", "$1-y", "a", "a-y", id="neither does a dash"),
        pytest.param("(a)", "$0$0", "a", "aa", id="group 0 is the whole match"),
        pytest.param("(a)", "$01", "a", "", id="a number with a leading zero is a name"),
        pytest.param("(a)", "$9", "a", "", id="a group that does not exist is empty"),
        pytest.param("a|(b)", "<$1>", "ab", "<><b>", id="a group that took no part is empty"),
        pytest.param("a", "$$1", "a", "$1", id="two dollar signs are one"),
        pytest.param("a", "$$$", "a", "$$", id="and a third stands for itself"),
        pytest.param("a", "$-${}${x-y}${x", "a", "$-${}${x-y}${x", id="what is no reference stays"),
        pytest.param(r"\d+", "n", "a12b3", "anbn", id="Perl classes work"),
        pytest.param(r"\bb", "x", "ab b", "ab x", id="what precedes a match is seen"),
    ],
)
def test_replace(source: str, target: str, text: str, expected: str) -> None:
    assert replaced(source, target, text) == expected


def test_go_gives_the_same_answers() -> None:
    def ours(row: dict[str, str]) -> str | None:
        try:
            return replaced(row["source"], row["target"], row["text"])
        except RegexpError:
            return None

    rows = go_answers("replacements")
    assert [ours(row) for row in rows] == [row["result"] for row in rows]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("(a", id="an open group"),
        pytest.param(r"(a)\1", id="a back-reference"),
        pytest.param("a(?=b)", id="a look-ahead"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_what_re2_refuses_is_an_error(source: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RegexpError, match=r"^is no regular expression in the syntax of RE2: \S"):
        compile_regexp(source)
    assert capfd.readouterr() == ("", "")


def test_an_expression_that_stalls_other_engines_does_not_stall_this_one() -> None:
    assert replaced("(a+)+$", "x", "a" * 5000 + "b") == "a" * 5000 + "b"


def test_a_target_that_grows_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(InvalidSpec, match=r"^f: the keys grow too large"):
        replaced("", "$0x" * 1000, "a" * 1000, Allowance(100_000))
