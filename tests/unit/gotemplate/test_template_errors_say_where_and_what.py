"""An error names template, line, column and expression and says what to do; it never shows a value."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    Context,
    ParseError,
    TemplateError,
    compile_template,
)
from secrets_operator.rendering.gotemplate.registry import EXTERNAL_SECRETS_FUNCTIONS, SEALED_SECRETS_FUNCTIONS
from tests.rows import Row, check_each

Render = Callable[..., bytes]
CANARY = b"c4nary-9f2e71"
DATA = {"user": b"app", "password": CANARY, "tls.crt": b"CRT", "json": b'{"' + CANARY + b'": "' + CANARY + b'"}'}


def failure(render: Render, template: str, **options: object) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(template, DATA, **options)
    return caught.value


@pytest.mark.parametrize(
    ("template", "line", "column", "expression"),
    [
        pytest.param("{{ .nope }}", 1, 4, ".nope", id="a field on the first line"),
        pytest.param("a\nb: {{ .user }}{{ .nope }}", 2, 18, ".nope", id="a field behind others"),
        pytest.param("é{{ .nope }}", 1, 6, ".nope", id="columns count bytes"),
        pytest.param("{{ .user | upper | int64 | upper }}", 1, 28, "upper", id="a stage of a pipeline"),
        pytest.param("{{ upper (list 1 | first) }}", 1, 10, "(list 1 | first)", id="an argument in parentheses"),
        pytest.param("{{ if\n (index .user\n  99) }}{{ end }}", 2, 3, "index .user 99", id="a call over two lines"),
        pytest.param("{{ with $x := .user }}\n{{ $x.y }}{{ end }}", 2, 4, "$x.y", id="a field of a variable"),
        pytest.param('{{ define "a" }}\n {{ .x }}{{ end }}{{ template "a" .user }}', 2, 5, ".x", id="in a definition"),
        pytest.param("\n{{ range 1000000000 }}{{ end }}", 2, 10, "1000000000", id="a bound"),
        pytest.param("{{ (dict `a` 1).b.c }}", 1, 4, "(dict `a` 1).b.c", id="a chain"),
    ],
)
def test_place_of_what_fails(render: Render, template: str, line: int, column: int, expression: str) -> None:
    error = failure(render, template)
    assert error.place is not None
    assert (error.place.template, error.place.line, error.place.column) == ("config", line, column)
    assert error.place.expression == expression
    assert str(error).startswith(f"template config:{line}:{column}: at <{expression}>: ")


@pytest.mark.parametrize(
    ("template", "line", "column", "said"),
    [
        pytest.param("a\n  {{ .a-b }}", 2, 8, "index", id="a dash in a name"),
        pytest.param("{{ uppre .user }}", 1, 4, "did you mean upper?", id="a misspelt function"),
        pytest.param("{{ password }}", 1, 4, "written .password", id="a key without its dot"),
        pytest.param("{{ toJSON . }}", 1, 4, "use toJson", id="a function of the old engine"),
        pytest.param('{{ env "HOME" }}', 1, 4, "environment", id="the environment"),
        pytest.param('{{ include "x" . }}', 1, 4, "Helm", id="a function of Helm"),
        pytest.param("{{ $x }}", 1, 4, "declare it first: $x := ...", id="an undefined variable"),
        pytest.param("x\n{{ if .user }}\nmore", 2, 4, "add {{end}}", id="an open block, at its start"),
        pytest.param("{{ .user | 3 }}", 1, 12, "must be a function", id="a value in a pipeline"),
        pytest.param("{{ template user }}", 1, 13, "string literal", id="a bare template name"),
        pytest.param("{{ end }}", 1, 4, "no open block", id="an end of nothing"),
        pytest.param('{{ "abc }}', 1, 4, "unterminated quoted string", id="an open string"),
        pytest.param("{{ .user", 1, 9, "unclosed action: }} is missing", id="an open action"),
    ],
)
def test_parse_errors_help(render: Render, template: str, line: int, column: int, said: str) -> None:
    error = failure(render, template)
    assert isinstance(error, ParseError)
    assert error.place is not None
    assert (error.place.line, error.place.column) == (line, column)
    assert said in str(error)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param(
            "{{ .usr }}", "the data has the keys json, password, tls.crt, user; did you mean user?", id="keys"
        ),
        pytest.param("{{ .tls.crt }}", 'map has no entry for key "tls"', id="a dotted key"),
        pytest.param("{{ .user.crt }}", 'index . "tls.crt"', id="a field of a string"),
        pytest.param(
            "{{ (.json | fromJson).x }}", "this map has 1 key", id="keys of other maps are counted, not named"
        ),
        pytest.param("{{ upper 3 }}", "the function takes a string here", id="a literal of another type"),
        pytest.param("{{ upper (list 1 | first) }}", "toString makes a string of it", id="a value of another type"),
        pytest.param("{{ upper (list 1) }}", "toJson makes a string of it", id="a list for a string"),
        pytest.param('{{ hasKey . "user" }}', 'index . "key"', id="a dictionary function on the data"),
        pytest.param("{{ range .user }}{{ end }}", "splitList makes a list of a string", id="a range over a string"),
        pytest.param("{{ eq 1 1.0 }}", "incompatible types for comparison: int and float64", id="kinds that differ"),
        pytest.param(
            '{{ template "b" }}{{ define "a" }}{{ end }}', 'defined templates are "a", "config"', id="template"
        ),
        pytest.param("{{ upper `a` `b` }}", "wrong number of args for upper: want 1 got 2", id="arguments"),
    ],
)
def test_run_time_errors_help(render: Render, template: str, said: str) -> None:
    assert said in str(failure(render, template))


def test_many_keys_are_shortened(render: Render) -> None:
    with pytest.raises(TemplateError, match=r"k019 and 480 more"):
        render("{{ .nope }}", {f"k{number:03d}": b"" for number in range(500)})


@pytest.mark.parametrize("source", ["{{ " + "x" * 100_000 + " }}", "{{ ." + "x" * 100_000 + " }}"], ids=["name", "key"])
def test_messages_stay_short(render: Render, source: str) -> None:
    assert len(str(failure(render, source))) < 3000


def shown(error: BaseException) -> str:
    """Return all that logging or a debugger could print of an error, with its causes and its frames' arguments."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()) + repr(
        (error, error.args, vars(error), error.__cause__, error.__context__)
    )


