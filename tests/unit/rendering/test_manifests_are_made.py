"""What becomes of the fetched values, and of spec.target.template, in an object that is no Secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.manifest_template import RenderedManifest, render_manifest
from secrets_operator.resources.templates import Template
from tests.builders import values
from tests.template_printing import printing

SOURCES = {
    ("ConfigMap", "parts"): {"one": "{{ .host }}", "map": "a: {{ .host }}\nb: 2\n", "twice": "{{ .braces }}"},
    ("Secret", "more"): {"one": "s-{{ .host }}"},
}
VALUES = values(host="db", port="5432", braces="{{ .port }}")


def made(
    template: dict[str, Any] | None, data: Mapping[str, SecretBytes] = VALUES, *, is_config_map: bool = False
) -> RenderedManifest:
    parsed = None if template is None else Template.model_validate(template)
    return render_manifest(parsed, data, printing(data, SOURCES), is_config_map=is_config_map)


def literal(text: str, target: str, **more: Any) -> dict[str, Any]:
    return {"literal": text, "target": target, **more}


def item(key: str, target: str, scope: str = "Values", **more: Any) -> dict[str, Any]:
    return {"configMap": {"name": "parts", "items": [{"key": key, "templateAs": scope}]}, "target": target, **more}


FETCHED = {"host": "db", "port": "5432", "braces": "{{ .port }}"}


@pytest.mark.parametrize(
    ("template", "is_config_map", "expected"),
    [
        pytest.param(None, True, {"data": FETCHED}, id="no template: the data of a ConfigMap"),
        pytest.param(None, False, {"spec": {"data": FETCHED}}, id="no template: spec.data of any other kind"),
        pytest.param({}, True, {"data": FETCHED}, id="a template without templates is none"),
        pytest.param(
            {"mergePolicy": "Merge", "data": {"k": "v"}},
            True,
            {"data": {"k": "v"}},
            id="mergePolicy is for Secrets: fetched keys do not appear beside templates",
        ),
    ],
)
def test_fetched_values(template: dict[str, Any] | None, is_config_map: bool, expected: dict[str, Any]) -> None:
    assert made(template, is_config_map=is_config_map).fields == expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        pytest.param([literal("a: {{ .host }}\nb: 2", "Data")], {"data": {"a": "db", "b": "2"}}, id="pairs at data"),
        pytest.param([item("one", "Data")], {"data": {"one": "db"}}, id="a value at data"),
        pytest.param([item("one", "Spec")], {"spec": {"one": "db"}}, id="a value at spec"),
        pytest.param(
            [literal("host: {{ .host }}\nport: {{ .port }}\nratio: 1.5\non: yes", "spec")],
            {"spec": {"host": "db", "port": 5432, "ratio": 1.5, "true": True}},
            id="pairs at spec keep their types, also where YAML 1.1 takes a word for a truth",
        ),
        pytest.param(
            [literal("a: 1\nb: 2", "spec"), literal("b: 3", "spec")],
            {"spec": {"b": 3}},
            id="a later one replaces all of spec",
        ),
        pytest.param(
            [literal("a: 1\nb: {c: 1}", "spec.x"), literal("b: {d: 2}", "spec.x")],
            {"spec": {"x": {"a": 1, "b": {"d": 2}}}},
            id="below it pairs join those that are there, one level deep",
        ),
        pytest.param(
            [literal("[1, 2]", "spec.x"), literal("a: 1", "spec.x")],
            {"spec": {"x": {"a": 1}}},
            id="pairs replace what is no map",
        ),
        pytest.param(
            [literal("a: 1", "spec.x"), item("map", "spec.x")],
            {"spec": {"x": {"a": "db", "b": 2}}},
            id="a value at a path is YAML and takes all of it, whatever its key is called",
        ),
        pytest.param([item("one", "spec.host")], {"spec": {"host": "db"}}, id="a scalar at a path"),
        pytest.param(
            [literal("from: {{ .host }}", "spec.rules[1].a"), literal("x: 1", "spec.rules[0]")],
            {"spec": {"rules": [{"x": 1}, {"a": {"from": "db"}}]}},
            id="lists on the way are made, in any order",
        ),
        pytest.param(
            [literal("[[1]]", "spec.m"), literal("5", "spec.m[0][1]")], {"spec": {"m": [[1, 5]]}}, id="nested"
        ),
        pytest.param([literal("a: 1", "stringData")], {"stringData": {"a": 1}}, id="another field of the first level"),
        pytest.param([literal("", "Data")], {"data": {}}, id="an empty document brings nothing"),
        pytest.param(
            [item("twice", "Data")], {"data": {"twice": "{{ .port }}"}}, id="a fetched value is never rendered itself"
        ),
        pytest.param(
            [literal("a: ZGI=", "Data", valuesDecodingStrategy="Base64")], {"data": {"a": "db"}}, id="decoded pairs"
        ),
        pytest.param(
            [literal("a: ZGI=\nb: 1", "spec.x", valuesDecodingStrategy="Base64")],
            {"spec": {"x": {"a": "db", "b": 1}}},
            id="decoded texts at a path, numbers as they are",
        ),
        pytest.param(
            [literal("ZGI=", "spec.x", valuesDecodingStrategy="Base64")], {"spec": {"x": "db"}}, id="a decoded scalar"
        ),
        pytest.param(
            [literal("x: 1.0\nz: 18446744073709551616", "spec")], {"spec": {"x": 1, "z": 2.0**64}}, id="as JSON"
        ),
    ],
)
def test_template_sources(sources: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    assert made({"templateFrom": sources}).fields == expected


def test_the_order_within_a_source_is_config_map_secret_literal_and_data_comes_last() -> None:
    source = {
        "configMap": {"name": "parts", "items": [{"key": "one"}]},
        "secret": {"name": "more", "items": [{"key": "one"}]},
    }
    assert made({"templateFrom": [source]}).fields == {"data": {"one": "s-db"}}
    last = made({"templateFrom": [source | {"literal": "one: l\ntwo: l"}], "data": {"two": "{{ .port }}"}})
    assert last.fields == {"data": {"one": "l", "two": "5432"}}


def test_metadata_stands_as_it_is_and_sources_are_rendered() -> None:
    metadata = {"labels": {"a": "{{ .host }}"}, "annotations": {"b": "c"}}
    out = made({"metadata": metadata, "templateFrom": [literal("x: {{ .host }}", "Labels")], "data": {"k": "v"}})
    assert (out.labels, out.annotations) == ({"a": "{{ .host }}", "x": "db"}, {"b": "c"})


@pytest.mark.parametrize(
    ("template", "says"),
    [
        pytest.param(
            {"templateFrom": [literal("a: 1", "spec.x"), literal("5", "spec.x[0]")]},
            "templateFrom[1].literal: the path needs a list around 0, and something else is there",
            id="a list where a map is",
        ),
        pytest.param(
            {"templateFrom": [literal("[1]", "spec.x"), literal("5", "spec.x.y")]},
            "templateFrom[1].literal: the path needs a map around 'y', and something else is there",
            id="a map where a list is",
        ),
        pytest.param(
            {"templateFrom": [literal("5", "spec.x[1]")]},
            "templateFrom: nothing is written to spec.x[0], though to a later item is",
            id="a gap in a list",
        ),
        pytest.param(
            {"templateFrom": [literal("a: [", "spec.x")]}, "literal: what it prints is no YAML", id="what is no YAML"
        ),
        pytest.param(
            {"templateFrom": [literal("[1]", "Data")]}, "literal: what it prints is no YAML map", id="no map at data"
        ),
        pytest.param(
            {"templateFrom": [item("missing", "Data")]},
            "templateFrom[0].configMap: ConfigMap parts has no key 'missing'",
            id="a key that is not there",
        ),
        pytest.param({"data": {"k": "{{ .nope }}"}}, "template.data[k]", id="a key that was not fetched"),
        pytest.param(
            {"templateFrom": [literal("a: 1", "metadata.name")]}, "cannot be set", id="a path that is not for templates"
        ),
    ],
)
def test_what_fails_names_its_field(template: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        made(template)
    assert says in str(caught.value)


@pytest.mark.parametrize("template", [None, {"data": {"k": "{{ .k }}"}}], ids=["without template", "with one"])
def test_a_value_that_is_no_text_is_refused_without_showing_it(template: dict[str, Any] | None) -> None:
    with pytest.raises(InvalidSpec, match="not UTF-8") as caught:
        made(template, {"k": SecretBytes(b"\xffhunter2")}, is_config_map=True)
    assert "hunter2" not in str(caught.value)


def test_a_key_that_no_config_map_can_hold_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="no valid key"):
        made({"data": {"a/b": "v"}}, is_config_map=True)


def test_plain_values_show_in_no_repr() -> None:
    assert "db" not in repr(made(None))
