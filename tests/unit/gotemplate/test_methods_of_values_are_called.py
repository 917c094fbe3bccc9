"""Values that have methods in Go have them here: called with arguments, in chains, in pipelines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from secrets_operator.rendering.gotemplate import ExecError

Render = Callable[..., bytes]


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param("{{ now.Year }}", b"2024", id="without arguments, on a function's result"),
        pytest.param("{{ (now).Unix }}", b"1704110400", id="on a parenthesis"),
        pytest.param("{{ $t := now }}{{ $t.Year }}", b"2024", id="on a variable"),
        pytest.param("{{ with now }}{{ .Year }}{{ end }}", b"2024", id="on dot"),
        pytest.param("{{ now.Format `2006-01-02` }}", b"2024-01-01", id="with an argument"),
        pytest.param("{{ (now.AddDate 1 2 3).Format `2006-01-02` }}", b"2025-03-04", id="with several, in a chain"),
        pytest.param("{{ `2006` | now.Format }}", b"2024", id="with the value of a pipeline"),
        pytest.param("{{ now.UTC.Year }}", b"2024", id="a method of a method's result"),
        pytest.param("{{ print now.Month }}", b"January", id="as an argument"),
    ],
)
def test_methods(render: Render, template: str, printed: bytes) -> None:
    assert render(template) == printed


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ now.Nope }}", id="no such method"),
        pytest.param("{{ now.Year 1 }}", id="too many arguments"),
        pytest.param("{{ now.Format }}", id="too few"),
        pytest.param("{{ now.Format 1 }}", id="of another type"),
        pytest.param("{{ 1 | now.Format }}", id="piped, of another type"),
        pytest.param("{{ (dict `a` 1).a 1 }}", id="an argument for a key"),
    ],
)
def test_wrong_calls(render: Render, template: str) -> None:
    with pytest.raises(ExecError):
        render(template)
