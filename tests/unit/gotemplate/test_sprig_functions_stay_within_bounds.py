"""Sprig's functions count what they will take before they take it: time, memory and depth stay bounded."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import LimitError

Render = Callable[..., bytes]
MEBIBYTE = 1024 * 1024

GREEDY = [
    pytest.param("{{ repeat 9000000000000000000 `ab` }}", id="repeat"),
    pytest.param("{{ nindent 1000000000 `a` }}", id="nindent"),
    pytest.param("{{ $s := repeat 3000000 `a` }}{{ replace `` $s $s }}", id="replace of nothing"),
    pytest.param("{{ $s := repeat 3000000 `a` }}{{ replace `a` $s $s }}", id="replace"),
    pytest.param("{{ $s := repeat 3000000 `a` }}{{ wrapWith 1 $s $s }}", id="wrapWith"),
    pytest.param("{{ wrap 1 (repeat 3000000 `a `) }}", id="wrap"),
    pytest.param("{{ until 9223372036854775807 }}", id="until"),
    pytest.param("{{ untilStep -9223372036854775808 9223372036854775807 1 }}", id="untilStep"),
    pytest.param("{{ seq 1 9223372036854775806 }}", id="seq"),
    pytest.param(
        "{{ $l := list }}{{ range until 3000 }}{{ $l = append $l (list .) }}{{ end }}{{ uniq $l }}", id="uniq"
    ),
    pytest.param("{{ $l := list 1 }}{{ range until 99 }}{{ $l = concat $l $l }}{{ end }}", id="concat"),
    pytest.param("{{ $s := `x` }}{{ range until 99 }}{{ $s = cat $s $s }}{{ end }}", id="cat"),
    pytest.param("{{ $s := `x` }}{{ range until 99 }}{{ $s = quote $s $s }}{{ end }}", id="quote"),
    pytest.param("{{ $s := `x` }}{{ range until 99 }}{{ $s = join $s (list 1 2 3) }}{{ end }}", id="join"),
    pytest.param("{{ $d := dict }}{{ range until 900000 }}{{ $_ := set $d (print .) . }}{{ end }}", id="set"),
    pytest.param("{{ range until 9999 }}{{ $_ := sha512sum (repeat 1000000 `a`) }}{{ end }}", id="sha512sum"),
    pytest.param("{{ fromJson (repeat 1000000 `[`) }}", id="JSON nested too deep"),
    pytest.param("{{ fromJson (print `[` (repeat 700000 `[],`) `1]`) }}", id="JSON of many lists"),
    pytest.param("{{ fromJson (print `[` (repeat 700000 `1,`) `1]`) }}", id="JSON of many numbers"),
    pytest.param("{{ regexReplaceAll `` (repeat 3000000 `a`) `b` }}", id="regexReplaceAll"),
    pytest.param("{{ regexSplit `` (repeat 3000000 `a`) -1 }}", id="regexSplit"),
    pytest.param("{{ regexMatch (repeat 60000 `(`) `x` }}", id="a long pattern"),
    pytest.param("{{ regexMatch `(?:x|xx|xxx|.){900}y` (repeat 1000000 `x`) }}", id="pattern times text"),
    pytest.param("{{ semverCompare (repeat 300000 `1 - 2 `) `1` }}", id="semverCompare"),
    pytest.param("{{ semver (repeat 3000000 `1`) }}", id="semver"),
    pytest.param("{{ urlParse (print `http://h/` (repeat 1000000 `%41`)) }}", id="urlParse"),
    pytest.param("{{ snakecase (repeat 1000000 `aB1`) }}", id="snakecase"),
    pytest.param("{{ trimAll (repeat 100000 `é`) (repeat 1000000 `z`) }}", id="trimAll"),
    pytest.param("{{ divf " + "1e-300 " * 3000 + "}}", id="divf"),
]
MODEST = [
    pytest.param("{{ int (repeat 3000000 `1`) }}", "0", id="a long integer"),
    pytest.param("{{ float64 (repeat 3000000 `1`) }}", "0", id="a long float"),
    pytest.param("{{ atoi (repeat 3000000 `1`) }}", "9223372036854775807", id="a long decimal number"),
    pytest.param("{{ b64dec (repeat 3000000 `A`) | len }}", "2250000", id="long base64"),
    pytest.param("{{ regexMatch `(x+x+)+y` (repeat 3000000 `x`) }}", "false", id="a pattern that backtracks elsewhere"),
    pytest.param("{{ clean (repeat 1000000 `a/`) | len }}", "1999999", id="a long path"),
    pytest.param("{{ round 1.5 9223372036854775807 }}", "NaN", id="no end of places"),
    pytest.param("{{ wrap 9223372036854775807 `a b` }}", "a b", id="no end of width"),
    pytest.param("{{ mulf " + "1e300 " * 3000 + "}}", "+Inf", id="a product beyond all floats"),
]


@pytest.mark.parametrize("template", GREEDY)
def test_a_greedy_call_is_stopped(render: Render, template: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(LimitError):
            render(template)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 160 * MEBIBYTE


@pytest.mark.parametrize(("template", "expected"), MODEST)
def test_a_long_but_harmless_call_succeeds(render: Render, template: str, expected: str) -> None:
    assert render(template) == expected.encode()
