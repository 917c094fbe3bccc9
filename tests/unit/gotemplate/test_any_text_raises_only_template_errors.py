"""Whatever a template says, it renders or raises TemplateError, and stays within its steps."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    SEALED_SECRETS,
    Context,
    Dialect,
    Limits,
    TemplateError,
    compile_template,
)
from secrets_operator.rendering.gotemplate.registry import EXTERNAL_SECRETS_FUNCTIONS
from tests.template_recordings import recording

DATA, CASES = recording("language")
SOURCES = [case["template"] for case in CASES]
LIMITS = Limits(steps=20_000, cpu_seconds=20, allocated_bytes=4 * 1024 * 1024, expensive_operations=0)

PIECES = [
    *"|().$,:=-\"'` \n",
    *("{{", "}}", "{{-", "-}}", "{{/*", "*/}}", ":=", "0x1F", "1e3", "1i", "'a'", '"s"', "`r`", "nil", "true", "$x"),
    *("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"),
    *(
        ".s",
        ".json",
        ".nope",
        "{{end}}",
        "{{else}}",
        "{{range 3}}",
        "{{with .s}}",
        '{{define "T"}}',
        '{{template "T" .}}',
    ),
    *("\x00", "\udc80", "é", "日"),
]
pieces = st.sampled_from(PIECES) | st.sampled_from(sorted(EXTERNAL_SECRETS_FUNCTIONS)).map(lambda name: f" {name} ")
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def render_safely(source: str | bytes, dialect: Dialect = EXTERNAL_SECRETS) -> None:
    """Render; any exception but TemplateError fails the test by itself."""
    context = Context(clock=lambda: 0, entropy=bytes, cpu_clock=time.thread_time, limits=LIMITS)
    try:
        output = compile_template(source, name="t", dialect=dialect).render(DATA, context=context)
    except TemplateError as error:
        output = str(error).encode()
    else:
        assert context.steps <= LIMITS.steps
        assert context.allocated <= LIMITS.allocated_bytes
    assert isinstance(output, bytes)


@quick
@given(st.text())
def test_any_text(source: str) -> None:
    render_safely(source)
    render_safely("{{" + source + "}}")


@quick
@given(st.binary())
def test_any_bytes(source: bytes) -> None:
    render_safely(source)
    render_safely(b"{{" + source + b"}}")


@quick
@given(st.lists(pieces, max_size=30).map("".join))
def test_any_tokens(source: str) -> None:
    render_safely(source)
    render_safely("{{" + source + "}}", SEALED_SECRETS)


@quick
@given(st.sampled_from(SOURCES), st.integers(0, 2000), st.integers(0, 12), st.lists(pieces, max_size=4).map("".join))
def test_mutations_of_real_templates(source: str, start: int, removed: int, inserted: str) -> None:
    start %= len(source) + 1
    render_safely(source[:start] + inserted + source[start + removed :])


VALUES = [
    *("nil", "0", "-1", "3", "1.5", "1i", '""', '"a,b"', "true", ".", ".json", "9223372036854775807", "(int64 -9)"),
    *(
        "(list)",
        "(list 1 nil `a`)",
        "(dict `a` 1)",
        "(dict `a` (list (dict)))",
        "(until 3)",
        "(now)",
        "(semver `1.2.3`)",
    ),
]
arguments = st.sampled_from(VALUES)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(EXTERNAL_SECRETS_FUNCTIONS)), st.lists(arguments, max_size=5))
def test_any_arguments_for_any_function(name: str, given_arguments: list[str]) -> None:
    render_safely(f"{{{{ {name} {' '.join(given_arguments)} }}}}")
