from typing import Any

import pytest
from devcluster.structural import StructuralSchema


def schema_of(**spec: Any) -> StructuralSchema:
    return StructuralSchema.compile({"type": "object", "properties": {"spec": {"type": "object", **spec}}})


def causes(schema: StructuralSchema, spec: Any, old: Any = None) -> list[tuple[str, str, str]]:
    obj = {"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "a"}, "spec": spec}
    before = None if old is None else {**obj, "spec": old}
    return [(error.reason, error.message, error.field) for error in schema.validate(obj, before)]


def invalid(value: str, detail: str, field: str = "spec.x") -> list[tuple[str, str, str]]:
    return [("FieldValueInvalid", f"Invalid value: {value}: {detail}", field)]


def wrong_type(found: str, wanted: str, field: str = "spec.x") -> list[tuple[str, str, str]]:
    message = f'Invalid value: "{found}": {field} in body must be of type {wanted}: "{found}"'
    return [("FieldValueTypeInvalid", message, field)]


@pytest.mark.parametrize(
    ("keywords", "value", "expected"),
    [
        pytest.param({"type": "string"}, 1, wrong_type("integer", "string"), id="a number is no string"),
        pytest.param({"type": "string"}, True, wrong_type("boolean", "string"), id="a truth value is no string"),
        pytest.param({"type": "integer"}, True, wrong_type("boolean", "integer"), id="a truth value is no integer"),
        pytest.param({"type": "integer"}, 1.5, wrong_type("number", "integer"), id="a fraction is no integer"),
        pytest.param({"type": "integer"}, 2.0, [], id="a whole float is an integer"),
        pytest.param({"type": "number"}, 2, [], id="an integer is a number"),
        pytest.param({"type": "boolean"}, "true", wrong_type("string", "boolean"), id="a text is no truth value"),
        pytest.param({"type": "object"}, [], wrong_type("array", "object"), id="a list is no object"),
        pytest.param(
            {"type": "array", "items": {"type": "string"}}, {}, wrong_type("object", "array"), id="an object is no list"
        ),
        pytest.param(
            {"type": "string"}, None, wrong_type("null", "string"), id="null is refused where it is not nullable"
        ),
        pytest.param({"type": "string", "nullable": True}, None, [], id="null is fine where it is nullable"),
        pytest.param({"x-kubernetes-int-or-string": True}, "80%", [], id="int-or-string takes a text"),
        pytest.param({"x-kubernetes-int-or-string": True}, 80, [], id="int-or-string takes a number"),
        pytest.param(
            {"x-kubernetes-int-or-string": True},
            [],
            wrong_type("array", "integer,string"),
            id="int-or-string takes no list",
        ),
        pytest.param(
            {"type": "integer", "maximum": 10},
            11,
            invalid("11", "spec.x in body should be less than or equal to 10"),
            id="maximum",
        ),
        pytest.param(
            {"type": "integer", "maximum": 10, "exclusiveMaximum": True},
            10,
            invalid("10", "spec.x in body should be less than 10"),
            id="exclusive maximum",
        ),
        pytest.param(
            {"type": "number", "minimum": 0.5},
            0.25,
            invalid("0.25", "spec.x in body should be greater than or equal to 0.5"),
            id="minimum",
        ),
        pytest.param(
            {"type": "integer", "multipleOf": 3},
            4,
            invalid("4", "spec.x in body should be a multiple of 3"),
            id="multiple of",
        ),
        pytest.param(
            {"type": "integer", "minimum": 1000000},
            1,
            invalid("1", "spec.x in body should be greater than or equal to 1e+06"),
            id="limits print like Go",
        ),
        pytest.param(
            {"type": "integer", "format": "int32"},
            2**31,
            invalid('""', "Checked value must be of type integer with format int32 in spec.x", "<nil>"),
            id="int32 range",
        ),
        pytest.param(
            {"type": "string", "minLength": 2},
            "a",
            invalid('"a"', "spec.x in body should be at least 2 chars long"),
            id="minimum length",
        ),
        pytest.param(
            {"type": "string", "maxLength": 2},
            "äöü",
            [("FieldValueTooLong", "Too long: may not be more than 2 bytes", "spec.x")],
            id="maximum length",
        ),
        pytest.param(
            {"type": "string", "pattern": "^a+$"},
            "ab",
            invalid('"ab"', "spec.x in body should match '^a+$'"),
            id="pattern",
        ),
        pytest.param({"type": "string", "pattern": "b"}, "abc", [], id="patterns are searched, not anchored"),
        pytest.param(
            {"type": "string", "enum": ["a", "b"]},
            "c",
            [("FieldValueNotSupported", 'Unsupported value: "c": supported values: "a", "b"', "spec.x")],
            id="enumeration",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            [],
            invalid("0", "spec.x in body should have at least 1 items"),
            id="minimum of items",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string"}, "maxItems": 1},
            ["a", "b"],
            [("FieldValueTooMany", "Too many: 2: must have at most 1 item", "spec.x")],
            id="maximum of items",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            {},
            invalid("0", "spec.x in body should have at least 1 properties"),
            id="minimum of properties",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1},
            {"a": "1", "b": "2"},
            [("FieldValueTooMany", "Too many: 2: must have at most 1 item", "spec.x")],
            id="maximum of properties",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a": 1},
            wrong_type("integer", "string", "spec.x.a"),
            id="values of a free map have their type",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}},
            [{"k": "a"}, {}],
            [("FieldValueRequired", "Required value", "spec.x[1].k")],
            id="required in an item",
        ),
        pytest.param(
            {"type": "string", "not": {"enum": ["bad"]}},
            "bad",
            invalid('""', '"spec.x" must not validate the schema (not)', "<nil>"),
            id="not",
        ),
        pytest.param(
            {"type": "string", "anyOf": [{"pattern": "^a"}, {"pattern": "^b"}]},
            "c",
            [
                *invalid('""', '"spec.x" must validate at least one schema (anyOf)', "<nil>"),
                *invalid('"c"', "spec.x in body should match '^a'"),
            ],
            id="any of",
        ),
        pytest.param(
            {"type": "string", "allOf": [{"minLength": 2}, {"pattern": "^a"}]},
            "a",
            [
                *invalid('"a"', "spec.x in body should be at least 2 chars long"),
                *invalid('""', '"spec.x" must validate all the schemas (allOf)', "<nil>"),
            ],
            id="all of",
        ),
    ],
)
def test_keyword(keywords: dict[str, Any], value: Any, expected: list[tuple[str, str, str]]) -> None:
    assert causes(schema_of(properties={"x": keywords}), {"x": value}) == expected


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        pytest.param("date-time", "2026-02-28T01:02:03.5Z", "2026-02-30T01:02:03Z", id="date-time"),
        pytest.param("date", "2026-02-28", "2026-02-30", id="date"),
        pytest.param("byte", "djE=", "d", id="byte"),
        pytest.param("duration", "1h30m", "soon", id="duration"),
        pytest.param("duration", "3 days", "days", id="long duration"),
        pytest.param("ipv4", "10.0.0.1", "10.0.0", id="ipv4"),
        pytest.param("ipv6", "::1", "10.0.0.1", id="ipv6"),
        pytest.param("cidr", "10.0.0.0/8", "10/99", id="cidr"),
        pytest.param("uri", "https://example.com", "not a uri", id="uri"),
        pytest.param("email", "a@b.c", "a", id="email"),
        pytest.param("hostname", "a.example", "-a-", id="hostname"),
        pytest.param("uuid", "11111111-1111-1111-1111-111111111111", "1", id="uuid"),
        pytest.param("mac", "01:23:45:67:89:ab", "01:23", id="mac"),
    ],
)
def test_format(form: str, good: str, bad: str) -> None:
    schema = schema_of(properties={"x": {"type": "string", "format": form}})
    assert causes(schema, {"x": good}) == []
    message = f'Invalid value: "{bad}": spec.x in body must be of type {form}: "{bad}"'
    assert causes(schema, {"x": bad}) == [("FieldValueTypeInvalid", message, "spec.x")]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({"a": 1}, None, id="one alternative holds"),
        pytest.param({}, "Found none valid", id="no alternative holds"),
        pytest.param({"a": 1, "b": 1}, "Found 2 valid alternatives", id="two alternatives hold"),
    ],
)
def test_one_of(spec: dict[str, Any], found: str | None) -> None:
    number = {"type": "integer"}
    schema = schema_of(properties={"a": number, "b": number}, oneOf=[{"required": ["a"]}, {"required": ["b"]}])
    got = causes(schema, spec)
    if found is None:
        assert got == []
    else:
        assert got[0] == invalid('""', f'"spec" must validate one and only one schema (oneOf). {found}', "<nil>")[0]
        assert len(got) == (2 if "none" in found else 1)


