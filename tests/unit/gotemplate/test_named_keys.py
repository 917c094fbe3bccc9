"""The keys that a template names outright."""

from __future__ import annotations

import pytest

from secrets_operator.rendering import gotemplate


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        pytest.param("plain", set(), id="none"),
        pytest.param("{{ .a }} {{ .b.c | upper }}", {"a", "b"}, id="fields"),
        pytest.param('{{ index . "a-b" }} {{ index $ "c" }}', {"a-b", "c"}, id="index"),
        pytest.param("{{ if .a }}{{ .b }}{{ else if .c }}{{ .d }}{{ end }}", {"a", "b", "c", "d"}, id="if"),
        pytest.param("{{ with .a }}{{ .b }}{{ $.c }}{{ else }}{{ .d }}{{ end }}", {"a", "c", "d"}, id="with"),
        pytest.param("{{ range .a }}{{ .b }}{{ end }}", {"a"}, id="range"),
        pytest.param('{{ printf "%s" (.a | default .b) }}', {"a", "b"}, id="arguments and parentheses"),
        pytest.param('{{ define "x" }}{{ .a }}{{ end }}{{ template "x" .b }}', {"b"}, id="definitions"),
        pytest.param("{{ (fromJson .a).b }} {{ $x := .c }}{{ $x.d }}", {"a", "c"}, id="chains and variables"),
    ],
)
def test_named_keys(source: str, keys: set[str]) -> None:
    assert gotemplate.named_keys(source, name="t", dialect=gotemplate.SEALED_SECRETS) == keys


def test_what_does_not_parse_is_an_error() -> None:
    with pytest.raises(gotemplate.ParseError, match='function "env" not defined'):
        gotemplate.named_keys('{{ env "HOME" }}', name="t", dialect=gotemplate.SEALED_SECRETS)
