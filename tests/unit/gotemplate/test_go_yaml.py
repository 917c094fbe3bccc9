"""toYaml writes what Go writes, fromYaml and string maps read what Go reads, and no document can do harm."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from secrets_operator.rendering.gotemplate import LimitError, Limits
from secrets_operator.rendering.gotemplate.functions.yaml_nodes import YamlError
from secrets_operator.rendering.gotemplate.functions.yaml_text import string_map
from tests.go_template_rendering import raw, recorded_rows, render
from tests.rows import check_each


def test_from_yaml_reads_what_go_reads() -> None:
    def check(row: dict[str, str]) -> None:
        found = render("{{ .y | fromYaml | toRawJson }}", y=raw(row["text"]))
        # What Go could not read comes out as a map whose key Error tells why, in libyaml's words and with Go's line.
        expected = {"Error": row["error"]} if "error" in row else json.loads(row["json"], parse_int=float)
        assert json.loads(found, parse_int=float) == expected

    check_each(recorded_rows("go-yaml-read"), check)


def test_to_yaml_writes_what_go_writes() -> None:
    def check(row: dict[str, str]) -> None:
        assert render("{{ .j | mustFromJson | toYaml }}", j=row["json"].encode()).decode() == row["yaml"]

    check_each(recorded_rows("go-yaml-written"), check)


def test_a_string_map_holds_what_go_would_decode_into_one() -> None:
    def check(row: dict[str, Any]) -> None:
        if row["map"] is None:
            with pytest.raises(YamlError):
                string_map(raw(row["text"]))
        else:
            assert string_map(raw(row["text"])) == {k.encode(): v.encode() for k, v in row["map"].items()}

    check_each(recorded_rows("go-yaml-maps"), check)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 5432", {"a": "5432"}, id="a number is its digits"),
        pytest.param("a: 0755", {"a": "493"}, id="a leading zero means octal"),
        pytest.param("a: 0x1F", {"a": "31"}, id="hexadecimal numbers become decimal"),
        pytest.param("a: 1.10", {"a": "1.1"}, id="a trailing zero is lost"),
        pytest.param("a: 1e3", {"a": "1000"}, id="an exponent is written out"),
        pytest.param("a: yes\nb: on\nc: true", {"a": "true", "b": "true", "c": "true"}, id="yes and on are true"),
        pytest.param("a: no\nb: off", {"a": "false", "b": "false"}, id="no and off are false"),
        pytest.param("a: null\nb: ~\nc:", {"a": "", "b": "", "c": ""}, id="null is the empty string"),
        pytest.param("a: 2020-01-01", {"a": "2020-01-01"}, id="a date stays as written"),
        pytest.param("a: !!binary aGk=", {"a": "hi"}, id="binary is decoded"),
        pytest.param(
            "a: '0755'\nb: |\n  x\n  y\n", {"a": "0755", "b": "x\ny\n"}, id="quoted and block text is literal"
        ),
        pytest.param("", {}, id="an empty document holds nothing"),
        pytest.param("a: 1\na: 2", {"a": "2"}, id="the last of equal keys wins"),
        pytest.param("1: x\ntrue: x", {"1": "x", "true": "x"}, id="keys become strings"),
        pytest.param("a: 1\n---\nb: 2", {"a": "1"}, id="a second document is ignored"),
    ],
)
def test_scalars_become_strings_as_in_keys_and_values_templates(text: str, expected: dict[str, str]) -> None:
    assert string_map(text.encode()) == {key.encode(): value.encode() for key, value in expected.items()}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a:\n  b: hunter2", id="a nested map"),
        pytest.param("a: [hunter2]", id="a list as a value"),
        pytest.param("- hunter2", id="a list"),
        pytest.param("hunter2", id="a scalar"),
        pytest.param("a: *hunter2", id="an unknown anchor"),
        pytest.param("a: !!int hunter2", id="a value that its tag does not fit"),
        pytest.param("? [hunter2]\n: x", id="a key that is a list"),
        pytest.param("~: hunter2", id="a null key"),
        pytest.param("&hunter2 a: *hunter2\nb: &x [*x]", id="a list that holds itself"),
        pytest.param("a: 'hunter2", id="an open quote"),
    ],
)
def test_what_is_no_string_map_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(YamlError) as caught:
        string_map(text.encode())
    assert "hunter2" not in f"{caught.value}{caught.value!r}{caught.value.__cause__}"


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 5_000, id="thousands of open brackets"),
        pytest.param("{a: " * 200_000, id="hundreds of thousands of open braces"),
        pytest.param("- " * 200_000, id="a line of dashes"),
        pytest.param("? " * 200_000, id="a line of question marks"),
        pytest.param("%TAG !a! x\n" * 100_000, id="a hundred thousand directives"),
        pytest.param("a: 1\n" * 400_000, id="more entries than steps"),
        pytest.param("x" * 70_000_000, id="more text than memory"),
    ],
)
def test_a_document_made_to_hurt_meets_a_limit_soon(text: str) -> None:
    started = time.process_time()
    with pytest.raises(LimitError):
        string_map(text.encode())
    assert time.process_time() - started < 5


def test_aliases_cannot_multiply_a_document() -> None:
    expected = b"error converting YAML to JSON: yaml: document contains excessive aliasing"
    assert render("{{ (.y | fromYaml).Error }}", y=LAUGHS.encode()) == expected
    many = b"a: &a [" + b"x," * 900 + b"x]\nb: &b [" + b"*a," * 800 + b"*a]\nc: *b\n"
    with pytest.raises(LimitError):
        string_map(many, limits=Limits(steps=100_000))


def test_a_document_of_little_but_aliases_is_refused_as_in_go() -> None:
    text = b"a: &a [x]\nb: [" + b"*a," * 2000 + b"*a]\n"
    assert render("{{ .y | fromYaml | len }}", y=text) == b"2"
    nested = (
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b ["
        + b"*a," * 19
        + b"*a]\nc: &c ["
        + b"*b," * 19
        + b"*b]\nd: ["
        + b"*c," * 5
        + b"*c]\n"
    )
    expected = b"error converting YAML to JSON: yaml: document contains excessive aliasing"
    assert render("{{ (.y | fromYaml).Error }}", y=nested) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d | toYaml }}', id="a dict that holds itself"),
        pytest.param(
            "{{ $l := list }}{{ range until 5000 }}{{ $l = list $l }}{{ end }}{{ $l | toYaml }}", id="a deep list"
        ),
        pytest.param(
            "{{ $d := list (repeat 1000000 `\n`) }}{{ range until 99 }}{{ $d = list $d }}{{ end }}{{ toYaml $d }}",
            id="a deep text of a million lines",
        ),
    ],
)
def test_to_yaml_keeps_within_the_limits(source: str) -> None:
    with pytest.raises(LimitError):
        render(source)


def test_bytes_that_are_not_text_become_replacement_characters() -> None:
    assert string_map(b"a: !!binary /wA=") == {b"a": b"\xef\xbf\xbd\x00"}
    assert render("{{ toYaml .b }}", b=b"\xff") == "\N{REPLACEMENT CHARACTER}".encode()
