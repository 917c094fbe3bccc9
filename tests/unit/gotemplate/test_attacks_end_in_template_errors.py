"""Templates that would take the process down end in a TemplateError, within their bounds of steps, CPU and memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    CompileLimits,
    Context,
    LimitError,
    Limits,
    ParseError,
    TemplateError,
    compile_template,
)

Render = Callable[..., bytes]
MEBIBYTE = 1024 * 1024
CHAIN = "".join(
    f'{{{{define "t{number}"}}}}{{{{template "t{number + 1}"}}}}{{{{template "t{number + 1}"}}}}{{{{end}}}}'
    for number in range(60)
)
CYCLE = "{{ $d := dict }}{{ $_ := set $d `a` $d }}"
ATTACKS = [
    pytest.param("{{ range 1000000000 }}{{ end }}", id="an endless loop"),
    pytest.param(
        "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}", id="3 loops"
    ),
    pytest.param('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', id="endless recursion"),
    pytest.param(CHAIN + '{{define "t60"}}{{end}}{{template "t0"}}', id="2^60 calls without output"),
    pytest.param(CHAIN + '{{define "t60"}}x{{end}}{{template "t0"}}', id="2^60 calls with output"),
    pytest.param("{{ range 1000000 }}" + "a" * 100 + "{{ end }}", id="endless output"),
    pytest.param("{{ $x := `aaaa` }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}", id="a string that doubles"),
    pytest.param("{{ $x := `aaaa` }}{{ range 60 }}{{ $x = printf `%s%s` $x $x }}{{ end }}", id="doubling with printf"),
    pytest.param("{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", id="a list that doubles"),
    pytest.param(
        "{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}", id="doubling in JSON"
    ),
    pytest.param("{{ $x := list 1 }}{{ range 5000 }}{{ $x = list $x }}{{ end }}{{ $x }}", id="a list nested 5000 deep"),
    pytest.param(CYCLE + "{{ $d }}", id="a map that holds itself, printed"),
    pytest.param(CYCLE + "{{ toJson $d }}", id="a map that holds itself, in JSON"),
    pytest.param(CYCLE + "{{ toYaml $d }}{{ range 1000000000 }}{{ end }}", id="a map that holds itself, in YAML"),
    pytest.param(CYCLE + "{{ deepCopy $d }}", id="a map that holds itself, copied"),
    pytest.param(CYCLE + "{{ deepEqual $d (deepCopy (dict `a` $d)) }}", id="a map that holds itself, compared"),
    pytest.param("{{ printf `%1000000d` 1 | print | repeat 999 }}", id="a wide number, repeated"),
    pytest.param("{{ range 1000 }}{{ $x := printf `%*d` 1000000 1 }}{{ end }}", id="wide numbers"),
    pytest.param("{{ range 1000 }}{{ $x := printf `%.1000000f` 1.0 }}{{ end }}", id="precise numbers"),
    pytest.param("{{ $f := repeat 1000000 `%d` }}{{ range 99 }}{{ $x := printf $f 1 }}{{ end }}", id="a long format"),
    pytest.param("{{ $x := repeat 1000000 `<` }}{{ range 99 }}{{ $y := html $x }}{{ end }}", id="html"),
    pytest.param("{{ $x := repeat 1000000 `<` }}{{ range 99 }}{{ $y := js $x }}{{ end }}", id="js"),
    pytest.param("{{ $x := repeat 1000000 `<` }}{{ range 99 }}{{ $y := urlquery $x }}{{ end }}", id="urlquery"),
    pytest.param("{{ $x := repeat 1000000 `é` }}{{ range 99 }}{{ $y := printf `%q` $x }}{{ end }}", id="quoting"),
    pytest.param("{{ range 100000 }}{{ print " + "1 " * 2000 + "}}{{ end }}", id="many arguments, often"),
    pytest.param("{{ until 1000000000 }}", id="until"),
    pytest.param("{{ untilStep 0 1000000000 1 }}", id="untilStep"),
    pytest.param("{{ seq 1000000000 }}", id="seq"),
    pytest.param("{{ repeat 1000000000 `a` }}", id="repeat"),
    pytest.param("{{ indent 1000000000 `a` }}", id="indent"),
    pytest.param("{{ nindent 1000000000 `a` }}", id="nindent"),
    pytest.param("{{ $x := repeat 100000 `a` }}{{ replace `a` $x $x }}", id="replace"),
    pytest.param("{{ $x := repeat 100000 `a ` }}{{ wrapWith 1 $x $x }}", id="wrapWith"),
    pytest.param("{{ randAlphaNum 100000000 }}", id="randAlphaNum"),
    pytest.param("{{ randBytes 1000000000 }}", id="randBytes"),
    pytest.param("{{ uniq (until 20000) | len }}{{ range 1000000000 }}{{ end }}", id="uniq"),
    pytest.param("{{ range 500 }}{{ $x := derivePassword 1 `long` `p` `u` `s` }}{{ end }}", id="derivePassword"),
    pytest.param("{{ range 500 }}{{ $x := genPrivateKey `ecdsa` }}{{ end }}", id="genPrivateKey"),
    pytest.param(
        "{{ $x := repeat 3000 `a` }}{{ range 99999 }}{{ $y := regexMatch `^(a+)+$` $x }}{{ end }}", id="regexes"
    ),
    pytest.param("{{ $x := dict }}{{ $x" + ".a" * 100_000 + " }}", id="a very long chain of fields"),
]


@pytest.mark.parametrize("template", ATTACKS)
def test_a_bound_is_hit(render: Render, template: str) -> None:
    started = time.thread_time()
    with pytest.raises(TemplateError):
        render(template)
    # One second of CPU is the bound; compiling, one function call and slow-by-design operations come on top.
    assert time.thread_time() - started < 8


@pytest.mark.parametrize("template", [case for case in ATTACKS if "doubl" in str(case.id) or "wide" in str(case.id)])
def test_memory_stays_within_the_account(render: Render, template: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError):
            render(template, limits=Limits(allocated_bytes=8 * MEBIBYTE, steps=10_000, cpu_seconds=30))
        assert tracemalloc.get_traced_memory()[1] < 64 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", id="20000 parentheses"),
        pytest.param("{{ if 1 }}" * 20_000 + "{{ end }}" * 20_000, id="20000 blocks"),
        pytest.param("{{ if 0 }}" + "{{ else if 0 }}" * 20_000 + "{{ end }}", id="20000 else ifs"),
        pytest.param("{{ 1 }}" * 60_000, id="60000 actions"),
        pytest.param("{{ print" + " 1" * 60_000 + " }}", id="60000 arguments"),
        pytest.param("a" * (2 * MEBIBYTE), id="a source of 2 MiB"),
        pytest.param("{{ " + "1" * 100_000 + " }}", id="a number of 100000 digits"),
        pytest.param("{{ '" + "a" * 100_000 + " }}", id="a character never closed"),
    ],
)
def test_too_large_to_compile(source: str) -> None:
    with pytest.raises(ParseError):
        compile_template(source, name="config", dialect=EXTERNAL_SECRETS)


@pytest.mark.parametrize(
    ("limits", "template", "said"),
    [
        pytest.param(Limits(steps=100), "{{ range 200 }}{{ end }}", "100 steps", id="steps"),
        pytest.param(Limits(output_bytes=10), "{{ range 11 }}x{{ end }}", "output bytes", id="output"),
        pytest.param(Limits(allocated_bytes=10_000), "{{ repeat 10001 `a` | len }}", "memory", id="memory"),
        pytest.param(
            Limits(value_depth=3), "{{ list (list (list (list (list 1)))) }}", "3 levels", id="depth of values"
        ),
        pytest.param(
            Limits(depth=3), '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', "3 levels", id="calls"
        ),
        pytest.param(
            Limits(expensive_operations=2), "{{ range 9 }}{{ bcrypt `a` }}{{ end }}", "password hashes", id="hashes"
        ),
    ],
)
def test_limits_are_settings(render: Render, limits: Limits, template: str, said: str) -> None:
    with pytest.raises(LimitError, match=said):
        render(template, limits=limits)


def test_cpu_time_is_a_bound() -> None:
    seconds = iter(number / 10 for number in range(10_000))
    context = Context(clock=lambda: 0, entropy=bytes, cpu_clock=lambda: next(seconds), limits=Limits(cpu_seconds=0.5))
    template = compile_template("{{ range 100000 }}{{ end }}", name="config", dialect=EXTERNAL_SECRETS)
    with pytest.raises(LimitError, match=r"0\.5 s of CPU time"):
        template.render({}, context=context)


def test_slow_operations_do_not_count_as_cpu_time(render: Render) -> None:
    assert render("{{ bcrypt `a` | len }}", limits=Limits(cpu_seconds=0.02)) == b"60"


def test_compile_limits_are_settings() -> None:
    nested = "{{ if 1 }}{{ if 1 }}{{ end }}{{ end }}"
    compile_template(nested, name="config", dialect=EXTERNAL_SECRETS, limits=CompileLimits(nesting=2))
    with pytest.raises(ParseError, match="nest deeper than 1 levels"):
        compile_template(nested, name="config", dialect=EXTERNAL_SECRETS, limits=CompileLimits(nesting=1))


def test_what_is_allowed_still_works(render: Render) -> None:
    nested = "{{ if 1 }}" * 55 + "x" + "{{ end }}" * 55
    recursive = '{{ define "a" }}{{ if . }}{{ template "a" (rest .) }}{{ end }}x{{ end }}{{ template "a" (until 50) }}'
    assert render(nested) == b"x"
    assert render(recursive) == b"x" * 51
    assert len(render("{{ range 1000 }}" + "a" * 1000 + "{{ end }}")) == 1_000_000
