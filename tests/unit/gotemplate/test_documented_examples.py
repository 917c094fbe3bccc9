"""What ``docs/templating.md`` says of the language and of each function is what is printed, and nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from secrets_operator.rendering.gotemplate import EXTERNAL_SECRETS, SEALED_SECRETS, Limits
from secrets_operator.rendering.gotemplate.registry import functions_of
from tests.documented_data import PLAIN, documented_data
from tests.rows import Row, check_each

Render = Callable[..., bytes]

DOCUMENT = (Path(__file__).parents[3] / "docs" / "templating.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^- ((?:[^\n]|\n(?!- ))*?)\\\n  ([^\n]+) → ([^\n]+)$", re.MULTILINE)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
ELSEWHERE = "In templates of ExternalSecret only."


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the document: what it is about, an example, and what that prints or matches."""

    names: tuple[str, ...]
    section: str
    text: str
    template: str
    expected: str
    is_pattern: bool


def code(markdown: str) -> str:
    """Return the content of a code span; one space at both ends belongs to the marks."""
    found = CODE.fullmatch(markdown)
    assert found, markdown
    content = found[2]
    return content[1:-1] if content.startswith(" ") and content.endswith(" ") else content


def entries() -> list[Entry]:
    found = []
    for section in re.split(r"^##+ ", DOCUMENT, flags=re.MULTILINE):
        for text, template, result in ENTRY.findall(section):
            head = text.partition("`: ")[0] + "`" if text.startswith("`") else ""
            names = tuple(span[1].split()[0] for span in CODE.findall(head))
            is_pattern = result.startswith("matches ")
            printed = "" if result == "nothing" else code(result.removeprefix("matches "))
            expected = printed if is_pattern else printed.replace("↵", "\n")
            found.append(Entry(names, section, text, code(template), expected, is_pattern))
    return found


def table(title: str) -> dict[str, str]:
    """Return the first two cells of each row of the table that follows a heading."""
    section = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", section, re.MULTILINE)
    return dict(rows)


ENTRIES = entries()
FUNCTIONS = [entry for entry in ENTRIES if entry.names]


@pytest.fixture(scope="module")
def data() -> dict[str, bytes]:
    return documented_data()


def rows(shown: list[Entry]) -> list[Row]:
    return [Row(entry.template, (entry,)) for entry in shown]


def test_every_example_prints_what_the_document_says(render: Render, data: dict[str, bytes]) -> None:
    def check(entry: Entry) -> None:
        printed = render(entry.template, data).decode()
        if entry.is_pattern:
            assert re.fullmatch(entry.expected, printed)
        else:
            assert printed == entry.expected

    check_each(rows(ENTRIES), check)


def test_no_example_escapes_this_test() -> None:
    assert len(ENTRIES) == DOCUMENT.count(" → ")


def test_every_function_has_one_entry() -> None:
    assert sorted(name for entry in FUNCTIONS for name in entry.names) == sorted(functions_of(EXTERNAL_SECRETS))


def test_every_example_of_a_function_calls_it() -> None:
    def check(entry: Entry) -> None:
        assert any(re.search(rf"(?<![\w.]){name}\b", entry.template) for name in entry.names)

    check_each(rows(FUNCTIONS), check)


def test_what_sealed_secrets_does_not_have_is_said() -> None:
    said = {
        name
        for entry in FUNCTIONS
        if ELSEWHERE in " ".join(entry.text.split()) or ELSEWHERE in entry.section.partition("\n- ")[0]
        for name in entry.names
    }
    assert said == set(functions_of(EXTERNAL_SECRETS)) - set(functions_of(SEALED_SECRETS))


def test_the_limits_are_those_of_the_engine() -> None:
    stated = {code(name): float(meaning.split()[0]) for name, meaning in table("Limits").items()}
    assert stated == {field.name: float(getattr(Limits(), field.name)) for field in fields(Limits)}


def test_the_plain_data_are_those_of_the_document() -> None:
    stated = {cell: code(value) for cell, value in table("The language").items() if value.startswith("`")}
    assert stated == {f"`.{name}`": value.decode() for name, value in PLAIN.items() if value}
