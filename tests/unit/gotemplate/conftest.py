"""Rendering with hand-held clock and randomness."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    Context,
    Dialect,
    ExecError,
    Limits,
    ParseError,
    compile_template,
)

Render = Callable[..., bytes]
NOON = 1_704_110_400 * 10**9
"""Noon of the first of January 2024, in nanoseconds."""


def entropy(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


@pytest.fixture(scope="session")
def make_context() -> Callable[..., Context]:
    """Return a function that makes the account of one render."""

    def make(limits: Limits | None = None) -> Context:
        return Context(clock=lambda: NOON, entropy=entropy, cpu_clock=time.thread_time, limits=limits)

    return make


@pytest.fixture(scope="session")
def render(make_context: Callable[..., Context]) -> Render:
    """Return a function that compiles and renders a template."""

    def run(
        source: str | bytes,
        data: Mapping[str, bytes] | None = None,
        *,
        dialect: Dialect = EXTERNAL_SECRETS,
        limits: Limits | None = None,
        delimiters: tuple[str, str] = ("{{", "}}"),
        name: str = "config",
    ) -> bytes:
        template = compile_template(source, name=name, dialect=dialect, delimiters=delimiters)
        return template.render(data or {}, context=make_context(limits))

    return run


@pytest.fixture(scope="session")
def outcome(render: Render) -> Callable[[str, Mapping[str, bytes]], tuple[str, bytes]]:
    """Return a function that says how a template ends: ``ok``, ``parse`` or ``exec``, and what it printed."""

    def run(source: str, data: Mapping[str, bytes]) -> tuple[str, bytes]:
        try:
            # The recorded templates were named t, which shows where they define one of that name.
            return "ok", render(source, data, name="t")
        except ParseError:
            return "parse", b""
        except ExecError:
            return "exec", b""

    return run
