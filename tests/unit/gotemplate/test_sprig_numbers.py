"""What Sprig's functions on numbers print: lenient casts, wrapping integers, decimal floats, sequences."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError

Render = Callable[..., bytes]

NUMBERS = [
    pytest.param(
        '{{ int "0x1F" }} {{ int "0b11" }} {{ int "017" }} {{ int "1_000" }}', "31 3 15 1000", id="Go literals"
    ),
    pytest.param(
        '{{ int "3.7" }} {{ int "-.5" }} {{ int "1e3" }} {{ int " 5" }}', "3 0 0 0", id="decimal texts are cut"
    ),
    pytest.param('{{ int true }} {{ int nil }} {{ int "x" }} {{ int (list 1) }}', "1 0 0 0", id="the rest is 0"),
    pytest.param('{{ int64 "9223372036854775808" }}', "0", id="a text out of range is 0"),
    pytest.param(
        "{{ int64 1e30 }}", "-9223372036854775808", id="a float out of range is what the processor makes of it"
    ),
    pytest.param('{{ atoi "9223372036854775808" }}', "9223372036854775807", id="atoi stops at the bound"),
    pytest.param('{{ float64 "0x1p-2" }} {{ float64 "-Inf" }} {{ float64 "1e400" }}', "0.25 -Inf 0", id="float texts"),
    pytest.param(
        '{{ toDecimal "0755" }} {{ toDecimal 8 }} {{ toDecimal "-7" }}', "493 0 -7", id="toDecimal reads octal"
    ),
    pytest.param("{{ add 9223372036854775807 1 }}", "-9223372036854775808", id="sums wrap"),
    pytest.param('{{ add "3" 1.9 true }} {{ add }}', "5 0", id="add casts each of its arguments"),
    pytest.param("{{ sub 1 3 }} {{ mul 2 3 4 }} {{ add1 1 }}", "-2 24 2", id="differences and products"),
    pytest.param("{{ div -7 2 }} {{ mod -7 2 }} {{ mod 7 -2 }}", "-3 -1 1", id="division cuts towards zero"),
    pytest.param("{{ div (int64 `-9223372036854775808`) -1 }}", "-9223372036854775808", id="a quotient wraps"),
    pytest.param("{{ max 1 5.9 `7` }} {{ min 1 -2 }} {{ biggest 3 4 }}", "7 -2 4", id="extremes of integers"),
    pytest.param("{{ maxf 1 2.5 }} {{ minf 1 0.5 }}", "2.5 0.5", id="extremes of floats"),
    pytest.param("{{ maxf `nan` `inf` 1 }} {{ minf `nan` 1 }}", "+Inf NaN", id="infinity beats NaN beats numbers"),
    pytest.param("{{ ceil -0.5 }} {{ floor 1.9 }} {{ ceil `inf` }}", "-0 1 +Inf", id="the sign of zero stays"),
    pytest.param(
        "{{ round 2.5 0 }} {{ round -2.5 0 }} {{ round 1.005 2 }}", "3 -3 1", id="halves go up, also below zero"
    ),
    pytest.param("{{ round 123.555 2 0.9 }}", "123.55", id="round takes a threshold"),
    pytest.param("{{ round 1234.5 -2 }}", "1200", id="round takes negative places"),
    pytest.param(
        "{{ addf 0.1 0.2 }} {{ subf 1.1 1 }} {{ mulf 1.1 3 }} {{ add1f 0.1 }}", "0.3 0.1 3.3 1.1", id="decimal"
    ),
    pytest.param("{{ divf 1 3 }} {{ divf 2 3 }}", "0.3333333333333333 0.6666666666666667", id="16 places, rounded"),
    pytest.param("{{ mulf 1e300 1e300 }}", "+Inf", id="a product out of range is infinite"),
    pytest.param("{{ until 3 }} {{ until -3 }} {{ untilStep 5 0 -2 }}", "[0 1 2] [0 -1 -2] [5 3 1]", id="sequences"),
    pytest.param("{{ untilStep 0 5 -1 }} {{ untilStep 0 5 0 }}", "[] []", id="a step that leads nowhere gives nothing"),
    pytest.param(
        "{{ seq 3 }}|{{ seq 0 }}|{{ seq 2 5 }}|{{ seq 0 2 5 }}", "1 2 3|1 0|2 3 4 5|0 2 4", id="seq has both ends"
    ),
    pytest.param("{{ seq }}{{ seq 1 2 3 4 }}{{ seq 5 1 1 }}", "", id="seq that makes no sense is empty"),
]


@pytest.mark.parametrize(("template", "expected"), NUMBERS)
def test_prints(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ div 1 0 }}", id="integer division by zero"),
        pytest.param("{{ mod 1 `x` }}", id="what is no number is zero to mod"),
        pytest.param("{{ divf 1 0 }}", id="decimal division by zero"),
        pytest.param("{{ addf `inf` 1 }}", id="infinity is no decimal"),
        pytest.param("{{ round 1.5 }}", id="round wants places"),
    ],
)
def test_fails(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template)


@pytest.mark.parametrize(
    ("template", "go_type"),
    [
        pytest.param("int 1.0", "int", id="int"),
        pytest.param("atoi `1`", "int", id="atoi"),
        pytest.param("int64 1", "int64", id="int64"),
        pytest.param("add 1 1", "int64", id="add"),
        pytest.param("toDecimal 7", "int64", id="toDecimal"),
        pytest.param("max 1", "int64", id="max"),
        pytest.param("float64 1", "float64", id="float64"),
        pytest.param("addf 1", "float64", id="addf"),
        pytest.param("round 1 0", "float64", id="round"),
        pytest.param("until 1", "[]int", id="until"),
    ],
)
def test_the_result_has_the_type_it_has_in_go(render: Render, template: str, go_type: str) -> None:
    assert render(f"{{{{ {template} | typeOf }}}}") == go_type.encode()
