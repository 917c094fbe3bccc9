"""Number literals, and the comparisons between kinds of numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError, ParseError

Render = Callable[..., bytes]


@pytest.mark.parametrize(
    ("literal", "printed"),
    [
        ("0x1F", b"31"),
        ("0o17", b"15"),
        ("017", b"15"),
        ("0b101", b"5"),
        ("1_000", b"1000"),
        ("0x_1F", b"31"),
        ("+5", b"5"),
        ("-0", b"0"),
        ("-0x1e", b"-30"),
        ("0x1e", b"30"),
        ("1e3", b"1000"),
        ("1_0.5", b"10.5"),
        (".5", b"0.5"),
        ("5.", b"5"),
        ("0x1p-2", b"0.25"),
        ("0x1.8p1", b"3"),
        ("1e-400", b"0"),
        ("9223372036854775807", b"9223372036854775807"),
        ("1i", b"(0+1i)"),
        ("0i", b"(0+0i)"),
        ("1+2i", b"(1+2i)"),
        ("-1e3-2.5i", b"(-1000-2.5i)"),
        ("'a'", b"97"),
        ("'\\''", b"39"),
        ("'\\x41'", b"65"),
        ("'日'", b"26085"),
    ],
)
def test_literals(render: Render, literal: str, printed: bytes) -> None:
    assert render(f"{{{{ {literal} }}}}") == printed


@pytest.mark.parametrize(
    "literal",
    [
        "0x",
        "08",
        "1__0",
        "1_",
        "_1",
        "18446744073709551616",
        "1e400",
        "1+2",
        "0x1.8",
        "''",
        "'ab'",
        "'\\\"'",
        "1x",
        "--1",
    ],
)
def test_what_is_no_number(render: Render, literal: str) -> None:
    with pytest.raises(ParseError):
        render(f"{{{{ {literal} }}}}")


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        pytest.param("repeat 2.0 `a`", b"aa", id="a whole float is an integer where one is wanted"),
        pytest.param("repeat 1e1 `a` | len", b"10", id="so is an exponent"),
        pytest.param("repeat 'a' `b` | len", b"97", id="and a character"),
        pytest.param("eq 1 2 3 1", b"true", id="eq compares with any of several"),
        pytest.param("eq (index `a` 0) 97", b"true", id="signed and unsigned"),
        pytest.param("lt -1 (index `a` 0)", b"true", id="a negative is below every unsigned"),
        pytest.param("lt (index `a` 0) -1", b"false", id="and never above"),
        pytest.param("lt (int64 1) 2", b"true", id="integers of two sizes"),
        pytest.param("lt `a` `b`", b"true", id="strings by bytes"),
        pytest.param("le 1 1 | and (ge 1 1) | and (gt 2 1) | and (ne 1 2)", b"true", id="the other relations"),
        pytest.param("eq nil nil", b"true", id="nil is nil"),
        pytest.param("eq 1 nil", b"false", id="nothing else is"),
        pytest.param("eq (list 1) nil", b"false", id="not a list either"),
        pytest.param("eq true true", b"true", id="booleans"),
        pytest.param("eq 1i 1i", b"true", id="complex numbers"),
    ],
)
def test_conversions_and_comparisons(render: Render, expression: str, printed: bytes) -> None:
    assert render(f"{{{{ {expression} }}}}") == printed


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("eq 1 1.0", id="int and float"),
        pytest.param("eq 1 `1`", id="int and string"),
        pytest.param("lt 1 1.5", id="int below float"),
        pytest.param("lt true false", id="an order of booleans"),
        pytest.param("lt 1i 2i", id="an order of complex numbers"),
        pytest.param("lt nil 1", id="an order of nil"),
        pytest.param("eq (list 1) (list 1)", id="lists"),
        pytest.param("eq (dict) (list)", id="a map and a list"),
        pytest.param("eq 1", id="nothing to compare with"),
        pytest.param("repeat 2.5 `a`", id="a fraction for an integer"),
        pytest.param("repeat `a` `b`", id="a string for an integer"),
    ],
)
def test_what_cannot_be_compared_or_converted(render: Render, expression: str) -> None:
    with pytest.raises(ExecError):
        render(f"{{{{ {expression} }}}}")
