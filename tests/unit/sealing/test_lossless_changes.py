"""A change of a manifest text touches the lines it must and no others."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.changes import Change, Drop, Put, Rename, applied
from secrets_operator.sealing.lossless.text import ManifestText

ITEMS = ("spec", "encryptedData")
YAML = """\
# a comment at the top
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
    name: "db"   # the name
spec:
    encryptedData:  # the items
        # about one
        one: AgOne   # behind one
        "three": 'AgThree'
        zed: |
            AgZed
            AgMore

    # before the template
    template:
        type: Opaque
---
{kind: other, spec: {a: 1}}
"""
PRETTY = json.dumps(
    {
        "kind": "SealedSecret",
        "metadata": {"name": "db"},
        "spec": {"template": {}, "encryptedData": {"b": "Ag", "d": "Ag"}},
    },
    indent=2,
)
EMPTY = "spec:\n  encryptedData: {} # none yet\n"
LIST = "kind: List\nitems:\n- kind: A\n  spec:\n    encryptedData: {}\n- kind: B\n"


def difference(before: str, after: str) -> list[str]:
    """Return the lines that went (``-``) and came (``+``), in order."""
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=0)
    return [line.rstrip("\n") for line in lines if line[0] in "+-" and not line.startswith(("+++", "---"))]


def changed(text: str, *changes: Change, index: int = 1) -> str:
    return bytes(ManifestText.read(text.encode()).changed(index, changes)).decode()


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        pytest.param(
            YAML,
            Put((*ITEMS, "one"), "AgNew"),
            ["-        one: AgOne   # behind one", "+        one: AgNew   # behind one"],
            id="a plain value, the comment behind it stays",
        ),
        pytest.param(
            YAML,
            Put((*ITEMS, "three"), "AgNew"),
            ["-        \"three\": 'AgThree'", "+        \"three\": 'AgNew'"],
            id="a quoted value keeps its quotes",
        ),
        pytest.param(
            YAML,
            Put((*ITEMS, "zed"), "AgNew"),
            ["-        zed: |", "-            AgZed", "-            AgMore", "+        zed: AgNew"],
            id="a block becomes one line, the empty line behind it stays",
        ),
        pytest.param(YAML, Put((*ITEMS, "two"), "Ag"), ["+        two: Ag"], id="a new key at its alphabetical place"),
        pytest.param(YAML, Put((*ITEMS, "a"), "Ag"), ["+        a: Ag"], id="a first key"),
        pytest.param(YAML, Put((*ITEMS, "zz"), "Ag"), ["+        zz: Ag"], id="a last key, before the empty line"),
        pytest.param(
            YAML, Put((*ITEMS, "yes"), "Ag"), ['+        "yes": Ag'], id="a key that YAML takes for a boolean"
        ),
        pytest.param(YAML, Put((*ITEMS, "010"), "Ag"), ['+        "010": Ag'], id="a key that YAML takes for a number"),
        pytest.param(
            YAML,
            Put(("metadata", "annotations", "x/y"), '{"a": "b"}'),
            ["+    annotations:", '+        x/y: \'{"a": "b"}\''],
            id="a mapping is made on the way, indented like the others",
        ),
        pytest.param(
            YAML, Drop((*ITEMS, "one")), ["-        one: AgOne   # behind one"], id="a key goes with its line"
        ),
        pytest.param(
            YAML,
            Drop((*ITEMS, "zed")),
            ["-        zed: |", "-            AgZed", "-            AgMore"],
            id="a key goes with all its lines",
        ),
        pytest.param(
            YAML,
            Rename((*ITEMS, "three"), "four"),
            ["-        \"three\": 'AgThree'", "+        \"four\": 'AgThree'"],
            id="a key is renamed in its place",
        ),
        pytest.param(
            EMPTY,
            Put((*ITEMS, "a"), "Ag"),
            ["-  encryptedData: {} # none yet", "+  encryptedData: # none yet", "+    a: Ag"],
            id="braces make room for the first key",
        ),
        pytest.param("spec:\n  encryptedData:\n", Put((*ITEMS, "a"), "Ag"), ["+    a: Ag"], id="a null makes room"),
        pytest.param(
            "spec:\n  encryptedData:\n    a: Ag\n",
            Drop((*ITEMS, "a")),
            ["-  encryptedData:", "-    a: Ag", "+  encryptedData: {}"],
            id="the last key leaves braces",
        ),
        pytest.param(
            LIST,
            Put(("items", 0, *ITEMS, "a"), "Ag"),
            ["-    encryptedData: {}", "+    encryptedData:", "+      a: Ag"],
            id="an item of a List",
        ),
        pytest.param(PRETTY, Put((*ITEMS, "b"), "Aw"), ['-      "b": "Ag",', '+      "b": "Aw",'], id="JSON: a value"),
        pytest.param(PRETTY, Put((*ITEMS, "c"), "Ag"), ['+      "c": "Ag",'], id="JSON: a new key in between"),
        pytest.param(
            PRETTY,
            Put((*ITEMS, "e"), "Ag"),
            ['-      "d": "Ag"', '+      "d": "Ag",', '+      "e": "Ag"'],
            id="JSON: a last key, and its comma",
        ),
        pytest.param(PRETTY, Drop((*ITEMS, "b")), ['-      "b": "Ag",'], id="JSON: a key goes"),
        pytest.param(
            PRETTY,
            Put(("spec", "template", "metadata", "labels", "x"), "y"),
            [
                '-    "template": {},',
                '+    "template": {',
                '+      "metadata": {',
                '+        "labels": {',
                '+          "x": "y"',
                "+        }",
                "+      }",
                "+    },",
            ],
            id="JSON: mappings are made on the way",
        ),
        pytest.param(
            '{"a":{"b":"c"}}',
            Put(("a", "d"), "e"),
            ['-{"a":{"b":"c"}}', '+{"a":{"b":"c", "d":"e"}}'],
            id="JSON on a line",
        ),
    ],
)
def test_exactly_these_lines_change(text: str, change: Change, expected: list[str]) -> None:
    assert difference(text, changed(text, change)) == expected


def test_another_document_than_the_first_is_changed() -> None:
    after = changed(YAML, Put(("spec", "b"), "yes"), Drop(("spec", "a")), index=2)
    assert difference(YAML, after) == ["-{kind: other, spec: {a: 1}}", '+{kind: other, spec: {"b": "yes"}}']


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no byte order mark", "byte order mark"])
def test_line_ends_and_a_byte_order_mark_stay(newline: str, mark: str) -> None:
    text = mark + YAML.replace("\n", newline)
    after = changed(text, Put((*ITEMS, "two"), "Ag"))
    assert after == text.replace("        zed:", f"        two: Ag{newline}        zed:")


def test_a_file_without_a_last_line_break_still_has_none() -> None:
    assert changed("spec:\n  encryptedData:\n    a: b", Put((*ITEMS, "c"), "d")).endswith("a: b\n    c: d")


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        pytest.param(YAML, Drop((*ITEMS, "none")), "there is no spec.encryptedData.none", id="nothing to remove"),
        pytest.param(
            "a: &x {b: c}\nd: *x\n", Put(("d", "b"), "e"), "d is written with an anchor, alias or tag", id="an alias"
        ),
        pytest.param("a: &x {b: c}\nd: *x\n", Put(("a", "b"), "e"), "a is written with an anchor", id="an anchor"),
        pytest.param("a: {b: c, b: d}\n", Put(("a", "b"), "e"), "the key b is there twice", id="a key given twice"),
        pytest.param("a: [b]\n", Put(("a", "b"), "e"), "a is not an object", id="a list where an object should be"),
        pytest.param(
            "a: {b: {c: d}}\n", Put(("a", "b"), "e"), "a.b is not a string", id="an object where a text should be"
        ),
        pytest.param("x:\n- a: b\n  c: d\n", Drop(("x", 0, "a")), "a shares its line", id="a key behind a dash"),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(text: str, change: Change, message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        changed(text, change)
    assert str(refusal.value).startswith("document 1: ")
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: b\n---\nc: [CANARY\n", "document 2: not valid YAML (line 4, column 1)", id="YAML"),
        pytest.param('{"a": CANARY}', "document 1: not valid JSON (line 1, column 7)", id="JSON"),
        pytest.param("a: *CANARY\n", "document 1: an alias has no anchor (line 1, column 4)", id="an alias"),
    ],
)
def test_unreadable_text_is_placed_and_not_quoted(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        ManifestText.read(text.encode())
    assert str(refusal.value) in (message, message.removeprefix("document 1: "))


KEYS = st.sampled_from(["a", "b", "c d", "yes", "1", "ü", "x.y", "~", "", "#", "k: v", "'", '"'])
TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
CHANGES = st.one_of(
    st.builds(lambda key, text: Put(("m", key), text), KEYS, TEXTS),
    st.builds(lambda key, inner, text: Put(("n", key, inner), text), KEYS, KEYS, TEXTS),
    st.builds(lambda key: Drop(("m", key)), KEYS),
)


@given(st.dictionaries(KEYS, TEXTS, max_size=4), st.lists(CHANGES, max_size=5), st.sampled_from([None, 2]))
@settings(max_examples=150, deadline=None)
def test_any_changes_give_the_value_they_ask_for(
    members: dict[str, str], changes: Sequence[Change], indent: Any
) -> None:
    possible: list[Change] = []
    value: Any = {"m": members, "n": {}}
    for change in changes:
        if isinstance(change, Put) or change.path[1] in value["m"]:
            possible.append(change)
            value = applied(value, change)
    text = json.dumps({"m": members, "n": {}}, indent=indent, ensure_ascii=False)
    for source in (text, "---\n" + text + "\n---\nother: document\n"):
        result = ManifestText.read(source.encode()).changed(1, possible)
        assert result.documents[0].value == value
