"""The cache gives the same template again, and stays within its bounds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from secrets_operator.rendering.gotemplate import (
    EXTERNAL_SECRETS,
    SEALED_SECRETS,
    Context,
    ParseError,
    TemplateCache,
)


def test_the_same_template_is_compiled_once() -> None:
    cache = TemplateCache()
    first = cache.get("{{ .a }}", name="a", dialect=EXTERNAL_SECRETS)
    assert cache.get("{{ .a }}", name="a", dialect=EXTERNAL_SECRETS) is first
    assert len(cache) == 1


@pytest.mark.parametrize(
    ("source", "options"),
    [
        pytest.param("{{ .b }}", {}, id="another source"),
        pytest.param("{{ .a }}", {"name": "b"}, id="another name"),
        pytest.param("{{ .a }}", {"dialect": SEALED_SECRETS}, id="another dialect"),
        pytest.param("{{ .a }}", {"delimiters": ("<<", ">>")}, id="other delimiters"),
    ],
)
def test_what_differs_is_another_template(source: str, options: dict[str, Any]) -> None:
    cache = TemplateCache()
    first = cache.get("{{ .a }}", name="a", dialect=EXTERNAL_SECRETS)
    chosen: dict[str, Any] = {"name": "a", "dialect": EXTERNAL_SECRETS} | options
    second = cache.get(source, **chosen)
    assert second is not first
    assert len(cache) == 2


def test_the_least_recently_used_goes_first() -> None:
    cache = TemplateCache(entries=2)
    first = cache.get("1", name="a", dialect=EXTERNAL_SECRETS)
    second = cache.get("2", name="a", dialect=EXTERNAL_SECRETS)
    assert cache.get("1", name="a", dialect=EXTERNAL_SECRETS) is first
    cache.get("3", name="a", dialect=EXTERNAL_SECRETS)
    assert cache.get("1", name="a", dialect=EXTERNAL_SECRETS) is first
    assert cache.get("2", name="a", dialect=EXTERNAL_SECRETS) is not second


def test_sources_kept_are_bounded_in_bytes() -> None:
    cache = TemplateCache(source_bytes=100)
    for letter in "abcdef":
        cache.get(letter * 40, name="a", dialect=EXTERNAL_SECRETS)
    assert len(cache) == 2
    cache.get("g" * 101, name="a", dialect=EXTERNAL_SECRETS)
    assert len(cache) == 0


def test_what_does_not_compile_is_not_kept() -> None:
    cache = TemplateCache()
    with pytest.raises(ParseError):
        cache.get("{{", name="a", dialect=EXTERNAL_SECRETS)
    assert len(cache) == 0


def test_threads_share_a_cache_and_its_templates(make_context: Callable[..., Context]) -> None:
    cache = TemplateCache(entries=4)

    def run(number: int) -> bytes:
        template = cache.get(
            "{{ range $i := until 20 }}{{ $i }}{{ end }}{{ (now).Year }}" + "x" * (number % 8),
            name="a",
            dialect=EXTERNAL_SECRETS,
        )
        return template.render({}, context=make_context())

    digits = "".join(map(str, range(20))).encode() + b"2024"
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(200))) == [digits + b"x" * (number % 8) for number in range(200)]
    assert len(cache) <= 4
