"""A missing key is an error for External Secrets, ``<no value>`` for Sealed Secrets, and empty with ``index``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    EXTERNAL_SECRETS_LENIENT,
    SEALED_SECRETS,
    Dialect,
    ExecError,
    ParseError,
)

Render = Callable[..., bytes]
DATA = {"user": b"app", "json": b'{"a": {"b": null}}'}


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ .nope }}", id="printed"),
        pytest.param('{{ .nope | default "d" }}', id="default cannot rescue it"),
        pytest.param("{{ if .nope }}{{ end }}", id="in a condition"),
        pytest.param("{{ (.json | fromJson).nope }}", id="of an inner map"),
        pytest.param("{{ (.json | fromJson).a.b.c }}", id="of null"),
    ],
)
def test_an_error_when_strict(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template, DATA)


@pytest.mark.parametrize("dialect", [EXTERNAL_SECRETS_LENIENT, SEALED_SECRETS], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("{{ .nope }}", b"<no value>", id="printed"),
        pytest.param("{{ .nope.deeper }}", b"<no value>", id="a key of what is missing"),
        pytest.param("{{ (.json | fromJson).nope.deeper 1 }}", b"<no value>", id="even with an argument"),
        pytest.param("{{ toJson .nope }}", b"null", id="null in JSON"),
        pytest.param('{{ default "d" .nope }}', b"d", id="default helps"),
        pytest.param("{{ range .nope }}a{{ else }}b{{ end }}", b"b", id="an empty range"),
        pytest.param("{{ printf `%v` .nope }}", b"<nil>", id="nil for a function"),
    ],
)
def test_no_value_when_lenient(render: Render, dialect: Dialect, template: str, printed: bytes) -> None:
    assert render(template, DATA, dialect=dialect) == printed


def test_a_missing_value_is_no_string(render: Render) -> None:
    with pytest.raises(ExecError, match="invalid value; expected string"):
        render("{{ upper .nope }}", DATA, dialect=SEALED_SECRETS)


@pytest.mark.parametrize("dialect", [EXTERNAL_SECRETS, SEALED_SECRETS], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param('[{{ index . "nope" }}]', b"[]", id="index of a map of strings gives an empty string"),
        pytest.param('{{ index . "nope" | default "d" }}', b"d", id="which default replaces"),
        pytest.param('{{ index (.json | fromJson) "nope" }}', b"<no value>", id="index of a map of anything gives nil"),
        pytest.param("{{ (.json | fromJson).a.b }}", b"<no value>", id="a null is a value that is none"),
    ],
)
def test_index_never_fails_on_a_missing_key(render: Render, dialect: Dialect, template: str, printed: bytes) -> None:
    assert render(template, DATA, dialect=dialect) == printed


@pytest.mark.parametrize("name", ["hexdec", "toYaml", "fromYaml", "filterPEM", "pkcs12key", "rsaDecrypt"])
def test_sealed_secrets_has_sprig_alone(render: Render, name: str) -> None:
    with pytest.raises(ParseError, match=f'function "{name}" not defined'):
        render(f"{{{{ {name} }}}}", dialect=SEALED_SECRETS)


def test_htpasswd_takes_an_algorithm_for_external_secrets_alone(render: Render) -> None:
    assert render('{{ htpasswd "u" "p" "sha" }}').startswith(b"u:{SHA}")
    assert render('{{ htpasswd "u" "p" }}', dialect=SEALED_SECRETS).startswith(b"u:$2a$10$")
    with pytest.raises(ExecError, match="wrong number of args for htpasswd"):
        render('{{ htpasswd "u" "p" "sha" }}', dialect=SEALED_SECRETS)


def test_data_may_be_maps_of_maps(render: Render) -> None:
    data = {"auth": {"token": b"t"}, "other": {"x": b"y"}}
    assert render("{{ .auth.token }} {{ printf `%T` . }}", data) == b"t map[string]map[string]string"


def test_the_data_is_not_changed(render: Render) -> None:
    data = {"auth": {"token": b"t"}}
    assert render('{{ $x := toJson . | fromJson }}{{ $_ := set $x "a" 1 }}{{ unset $x "auth" }}', data) == b"map[a:1]"
    assert data == {"auth": {"token": b"t"}}