@pytest.mark.parametrize(
    ("keywords", "value", "expected"),
    [
        pytest.param(
            {"x-kubernetes-list-type": "set"},
            ["a", "b", "a", "a"],
            ['spec.x[2] Duplicate value: "a"'],
            id="a set tells once",
        ),
        pytest.param(
            {
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["p", "q"],
                "items": {"type": "object", "properties": {"p": {"type": "integer"}, "q": {"type": "string"}}},
            },
            [{"p": 1, "q": "t"}, {"p": 1, "q": "u"}, {"p": 1, "q": "t"}],
            ['spec.x[2] Duplicate value: {"p":1,"q":"t"}'],
            id="all keys count",
        ),
    ],
)
def test_list_types(keywords: dict[str, Any], value: list[Any], expected: list[str]) -> None:
    schema = schema_of(properties={"x": {"type": "array", "items": {"type": "string"}, **keywords}})
    assert [f"{field} {message}" for _, message, field in causes(schema, {"x": value})] == expected


def test_an_unchanged_error_does_not_block_an_update() -> None:
    schema = schema_of(required=["need"], properties={"x": {"type": "integer", "maximum": 1}, "y": {"type": "integer"}})
    assert causes(schema, {"x": 5}, old={"x": 5}) == []
    assert causes(schema, {"x": 6, "need": 1}, old={"x": 5}) != []
    assert causes(schema, {"x": 5, "y": 1}, old={"x": 5}) == [("FieldValueRequired", "Required value", "spec.need")]


def test_built_in_kinds_are_checked_for_types_only() -> None:
    raw = {
        "type": "object",
        "properties": {"data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}}},
    }
    schema = StructuralSchema.compile(raw, is_custom_resource=False)
    assert schema.validate({"data": {"k": "not base64!"}}) == []
    assert [error.field for error in schema.validate({"data": {"k": 1}})] == ["data.k"]
