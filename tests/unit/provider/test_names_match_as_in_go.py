"""Names are matched by Go's regular expressions, found anywhere in the name."""

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.name_patterns import name_matcher


@pytest.mark.parametrize(
    ("expression", "name", "expected"),
    [
        pytest.param("b", "abc", True, id="anywhere"),
        pytest.param("^b", "abc", False, id="unless anchored"),
        pytest.param("c$", "abc", True, id="at the end"),
        pytest.param("c$", "abc\n", False, id="the end is the end, not a line before it"),
        pytest.param("", "abc", True, id="an empty one matches all"),
        pytest.param("(?i)ABC", "abc", True, id="flags"),
        pytest.param("^k.se$", "käse", True, id="a character is a character"),
        pytest.param(r"\pL", "ß", True, id="classes of Unicode"),
        pytest.param("a", "\ud800a", True, id="half a surrogate pair in a name does no harm"),
    ],
)
def test_names(expression: str, name: str, expected: bool) -> None:
    assert name_matcher(expression)(name) is expected


@pytest.mark.parametrize("expression", ["(", "a(?=b)", r"(a)\1", "[z-a]", "a{1001}", "\ud800"])
def test_what_go_does_not_know_is_refused(expression: str) -> None:
    with pytest.raises(InvalidSpec, match=r"^name\.regexp: is no regular expression in the syntax of RE2"):
        name_matcher(expression)
