from typing import Any

import pytest
from devcluster.structural import StructuralSchema
from devcluster.structural.cel_errors import CelError
from devcluster.structural.cel_programs import compile_cel

NUMBER = {"type": "integer"}


def schema_with(rule: dict[str, Any], **spec: Any) -> StructuralSchema:
    properties = {
        "a": NUMBER,
        "b": NUMBER,
        "s": {"type": "string"},
        "l": {"type": "array", "items": {"type": "string"}},
    }
    merged = {"type": "object", "properties": properties, "x-kubernetes-validations": [rule], **spec}
    return StructuralSchema.compile({"type": "object", "properties": {"spec": merged}})


def found(schema: StructuralSchema, spec: Any, old: Any = None) -> list[tuple[str, str, str]]:
    before = None if old is None else {"metadata": {}, "spec": old}
    return [(one.reason, one.message, one.field) for one in schema.validate({"metadata": {}, "spec": spec}, before)]


@pytest.mark.parametrize(
    ("expression", "self", "expected"),
    [
        pytest.param("has(self.a) && !has(self.b)", {"a": 1}, True, id="has"),
        pytest.param("self.x in ['p', 'q']", {"x": "q"}, True, id="in a list"),
        pytest.param("'p' in self", {"p": 1}, True, id="in a map"),
        pytest.param(
            "self.all(x, x > 0) && self.exists(x, x == 2) && self.exists_one(x, x == 1)", [1, 2], True, id="quantifiers"
        ),
        pytest.param("self.filter(x, x > 1).map(x, x * 2) == [4, 6]", [1, 2, 3], True, id="filter and map"),
        pytest.param("self.all(key, self[key].startsWith('v'))", {"a": "v1"}, True, id="a quantifier over keys"),
        pytest.param(
            "self.all(x, self.exists_one(y, y.k == x.k))", [{"k": 1}, {"k": 2}], True, id="nested quantifiers"
        ),
        pytest.param("size(self) == 3 && self.size() == 3", "äöü", True, id="the size of a text counts characters"),
        pytest.param("self.size() == 2", {"a": 1, "b": 1}, True, id="the size of a map"),
        pytest.param("self.matches('^[a-z]+$')", "abc", True, id="matches"),
        pytest.param(
            "self.x.size() == 'size(self)'.size() - 9", {"x": [1]}, True, id="size in a literal is left alone"
        ),
        pytest.param("self.?a.orValue(7) == 7", {}, True, id="an optional field that is absent"),
        pytest.param("self.?a.?b.orValue(7) == 1", {"a": {"b": 1}}, True, id="optional fields in a row"),
        pytest.param("self[?'a'].hasValue()", {"a": 1}, True, id="an optional index"),
        pytest.param("[1, 2][?5].orValue(0) == 0", {}, True, id="an optional index of a list"),
        pytest.param("duration(self) > duration('1m')", "1h", True, id="durations"),
        pytest.param("timestamp(self) < timestamp('2030-01-01T00:00:00Z')", "2026-01-01T00:00:00Z", True, id="times"),
        pytest.param("self < 3.5", 3, True, id="int and double compare"),
        pytest.param("isURL(self) && url(self).getHostname() == 'h'", "https://h:1/p", True, id="URLs"),
        pytest.param("quantity(self).isGreaterThan(quantity('1G'))", "1Gi", True, id="quantities"),
        pytest.param("isQuantity(self)", "1 G", False, id="not a quantity"),
        pytest.param("self.find('[0-9]+') == '12' && self.findAll('[a-z]').size() == 2", "a12b", True, id="find"),
        pytest.param("isIP(self) && cidr('10.0.0.0/8').containsIP(ip(self))", "10.1.1.1", True, id="addresses"),
        pytest.param(
            "self.isSorted() && self.sum() == 6 && self.max() == 3 && self.indexOf(2) == 1", [1, 2, 3], True, id="lists"
        ),
        pytest.param("self.lowerAscii().split(',').join('-') == 'a-b'", "A,B", True, id="texts"),
        pytest.param("'%s is %d'.format([self, 2]) == 'x is 2'", "x", True, id="format"),
        pytest.param("math.abs(self) == 1 && math.greatest(self, 5) == 5", -1, True, id="numbers"),
        pytest.param("self == 'b' // not ' a", "b", True, id="a comment"),
    ],
)
def test_expression(expression: str, self: Any, *, expected: bool) -> None:
    assert compile_cel(expression).run({"self": self}) is expected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        pytest.param("self.missing == 1", "no such key: missing", id="a missing key"),
        pytest.param("self.l[9] == 1", "index out of bounds", id="an index out of bounds"),
        pytest.param("1 / 0 == 1", "division by zero", id="a division by zero"),
        pytest.param("self.l + 1 == 2", "no such overload", id="an operator without meaning"),
    ],
)
def test_an_expression_that_fails_says_why_without_values(expression: str, why: str) -> None:
    with pytest.raises(CelError) as raised:
        compile_cel(expression).run({"self": {"l": [1], "s": "hush"}})
    assert str(raised.value) == why


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("ip(self).family() == 4", id="an address"),
        pytest.param("cidr(self).prefixLength() == 8", id="a network"),
        pytest.param("quantity(self).sign() == 1", id="a quantity"),
        pytest.param("url(self).getHost() == 'h'", id="a URL"),
    ],
)
def test_a_function_that_refuses_a_value_does_not_log_it(expression: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(CelError) as raised:
        compile_cel(expression).run({"self": "hush"})
    assert "hush" not in str(raised.value) + caplog.text


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("self.a ==", id="a syntax error"),
        pytest.param("nothing(self)", id="an unknown function"),
        pytest.param("self.all(x, y > 1)", id="an unknown variable"),
    ],
)
def test_an_expression_that_does_not_compile(expression: str) -> None:
    with pytest.raises(CelError):
        compile_cel(expression)