LEAKS = [
    "{{ .password.x }}",
    "{{ index . .password .password }}",
    "{{ index (dict) .password .password }}",
    "{{ (dict .password 1).nope }}",
    "{{ eq .password 1 }}",
    "{{ eq (list .password) (list .password) }}",
    "{{ lt .password nil }}",
    "{{ range .password }}{{ end }}",
    "{{ fail .password }}",
    "{{ .password | mustFromJson }}",
    "{{ mustToDate `2006` .password }}",
    "{{ mustRegexMatch .password `(` }}{{ mustRegexMatch (print `(` .password) `a` }}",
    "{{ semver .password }}",
    "{{ semverCompare .password `1` }}",
    "{{ urlParse (print `http://[` .password) }}",
    "{{ b64dec .password | upper | add 1 | upper }}",
    "{{ (.json | fromJson).x }}",
    "{{ template .password }}",
    "{{ decryptAES .password .password }}",
    "{{ .password | filterPEM `X` | fail }}",
    "{{ $x := .password }}{{ range 1000000000 }}{{ $x = print $x $x }}{{ end }}",
]


@pytest.mark.parametrize("template", LEAKS)
def test_no_value_in_an_error(render: Render, template: str) -> None:
    assert CANARY.decode() not in shown(failure(render, template))


@pytest.mark.parametrize("count", range(5))
def test_no_function_shows_its_arguments(make_context: Callable[..., Context], count: int) -> None:
    def check(name: str) -> None:
        source = f"{{{{ {name} {'.password ' * count} }}}}"
        template = compile_template(source, name="config", dialect=EXTERNAL_SECRETS)
        error: TemplateError | None = None
        try:
            template.render(DATA, context=make_context())
        except TemplateError as raised:
            error = raised
        assert error is None or CANARY.decode() not in shown(error)

    check_each((Row(name, (name,)) for name in sorted(EXTERNAL_SECRETS_FUNCTIONS)), check)


def test_errors_survive_pickling(render: Render) -> None:
    error = failure(render, "{{ .nope }}")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.place) == (type(error), str(error), error.place)


def test_no_attribute_of_python_is_reachable(render: Render) -> None:
    names = ["__class__", "entries", "items", "fields", "go_type", "methods", "data", "go_string", "numerator", "real"]
    holders = [".user", "(list 1)", "(dict)", "$", "(now)", "(int64 1)", "(duration 1)", "1.5", "(semver `1.2.3`)"]
    for holder in holders:
        for name in names:
            with pytest.raises(TemplateError):
                render(f"{{{{ ({holder}).{name} }}}}", DATA)


def test_both_dialects_name_their_functions() -> None:
    assert all(name == function.name for name, function in EXTERNAL_SECRETS_FUNCTIONS.items())
    assert set(SEALED_SECRETS_FUNCTIONS) < set(EXTERNAL_SECRETS_FUNCTIONS)
