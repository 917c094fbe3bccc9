import copy
from typing import Any

import pytest
from devcluster.structural import definition_errors

TEXT = {"type": "string"}


def definition(schema: dict[str, Any] | None = None, **version: Any) -> dict[str, Any]:
    root = schema or {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": TEXT}}}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}, **version}]
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return {
        "metadata": {"name": "widgets.example.dev"},
        "spec": {"group": "example.dev", "scope": "Namespaced", "names": names, "versions": versions},
    }


def with_spec(**spec: Any) -> dict[str, Any]:
    return definition({"type": "object", "properties": {"spec": {"type": "object", **spec}}})


SCHEMA = "spec.versions[0].schema.openAPIV3Schema"
SPEC = f"{SCHEMA}.properties[spec]"


def causes(crd: dict[str, Any]) -> list[str]:
    return [f"{error.field}: {error.message}" for error in definition_errors(crd)]


def test_a_good_definition_has_no_errors() -> None:
    item = {"type": "object", "required": ["k"], "properties": {"k": TEXT}}
    crd = with_spec(
        properties={
            "a": {**TEXT, "default": "x", "pattern": "^x$"},
            "list": {
                "type": "array",
                "items": item,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
            },
            "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            "any": {"x-kubernetes-preserve-unknown-fields": True},
        },
        oneOf=[{"required": ["a"]}, {"properties": {"list": {"minItems": 1}}}],
        **{"x-kubernetes-validations": [{"rule": "self.all(key, key != 'z')", "message": "no z"}]},
    )
    crd["spec"]["versions"][0]["additionalPrinterColumns"] = [
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'}
    ]
    crd["spec"]["versions"][0]["selectableFields"] = [{"jsonPath": ".spec.a"}]
    assert causes(crd) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param(
            "metadata.name",
            "x",
            'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
            id="the name is plural.group",
        ),
        pytest.param(
            "spec.scope",
            "Both",
            'spec.scope: Unsupported value: "Both": supported values: "Cluster", "Namespaced"',
            id="scope",
        ),
        pytest.param(
            "spec.names.listKind",
            "Widget",
            'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
            id="list kind",
        ),
        pytest.param(
            "spec.versions", [], "spec.versions: Required value: must have at least one version", id="no version"
        ),
        pytest.param(
            "spec.preserveUnknownFields",
            True,
            "spec.preserveUnknownFields: Invalid value: true: must be false in apiextensions.k8s.io/v1",
            id="no pruning",
        ),
    ],
)
def test_names(path: str, value: Any, expected: str) -> None:
    crd = definition()
    *parents, last = path.split(".")
    target = crd
    for parent in parents:
        target = target[parent]
    target[last] = value
    assert expected in causes(crd)


def test_group_needs_a_dot() -> None:
    crd = definition()
    crd["spec"]["group"] = "plain"
    crd["metadata"]["name"] = "widgets.plain"
    assert causes(crd) == ['spec.group: Invalid value: "plain": should be a domain with at least one dot']


