"""Manifest text: several documents, JSON or YAML, scalars as the Go tools read them, errors without contents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from secrets_operator.cli.manifest_text import manifest_text
from secrets_operator.sealing.documents import read_documents
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.input_secrets import read_secrets
from secrets_operator.sealing.yaml_scalars import as_string, resolve

HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: a}\n"


def bodies(text: str) -> list[Any]:
    return [document.body for document in read_documents(text.encode())]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("8080", "8080", id="an integer"),
        pytest.param("true", "true", id="true"),
        pytest.param("yes", "true", id="yes is true"),
        pytest.param("Off", "false", id="Off is false"),
        pytest.param("1.0", "1", id="a float without fraction loses it"),
        pytest.param("1.50", "1.5", id="a float loses trailing zeros"),
        pytest.param("010", "8", id="octal"),
        pytest.param("-010", "-8", id="negative octal"),
        pytest.param("0o10", "8", id="octal with o"),
        pytest.param("08", "8", id="not octal, so a float"),
        pytest.param("0x10", "16", id="hexadecimal"),
        pytest.param("0b11", "3", id="binary"),
        pytest.param("1_000", "1000", id="underscores are left out"),
        pytest.param("1e3", "1000", id="an exponent"),
        pytest.param("1e6", "1e+06", id="a large float keeps an exponent"),
        pytest.param("123456789.5", "1.234567895e+08", id="so does one with many digits"),
        pytest.param("0.0001", "0.0001", id="a small float"),
        pytest.param("0.00001", "1e-05", id="a smaller float has an exponent"),
        pytest.param("-0.0", "-0", id="negative zero"),
        pytest.param(".5", "0.5", id="no digit before the point"),
        pytest.param(".inf", "+Inf", id="infinity"),
        pytest.param("18446744073709551615", "18446744073709551615", id="the largest unsigned integer"),
        pytest.param("18446744073709551616", "1.8446744073709552e+19", id="one more is a float"),
        pytest.param("2001-01-02", "2001-01-02", id="a date stays as written"),
        pytest.param("2001-01-02T03:04:05Z", "2001-01-02T03:04:05Z", id="a time stays as written"),
        pytest.param("12:30:45", "12:30:45", id="no sexagesimal numbers"),
        pytest.param("1.2.3", "1.2.3", id="a version is text"),
        pytest.param("0xzz", "0xzz", id="not hexadecimal after all"),
        pytest.param("1e999", "1e999", id="too large for a float"),
        pytest.param('"8080"', "8080", id="quoted digits"),
        pytest.param("'yes'", "yes", id="a quoted word is text"),
        pytest.param("!!str yes", "yes", id="tagged as text"),
        pytest.param("!!int '7'", "7", id="tagged as a number"),
        pytest.param("|\n    a\n    b", "a\nb\n", id="a block"),
        pytest.param("yesterday", "yesterday", id="a word that starts like a boolean"),
    ],
)
def test_scalars_become_the_strings_that_kubeseal_seals(written: str, read: str) -> None:
    [secret] = read_secrets((HEAD + f"stringData:\n  key: {written}\n").encode())
    assert secret["stringData"] == {"key": read}


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_null_stays_null(written: str) -> None:
    [secret] = read_secrets((HEAD + f"stringData:\n  key: {written}\n").encode())
    assert secret["stringData"] == {"key": None}


@pytest.mark.parametrize(
    ("key", "read"), [("y", "true"), ("8080", "8080"), ("off", "false"), ("'y'", "y"), ("1.0", "1"), ("x", "x")]
)
def test_keys_become_strings_too(key: str, read: str) -> None:
    [secret] = read_secrets((HEAD + f"stringData:\n  {key}: v\n").encode())
    assert secret["stringData"] == {read: "v"}


def test_only_members_that_are_strings_are_coerced() -> None:
    text = "kind: Secret\nimmutable: yes\nmetadata: {name: 007, labels: {a: 1}, annotations: {b: no}}\ndata: {k: 7}\n"
    [secret] = read_secrets(text.encode())
    assert secret == {
        "kind": "Secret",
        "immutable": True,
        "metadata": {"name": "7", "labels": {"a": "1"}, "annotations": {"b": "false"}},
        "data": {"k": 7},
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8080", "8080"),
        ("true", "true"),
        ("1.10", "1.1"),
        ("1e3", "1000"),
        ("1E400", "1E400"),
        ("-0", "0"),
        ("18446744073709551615", "18446744073709551615"),
    ],
)
def test_numbers_and_booleans_in_json_become_strings_as_those_in_yaml(written: str, read: str) -> None:
    [secret] = read_secrets(
        f'{{"metadata": {{"labels": {{"a": {written}}}}}, "stringData": {{"k": {written}}}}}'.encode()
    )
    assert secret == {"metadata": {"labels": {"a": read}}, "stringData": {"k": read}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: x\n---\nb: z\n", [{"a": "x"}, {"b": "z"}], id="YAML documents"),
        pytest.param("---\n---\n# comment\n---\na: x\n---\n", [{"a": "x"}], id="empty documents are left out"),
        pytest.param('{"a": "x"}{"b": "y"}\n {"c": 1}', [{"a": "x"}, {"b": "y"}, {"c": 1}], id="JSON in a row"),
        pytest.param('{"a": "x"}\n---\n{"b": "y"}', [{"a": "x"}, {"b": "y"}], id="JSON between separators"),
        pytest.param('---\n{"a": "x"}', [{"a": "x"}], id="JSON after a separator"),
        pytest.param("\ufeffa: x\n", [{"a": "x"}], id="a byte order mark before YAML"),
        pytest.param("{a: x, 'b': z,}  # no JSON", [{"a": "x", "b": "z"}], id="YAML that begins like JSON"),
        pytest.param('\ufeff{"a": "x"}{"b": "y"}', [{"a": "x"}, {"b": "y"}], id="a byte order mark before JSON"),
        pytest.param("a: x\r\n---\r\nb: z\r\n", [{"a": "x"}, {"b": "z"}], id="Windows line ends"),
        pytest.param("a: &x v\nb: *x\n", [{"a": "v", "b": "v"}], id="an alias"),
        pytest.param(
            "a: &m {k: 1, l: 1}\nb:\n  l: 2\n  <<: *m\n", [{"a": {"k": 1, "l": 1}, "b": {"k": 1, "l": 2}}], id="a merge"
        ),
        pytest.param("<<: [{k: 1}, {k: 2, l: 2}]\n", [{"k": 1, "l": 2}], id="a merge of several, earlier ones win"),
        pytest.param("a: 1\na: 2\n", [{"a": 2}], id="the last of equal keys stays"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_documents_of_a_text(text: str, expected: list[Any]) -> None:
    assert bodies(text) == expected


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "a: x\n---\nb: [hunter2\nc: y\n", "document 2: not valid YAML (line 4, column 2)", id="open bracket"
        ),
        pytest.param('{"a": 1} {"b": hunter2}', "document 2: not valid JSON (line 1, column 16)", id="JSON"),
        pytest.param('{"a": NaN}{"b": 1}', "document 1: not valid JSON: numbers must be finite", id="not a number"),
        pytest.param("a: *hunter2\n", "document 1: an alias has no anchor (line 1, column 4)", id="no anchor"),
        pytest.param("a: &hunter2 [*hunter2]\n", "document 1: an alias has no anchor (line 1, column 14)", id="a loop"),
        pytest.param(
            "a: !hunter2 x\n", "document 1: a tag other than those of plain data (line 1, column 4)", id="a tag"
        ),
        pytest.param("~: hunter2\n", "document 1: a mapping has a key that is not a string", id="a null key"),
        pytest.param("[a, b]: x\n", "document 1: a mapping has a key that is not a string", id="a list as key"),
        pytest.param("<<: hunter2\n", "document 1: a merge key needs a mapping", id="a merge of text"),
        pytest.param('a: "\\ud800"\n', "document 1: not valid YAML (line 1, column 7)", id="half a character in YAML"),
        pytest.param('{"a": "\\ud800"}', "document 1: an escape names half a character", id="half a character in JSON"),
        pytest.param('a: "\\U7fffffff"\n', "document 1: not valid YAML", id="no such character"),
        pytest.param("[" * 200 + "]" * 200, "document 1: nested more than 100 levels deep", id="deep YAML"),
        pytest.param('{"a":' * 100_000, "document 1: nested too deeply", id="deep JSON"),
        pytest.param(BOMB, "document 1: more than 1000000 nodes once aliases are expanded", id="aliases of aliases"),
    ],
)
def test_a_document_that_cannot_be_read_is_named_by_its_index_and_never_quoted(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_documents(text.encode())
    assert str(caught.value).startswith(message)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "hunter2" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "no secrets found. Ensure the input is valid and UTF-8 encoded", id="nothing"),
        pytest.param(b"# comment\n---\n", "no secrets found. Ensure the input", id="only comments"),
        pytest.param("a: x".encode("utf-16"), "no secrets found. Ensure the input", id="UTF-16"),
        pytest.param(b"hunter2", "document 1: not an object, so not a Secret", id="a scalar"),
        pytest.param(
            b"kind: Secret\n---\nkind: ConfigMap\napiVersion: v1\n", "document 2: only Secrets", id="a ConfigMap"
        ),
        pytest.param(b"kind: Secret\napiVersion: v2\n", "document 1: only Secrets of v1", id="another version"),
        pytest.param(b"kind: List\nitems: x\n", "document 1: the items of a List must be a list", id="an odd List"),
        pytest.param(
            b"kind: List\nitems: [{kind: Secret}, {kind: Pod}]\n",
            "document 1, item 2: only Secrets",
            id="a Pod in a List",
        ),
    ],
)
def test_what_is_not_a_secret_is_refused_by_its_index(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_secrets(data)
    assert str(caught.value).startswith(message)
    assert "hunter2" not in str(caught.value)


def test_kind_and_version_may_be_missing() -> None:
    assert read_secrets(b"stringData: {a: b}\n") == [{"stringData": {"a": "b"}}]


text_values = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t :#-'\"|>"), max_size=30)
look_alikes = st.sampled_from(
    ["yes", "8080", "1e3", "~", "", "2001-01-01", "12:30", "<<", "=", "- a", "0x1", "null", "y", "No "]
)


@given(values=st.dictionaries(text_values | look_alikes, text_values | look_alikes, max_size=5))
@settings(max_examples=150, deadline=None)
def test_written_manifests_read_back_as_they_were(values: dict[str, str]) -> None:
    manifest = {"labels": values, "immutable": True}
    for text_format in ("json", "yaml"):
        assert bodies(manifest_text(manifest, text_format)) == [manifest]
    for version in ("1.1", "1.2"):
        foreign_reader = YAML(typ="safe", pure=True)
        foreign_reader.version = version
        assert foreign_reader.load(manifest_text(manifest, "yaml")) == manifest


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=150, deadline=None)
def test_a_float_as_a_string_is_the_same_number(value: float) -> None:
    text = as_string(value)
    assert text is not None
    assert float(text) == value
    assert resolve(text) == value
