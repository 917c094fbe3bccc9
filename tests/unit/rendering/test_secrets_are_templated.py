"""What spec.target.template makes of the fetched values in a Secret: precedence, scopes, parts, and what fails."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.secret_template import Rendered, render_template
from secrets_operator.resources.templates import Template
from tests.builders import values
from tests.template_printing import printing

SOURCES = {
    ("ConfigMap", "parts"): {"one": "{{ .host }}", "map": "a: {{ .host }}\nb: 2\n"},
    ("Secret", "more"): {"one": "s-{{ .host }}"},
}
VALUES = values(host="db", port="5432")
FETCHED = {"host": b"db", "port": b"5432"}


def made(template: dict[str, Any]) -> Rendered:
    return render_template(Template.model_validate(template), VALUES, printing(VALUES, SOURCES))


def item(key: str, scope: str = "Values", **more: Any) -> dict[str, Any]:
    return {"configMap": {"name": "parts", "items": [{"key": key, "templateAs": scope}]}, **more}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param({}, FETCHED, id="an empty template keeps the fetched keys"),
        pytest.param({"type": "Opaque"}, FETCHED, id="so does one without data and templateFrom"),
        pytest.param({"data": {"url": "{{ .host }}:{{ .port }}"}}, {"url": b"db:5432"}, id="Replace drops them"),
        pytest.param(
            {"mergePolicy": "Merge", "data": {"url": "u", "host": "h"}},
            {"url": b"u", "host": b"h", "port": b"5432"},
            id="Merge keeps them, and templates win",
        ),
        pytest.param({"templateFrom": [item("one")]}, {"one": b"db"}, id="Values: the item's key, the printed text"),
        pytest.param(
            {"templateFrom": [item("map", "KeysAndValues")]}, {"a": b"db", "b": b"2"}, id="KeysAndValues: its pairs"
        ),
        pytest.param({"templateFrom": [{"literal": "a: {{ .host }}"}]}, {"a": b"db"}, id="a literal is always pairs"),
        pytest.param(
            {
                "templateFrom": [
                    {
                        "configMap": {"name": "parts", "items": [{"key": "one"}]},
                        "secret": {"name": "more", "items": [{"key": "one"}]},
                        "literal": "two: l",
                    },
                    {"literal": "two: later"},
                ]
            },
            {"one": b"s-db", "two": b"later"},
            id="configMap, then secret, then literal, and sources in their order",
        ),
        pytest.param(
            {"templateFrom": [{"literal": "a: from"}], "data": {"a": "data"}}, {"a": b"data"}, id="data comes last"
        ),
        pytest.param({"templateFrom": [{"literal": ""}]}, {}, id="an empty document brings nothing"),
        pytest.param(
            {"templateFrom": [{"literal": "a: ZGI=", "valuesDecodingStrategy": "Base64"}]},
            {"a": b"db"},
            id="values are decoded after printing",
        ),
        pytest.param(
            {"templateFrom": [item("one", target="DATA", valuesDecodingStrategy="Auto")]},
            {"one": b"db"},
            id="the target is matched in any case",
        ),
    ],
)
def test_data(template: dict[str, Any], expected: dict[str, bytes]) -> None:
    assert {key: value.reveal() for key, value in made(template).data.items()} == expected


def test_labels_and_annotations_are_printed_whatever_brings_them() -> None:
    out = made(
        {
            "metadata": {"labels": {"a": "{{ .host }}"}, "annotations": {"b": "{{ .port }}"}},
            "templateFrom": [
                {"literal": "c: {{ .host }}", "target": "labels"},
                {"literal": "d: 1", "target": "Annotations"},
            ],
        }
    )
    assert (out.labels, out.annotations) == ({"a": "db", "c": "db"}, {"b": "5432", "d": "1"})


def test_metadata_wins_over_sources() -> None:
    out = made({"metadata": {"labels": {"a": "m"}}, "templateFrom": [{"literal": "a: s", "target": "Labels"}]})
    assert out.labels == {"a": "m"}


@pytest.mark.parametrize(
    ("template", "says"),
    [
        pytest.param({"data": {"k": "{{ .nope }}"}}, "template.data[k]", id="a key that was not fetched"),
        pytest.param({"data": {"k": "{{ .host"}}, "template.data[k]", id="a template that does not parse"),
        pytest.param({"data": {"a/b": "v"}}, "no valid key", id="a key that no Secret can hold"),
        pytest.param({"templateFrom": [item("gone")]}, "ConfigMap parts has no key 'gone'", id="a missing key"),
        pytest.param(
            {"templateFrom": [{"literal": "a: ["}]}, "literal: what it prints is no YAML map", id="what is no YAML"
        ),
        pytest.param(
            {"templateFrom": [{"literal": "a: {b: 1}"}]}, "literal: what it prints is no YAML map", id="a nested map"
        ),
        pytest.param({"templateFrom": [{"literal": "- a"}]}, "literal: what it prints is no YAML map", id="a list"),
        pytest.param(
            {"templateFrom": [{"literal": "a: '!'", "valuesDecodingStrategy": "Base64"}]}, "literal", id="no base64"
        ),
        pytest.param(
            {"templateFrom": [{"literal": "a: 1", "target": "spec.x"}]}, "target", id="a part that a Secret lacks"
        ),
        pytest.param(
            {"metadata": {"labels": {"a": '{{ "/w==" | b64dec }}'}}},
            "metadata.labels[a]: what it prints is not UTF-8",
            id="a label of bytes",
        ),
    ],
)
def test_what_fails_names_its_field(template: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        made(template)
    assert says in str(caught.value)