def test_exactly_one_version_is_stored() -> None:
    crd = definition()
    crd["spec"]["versions"].append({**copy.deepcopy(crd["spec"]["versions"][0]), "name": "v2"})
    assert causes(crd) == [
        'spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version'
    ]
    crd["spec"]["versions"][1] |= {"name": "v1", "storage": False}
    assert causes(crd) == ['spec.versions: Invalid value: ["v1","v1"]: must contain unique version names']


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"properties": {"a": {}}},
            f"{SPEC}.properties[a].type: Required value: must not be empty for specified object fields",
            id="a field without type",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array"}}},
            f"{SPEC}.properties[a].items: Required value: must be specified",
            id="a list without items",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", "items": {"minLength": 1}}}},
            f"{SPEC}.properties[a].items.type: Required value: must not be empty for specified array items",
            id="items without type",
        ),
        pytest.param(
            {"properties": {"a": {"type": "text"}}},
            f'{SPEC}.properties[a].type: Unsupported value: "text"',
            id="an unknown type",
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "$ref": "#/x"}}},
            f"{SPEC}.properties[a].$ref: Forbidden: $ref is not supported",
            id="a reference",
        ),
        pytest.param(
            {"properties": {"a": TEXT}, "additionalProperties": TEXT},
            f"{SPEC}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
            id="properties and additional properties",
        ),
        pytest.param(
            {"anyOf": [{"properties": {"z": {"minLength": 1}}}]},
            f"{SPEC}.anyOf[0].properties[z]: Required value: must be defined outside",
            id="a field only in anyOf",
        ),
        pytest.param(
            {"properties": {"a": TEXT}, "allOf": [{"properties": {"a": {"type": "string"}}}]},
            f"{SPEC}.allOf[0].properties[a].type: Forbidden: must be empty to be structural",
            id="a type in allOf",
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "pattern": "("}}},
            f'{SPEC}.properties[a].pattern: Invalid value: "(": must be a valid regular expression',
            id="a bad pattern",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", "items": TEXT, "uniqueItems": True}}},
            f"{SPEC}.properties[a].uniqueItems: Forbidden",
            id="unique items",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"}}},
            f"{SPEC}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty",
            id="a list map without keys",
        ),
        pytest.param(
            {
                "properties": {
                    "a": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"k": TEXT}},
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["k"],
                    }
                }
            },
            f"{SPEC}.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes",
            id="a key that may be absent",
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "default": 1}}},
            f'{SPEC}.properties[a].default: Invalid value: "integer"',
            id="a default of the wrong type",
        ),
        pytest.param(
            {"x-kubernetes-validations": [{"rule": "self.a ==="}]},
            f'{SPEC}.x-kubernetes-validations[0].rule: Invalid value: "self.a ===": compilation failed',
            id="a rule that does not compile",
        ),
        pytest.param(
            {"x-kubernetes-validations": [{"rule": ""}]},
            f"{SPEC}.x-kubernetes-validations[0].rule: Required value: rule is not specified",
            id="an empty rule",
        ),
        pytest.param(
            {"x-kubernetes-validations": [{"rule": "true", "reason": "Odd"}]},
            f'{SPEC}.x-kubernetes-validations[0].reason: Unsupported value: "Odd"',
            id="an unknown reason",
        ),
    ],
)
def test_structural(spec: dict[str, Any], expected: str) -> None:
    found = causes(with_spec(**spec))
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"properties": {}}, f"{SCHEMA}.type: Required value: must not be empty at the root", id="no type"),
        pytest.param(
            {"type": "array", "items": TEXT},
            f'{SCHEMA}.type: Invalid value: "array": must be object at the root',
            id="not an object",
        ),
        pytest.param(
            {
                "type": "object",
                "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
            },
            f"{SCHEMA}.properties[metadata]: Forbidden: must not specify anything other than name and generateName",
            id="metadata beyond the name",
        ),
    ],
)
def test_root(schema: dict[str, Any], expected: str) -> None:
    assert causes(definition(schema))[0].startswith(expected)


def test_a_version_needs_a_schema() -> None:
    assert causes(definition(schema=None) | {}) == []
    crd = definition()
    del crd["spec"]["versions"][0]["schema"]
    assert causes(crd) == ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param({"type": "string", "jsonPath": ".a"}, "name: Required value", id="no name"),
        pytest.param(
            {"name": "A", "type": "text", "jsonPath": ".a"},
            'type: Invalid value: "text": must be one of boolean,date,integer,number,string',
            id="an unknown type",
        ),
        pytest.param({"name": "A", "type": "string"}, "jsonPath: Required value", id="no path"),
        pytest.param(
            {"name": "A", "type": "string", "jsonPath": "a b"}, 'jsonPath: Invalid value: "a b"', id="a bad path"
        ),
    ],
)
def test_printer_columns(column: dict[str, Any], expected: str) -> None:
    found = causes(definition(additionalPrinterColumns=[column]))
    assert found[0].startswith(f"spec.versions[0].additionalPrinterColumns[0].{expected}")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param(
            [f".spec.f{index}" for index in range(9)],
            "selectableFields: Too many: 9: must have at most 8 items",
            id="nine of them",
        ),
        pytest.param(
            [".spec.a", ".spec.a"], 'selectableFields[1].jsonPath: Duplicate value: ".spec.a"', id="the same twice"
        ),
        pytest.param(
            [".spec.z"],
            'selectableFields[0].jsonPath: Invalid value: ".spec.z": is an invalid path: does not refer to a valid',
            id="an unknown field",
        ),
        pytest.param(
            [".spec.l[0]"],
            'selectableFields[0].jsonPath: Invalid value: ".spec.l[0]": is an invalid path',
            id="not a simple path",
        ),
        pytest.param(
            [".metadata.name"],
            'selectableFields[0].jsonPath: Invalid value: ".metadata.name": must not point to fields in metadata',
            id="metadata",
        ),
        pytest.param(
            [".spec"],
            'selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type',
            id="not a scalar",
        ),
    ],
)
def test_selectable_fields(paths: list[str], expected: str) -> None:
    known = {"a": TEXT, **{f"f{index}": TEXT for index in range(9)}}
    crd = with_spec(properties=known)
    crd["spec"]["versions"][0]["selectableFields"] = [{"jsonPath": path} for path in paths]
    found = causes(crd)
    assert len(found) == 1
    assert found[0].startswith(f"spec.versions[0].{expected}")