@pytest.mark.parametrize(
    ("rule", "spec", "expected"),
    [
        pytest.param({"rule": "self.a < self.b"}, {"a": 1, "b": 2}, [], id="a rule that holds"),
        pytest.param(
            {"rule": "self.a < self.b"},
            {"a": 2, "b": 1},
            [("FieldValueInvalid", 'Invalid value: "object": failed rule: self.a < self.b', "spec")],
            id="the rule itself is the message by default",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": " a is not below b "},
            {"a": 2, "b": 1},
            [("FieldValueInvalid", 'Invalid value: "object": a is not below b', "spec")],
            id="a message",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": "m", "messageExpression": "'a is ' + string(self.a)"},
            {"a": 2, "b": 1},
            [("FieldValueInvalid", 'Invalid value: "object": a is 2', "spec")],
            id="a message expression goes first",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": "m", "messageExpression": "self.nothing"},
            {"a": 2, "b": 1},
            [("FieldValueInvalid", 'Invalid value: "object": m', "spec")],
            id="a message expression that fails gives way",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": "m", "fieldPath": ".a", "reason": "FieldValueForbidden"},
            {"a": 2, "b": 1},
            [("FieldValueForbidden", "Forbidden: m", "spec.a")],
            id="a field path and a reason",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "reason": "FieldValueRequired", "message": "m"},
            {"a": 2, "b": 1},
            [("FieldValueRequired", "Required value: m", "spec")],
            id="the reason required",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": "m"},
            {"a": 2},
            [("FieldValueInvalid", 'Invalid value: "object": no such key: b evaluating rule: m', "spec")],
            id="a rule that cannot be evaluated is an error",
        ),
    ],
)
def test_rule(rule: dict[str, Any], spec: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert found(schema_with(rule), spec) == expected


def test_transition_rules_need_an_old_value() -> None:
    schema = schema_with({"rule": "self.a >= oldSelf.a", "message": "a may not shrink"})
    assert found(schema, {"a": 1}) == []
    assert found(schema, {"a": 2}, old={"a": 1}) == []
    assert [message for _, message, _ in found(schema, {"a": 0}, old={"a": 1})] == [
        'Invalid value: "object": a may not shrink'
    ]


def test_an_optional_old_self_runs_on_create() -> None:
    schema = schema_with({"rule": "oldSelf.hasValue() || self.a == 1", "optionalOldSelf": True})
    assert found(schema, {"a": 1}) == []
    assert len(found(schema, {"a": 2})) == 1
    assert found(schema, {"a": 2}, old={"a": 5}) == []


def test_items_of_a_list_map_are_compared_by_key() -> None:
    item = {
        "type": "object",
        "properties": {"k": {"type": "string"}, "v": NUMBER},
        "x-kubernetes-validations": [{"rule": "self.v == oldSelf.v", "message": "fixed"}],
    }
    items = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    schema = StructuralSchema.compile(
        {"type": "object", "properties": {"spec": {"type": "object", "properties": {"m": items}}}}
    )
    old = {"m": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}
    assert found(schema, {"m": [{"k": "b", "v": 2}, {"k": "a", "v": 1}, {"k": "c", "v": 9}]}, old=old) == []
    assert [field for *_, field in found(schema, {"m": [{"k": "b", "v": 3}]}, old=old)] == ["spec.m[0]"]


def test_an_unchanged_value_is_not_blocked_by_a_new_rule() -> None:
    schema = schema_with({"rule": "self.a > 5"})
    assert found(schema, {"a": 1}, old={"a": 1}) == []
    assert len(found(schema, {"a": 2}, old={"a": 1})) == 1


def test_rules_wait_until_the_object_has_its_form() -> None:
    got = found(schema_with({"rule": "self.a < self.b"}), {"a": "x", "b": 1})
    assert [reason for reason, *_ in got] == ["FieldValueTypeInvalid", "FieldValueInvalid"]
    assert got[1][1].startswith("Invalid value: null: some validation rules were not checked")


def test_rules_of_an_absent_part_do_not_run() -> None:
    part = {"type": "object", "properties": {"x": NUMBER}, "x-kubernetes-validations": [{"rule": "self.x == 1"}]}
    schema = StructuralSchema.compile(
        {"type": "object", "properties": {"spec": {"type": "object", "properties": {"part": part}}}}
    )
    assert found(schema, {}) == []
    assert [field for *_, field in found(schema, {"part": {"x": 2}})] == ["spec.part"]


def test_values_are_seen_by_their_schema() -> None:
    spec = {
        "type": "object",
        "properties": {
            "ratio": {"type": "number"},
            "when": {"type": "string", "format": "date-time"},
            "every": {"type": "string", "format": "duration"},
            "namespace": {"type": "string"},
            "a-b": {"type": "string"},
        },
        "x-kubernetes-validations": [
            {"rule": "self.ratio + 0.5 == 1.5"},
            {"rule": "self.when > timestamp('2026-01-01T00:00:00Z')"},
            {"rule": "self.every == duration('90m')"},
            {"rule": "self.__namespace__ == 'n' && self.a__dash__b == 'x'"},
        ],
    }
    schema = StructuralSchema.compile({"type": "object", "properties": {"spec": spec}})
    good = {"ratio": 1, "when": "2026-06-01T00:00:00Z", "every": "1h30m", "namespace": "n", "a-b": "x"}
    assert found(schema, good) == []


def test_rules_inside_all_of_run() -> None:
    schema = schema_with(
        {"rule": "true"}, allOf=[{"x-kubernetes-validations": [{"rule": "self.a == 1", "message": "one"}]}]
    )
    assert found(schema, {"a": 2}) == [("FieldValueInvalid", 'Invalid value: "object": one', "spec")]
