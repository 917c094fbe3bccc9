"""Actions, blocks, variables, definitions and white space mean what they mean in Go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError, ParseError

Render = Callable[..., bytes]
DATA = {"s": b"hello", "empty": b"", "tls.crt": b"CRT"}


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("a {{- 1 -}} b", b"a1b", id="both markers trim"),
        pytest.param("a \t\r\n{{- 1 }} b", b"a1 b", id="all white space before a left marker goes"),
        pytest.param("a {{ 1 -}} \n\n b", b"a 1b", id="all white space after a right marker goes"),
        pytest.param("a {{-1}} b", b"a -1 b", id="a minus without a space is a sign"),
        pytest.param("{{- -1 -}}", b"-1", id="marker and sign side by side"),
        pytest.param("a {{- /* c */ -}} b", b"ab", id="a comment trims, too"),
        pytest.param("{{/* a\nb */}}x", b"x", id="a comment may span lines"),
        pytest.param("{{\n.s\n| upper\n}}", b"HELLO", id="an action may span lines"),
        pytest.param("{{ `a\r\nb` }}", b"a\nb", id="carriage returns leave raw strings"),
        pytest.param('{{ "}}" }}', b"}}", id="delimiters inside strings are text"),
        pytest.param("{{ '\\n' }}{{ 'a' }}{{ '\\u00e9' }}", b"1097233", id="characters are numbers"),
        pytest.param('{{ "\\xff\\101\\u00e9" }}', b"\xffA\xc3\xa9", id="escapes of bytes and runes"),
        pytest.param("{{ .s }}}}", b"hello}}", id="a right delimiter outside an action is text"),
    ],
)
def test_text_and_tokens(render: Render, template: str, printed: bytes) -> None:
    assert render(template, DATA) == printed


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", b"2", id="assignment changes the variable"),
        pytest.param("{{ $x := 0 }}{{ if true }}{{ $x = 1 }}{{ end }}{{ $x }}", b"1", id="also from an inner block"),
        pytest.param("{{ $x := 0 }}{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", b"0", id="a declaration shadows"),
        pytest.param("{{ if $x := 1 }}{{ $x }}{{ else }}-{{ end }}", b"1", id="a condition declares for its blocks"),
        pytest.param("{{ with $x := .s }}{{ $x }}{{ . }}{{ end }}", b"hellohello", id="with declares and sets dot"),
        pytest.param("{{ with .s }}{{ $.empty }}{{ . }}{{ end }}", b"hello", id="$ stays the root"),
        pytest.param("{{ range $i, $e := until 2 }}{{ $i }}{{ $e }},{{ end }}", b"00,11,", id="index and element"),
        pytest.param("{{ range $k := dict `b` 1 `a` 2 }}{{ $k }}{{ end }}", b"21", id="one variable is the element"),
        pytest.param("{{ range $k, $v := dict `b` 1 `a` 2 }}{{ $k }}{{ $v }}{{ end }}", b"a2b1", id="sorted keys"),
        pytest.param("{{ $x := 9 }}{{ range $x = until 3 }}{{ end }}{{ $x }}", b"2", id="a range may assign"),
        pytest.param("{{ range $x := list }}{{ else }}{{ $x }}{{ end }}", b"[]", id="else sees what was ranged over"),
        pytest.param(
            "{{ $a := 0 }}{{ if false }}{{ $a := 1 }}{{ else }}{{ $a }}{{ end }}", b"0", id="a branch not taken"
        ),
        pytest.param("{{ print ($y := 1) $y }}", b"1 1", id="a declaration in parentheses holds on"),
    ],
)
def test_variables(render: Render, template: str, printed: bytes) -> None:
    assert render(template, DATA) == printed


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("{{ if .empty }}a{{ else if .s }}b{{ else }}c{{ end }}", b"b", id="else if"),
        pytest.param("{{ with .empty }}a{{ else with .s }}{{ . }}{{ end }}", b"hello", id="else with"),
        pytest.param("{{ if 0 }}{{ else if 0.0 }}{{ else if `` }}{{ else }}y{{ end }}", b"y", id="zeros"),
        pytest.param(
            "{{ if list }}a{{ else if dict }}b{{ else if 0i }}c{{ else }}d{{ end }}", b"d", id="empty is false"
        ),
        pytest.param("{{ range 3 }}{{ . }}{{ end }}", b"012", id="range over an integer"),
        pytest.param("{{ range -1 }}a{{ else }}b{{ end }}", b"b", id="nothing below zero"),
        pytest.param("{{ range int64 2 }}{{ printf `%T` . }}{{ end }}", b"int64int64", id="in its own type"),
        pytest.param(
            "{{ range 9 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}",
            b"02",
            id="continue and break",
        ),
        pytest.param("{{ range 2 }}{{ range 3 }}{{ break }}{{ end }}x{{ end }}", b"xx", id="break leaves one loop"),
        pytest.param("{{ range list nil }}{{ . }}{{ end }}", b"<no value>", id="nil among elements"),
        pytest.param("{{ and 1 0 (fail `x`) }}{{ or 0 2 (fail `x`) }}", b"02", id="and, or stop early"),
        pytest.param("{{ 5 | and 1 }}{{ 0 | or 3 }}", b"53", id="and, or in a pipeline"),
        pytest.param("{{ not 0 }}{{ not `a` }}", b"truefalse", id="not"),
    ],
)
def test_blocks(render: Render, template: str, printed: bytes) -> None:
    assert render(template, DATA) == printed


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param('{{ define "x" }}{{ . }}|{{ $ }}{{ end }}{{ template "x" 1 }}', b"1|1", id="dot and $ are given"),
        pytest.param('{{ template "x" }}{{ define "x" }}{{ . }}{{ end }}', b"<no value>", id="no dot, defined later"),
        pytest.param('{{ block "x" 1 }}{{ . }}{{ end }}{{ template "x" 2 }}', b"12", id="block defines and calls"),
        pytest.param(
            '{{ define "x" }}a{{ end }}{{ define "x" }} {{ end }}{{ template "x" }}', b"a", id="blank one lost"
        ),
        pytest.param(
            '{{ define "x" }} {{ end }}{{ define "x" }}b{{ end }}{{ template "x" }}', b"b", id="blank one gone"
        ),
        pytest.param('{{ define "config" }}b{{ end }}', b"b", id="a definition named like the template is its body"),
        pytest.param(
            '{{ define "r" }}{{ with . }}{{ first . }}{{ template "r" (rest .) }}{{ end }}{{ end }}'
            '{{ template "r" (list 1 2) }}',
            b"12",
            id="recursion",
        ),
    ],
)
def test_definitions(render: Render, template: str, printed: bytes) -> None:
    assert render(template, DATA) == printed


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ $x }}", id="an undefined variable"),
        pytest.param("{{ $x = 1 }}{{ $x }}{{ $y }}", id="another one"),
        pytest.param("{{ if $x := 1 }}{{ end }}{{ $x }}", id="a variable out of scope"),
        pytest.param("{{ nosuch }}", id="an unknown function"),
        pytest.param('{{ env "HOME" }}', id="env does not exist"),
        pytest.param('{{ expandenv "$HOME" }}', id="expandenv does not exist"),
        pytest.param('{{ getHostByName "localhost" }}', id="getHostByName does not exist"),
        pytest.param("{{ .a-b }}", id="a dash in a name"),
        pytest.param("{{ 1 | 2 }}", id="a value in a later stage"),
        pytest.param("{{ break }}", id="break outside range"),
        pytest.param("{{ range . }}{{ else }}{{ continue }}{{ end }}", id="continue in else of range"),
        pytest.param(
            "{{ range . }}{{ block `x` . }}{{ break }}{{ end }}{{ end }}", id="break in a block's own template"
        ),
        pytest.param("{{ if .s }}", id="a block never closed"),
        pytest.param("{{ end }}", id="an end of nothing"),
        pytest.param("{{ if .s }}{{ else }}{{ else }}{{ end }}", id="two elses"),
        pytest.param("{{ if .s }}{{ else with .s }}{{ end }}", id="if with an else with"),
        pytest.param("{{ define `x` }}a{{ end }}{{ define `x` }}b{{ end }}", id="two bodies of one name"),
        pytest.param("{{ if 1 }}{{ define `x` }}{{ end }}{{ end }}", id="a definition in a block"),
        pytest.param("{{ (1 }}", id="a parenthesis never closed"),
        pytest.param("{{ 1) }}", id="a parenthesis never opened"),
        pytest.param("{{ () }}", id="empty parentheses"),
        pytest.param("{{ }}", id="an empty action"),
        pytest.param('{{ "a }}', id="a string never closed"),
        pytest.param("{{/* a }}", id="a comment never closed"),
        pytest.param("{{/* a */ }}", id="a space behind a comment"),
        pytest.param("{{ 'ab' }}", id="two characters in one"),
        pytest.param('{{ "\\q" }}', id="an unknown escape"),
        pytest.param("{{ true.x }}", id="a field of a literal"),
        pytest.param("{{ $a, $b := 1 }}", id="two variables outside range"),
        pytest.param("{{ range $a, $b, $c := . }}{{ end }}", id="three variables"),
        pytest.param("{{ template .s }}", id="a computed template name"),
    ],
)
def test_refused_when_parsed(render: Render, template: str) -> None:
    with pytest.raises(ParseError):
        render(template, DATA)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ nil }}", id="nil as a command"),
        pytest.param("{{ true 1 }}", id="an argument for a literal"),
        pytest.param("{{ .s 1 }}", id="an argument for a field"),
        pytest.param("{{ $x := 1 }}{{ 3 | $x }}", id="a value piped into a variable"),
        pytest.param("{{ upper 3 }}", id="a number for a string"),
        pytest.param("{{ upper (list 1 | first) }}", id="a computed number for a string"),
        pytest.param("{{ upper nil }}", id="nil for a string"),
        pytest.param("{{ upper `a` `b` }}", id="too many arguments"),
        pytest.param("{{ upper }}", id="too few arguments"),
        pytest.param("{{ template `nope` }}", id="a template that is not defined"),
        pytest.param("{{ range `abc` }}{{ end }}", id="a range over a string"),
        pytest.param("{{ range $i, $e := 3 }}{{ end }}", id="two variables over an integer"),
        pytest.param("{{ call .s }}", id="a call of a string"),
        pytest.param("{{ index .s 9 }}", id="an index out of range"),
        pytest.param("{{ index . 1 }}", id="a key of another type"),
        pytest.param("{{ len 3 }}", id="the length of a number"),
        pytest.param(
            "{{ if true }}{{ $a := 1 }}{{ end }}{{ if false }}{{ $b := 1 }}{{ else }}{{ $b }}{{ end }}", id="unset"
        ),
        pytest.param("{{ 18446744073709551615 }}", id="a number that overflows int"),
        pytest.param('{{ hasKey . "s" }}', id="a dictionary function on the data"),
        pytest.param("{{ .s.x }}", id="a field of a string"),
        pytest.param('{{ (dict "a" nil).a.b }}', id="a field of nil"),
    ],
)
def test_fails_when_run(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template, DATA)


@pytest.mark.parametrize(
    ("left", "right"),
    [("<<", ">>"), ("[[", "]]"), ("<%=", "%>"), ("((", "))"), ("$", "$"), ("", "")],
    ids=["angles", "brackets", "longer ones", "parentheses", "the same twice", "empty ones are the usual"],
)
def test_delimiters_can_be_chosen(render: Render, left: str, right: str) -> None:
    source = "a {{- .s }} {{ if .s }}y{{ end }}".replace("{{", left or "{{").replace("}}", right or "}}")
    assert render(source, DATA, delimiters=(left, right)) == b"ahello y"
