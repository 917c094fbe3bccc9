"""``x-kubernetes-validations``: the tree of CEL rules of a schema and their evaluation.

`compile_rules` turns a raw schema into a `RuleTree`, or None when it holds no rule. Rules run where their value
exists; transition rules (those that name ``oldSelf``) only where an old value can be told. On an update a rule that
an unchanged value breaks is passed over (ratcheting). Neighbours: `cel_programs` compiles, `cel_values` converts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devcluster.structural.cel_errors import CelError
from devcluster.structural.cel_values import Converter, converter
from devcluster.structural.field_errors import NO_FIELD, FieldError, duplicate, forbidden, invalid, required
from devcluster.structural.field_paths import parse_field_path
from devcluster.structural.nodes import MISSING

if TYPE_CHECKING:
    from devcluster.structural.cel_programs import CelProgram

_LONGEST_MESSAGE = 5 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule."""

    program: CelProgram
    message: str
    message_program: CelProgram | None
    field_path: str
    reason: str
    optional_old_self: bool

    @property
    def name(self) -> str:
        """How errors speak of the rule."""
        return self.message or self.program.source.strip()


@dataclass(frozen=True, slots=True)
class RuleTree:
    """The rules of one place in the schema and of what is below it."""

    rules: tuple[Rule, ...]
    type: str
    convert: Converter | None
    properties: dict[str, RuleTree]
    additional: RuleTree | None
    items: RuleTree | None
    all_of: tuple[RuleTree, ...]
    map_keys: tuple[str, ...]
    correlatable: bool

    def evaluate(self, value: Any, old: Any, path: str, errors: list[FieldError]) -> None:
        """Append what the rules say about a value; ``old`` is None where there is no comparable old value."""
        if value is None:
            return
        if self.rules:
            self._evaluate_here(value, old, path, errors)
        for part in self.all_of:
            part.evaluate(value, old, path, errors)
        if isinstance(value, dict):
            self._evaluate_members(value, old, path, errors)
        elif isinstance(value, list) and self.items is not None:
            find_old = self._old_items(old)
            for index, item in enumerate(value):
                self.items.evaluate(item, find_old(item), f"{path}[{index}]", errors)

    def _evaluate_members(self, value: dict[str, Any], old: Any, path: str, errors: list[FieldError]) -> None:
        before = old if isinstance(old, dict) and self.correlatable else {}
        for name in sorted(value):
            found = self.properties.get(name)
            if found is not None:
                found.evaluate(value[name], before.get(name), f"{path}.{name}" if path else name, errors)
            elif self.additional is not None:
                self.additional.evaluate(value[name], before.get(name), f"{path}[{name}]", errors)

    def _old_items(self, old: Any) -> Callable[[Any], Any]:
        """Return what finds the old form of an item; only lists that are maps can tell."""
        keys = self.map_keys
        if not keys or not isinstance(old, list):
            return lambda _item: None

        def identity(item: Any) -> tuple[str, ...]:
            return tuple(repr(item.get(key)) if isinstance(item, dict) else "" for key in keys)

        by_key = {identity(item): item for item in old}
        return lambda item: by_key.get(identity(item))

    def _evaluate_here(self, value: Any, old: Any, path: str, errors: list[FieldError]) -> None:
        convert = self.convert
        current = value if convert is None else convert(value)
        before = old if convert is None or old is None else convert(old)
        for rule in self.rules:
            transition = rule.program.uses_old_self
            if transition and old is None and not rule.optional_old_self:
                continue
            if not transition and old is not None and old == value:
                continue
            variables = {"self": current}
            if transition:
                from devcluster.structural.cel_programs import optional_of

                variables["oldSelf"] = optional_of(before) if rule.optional_old_self else before
            error = _outcome(rule, variables, self.type, path)
            if error is not None:
                errors.append(error)


def compile_rules(schema: dict[str, Any]) -> RuleTree | None:
    """Compile the rules of a schema, None when there are none.

    Raises:
        CelError: a rule does not compile.

    """
    return _compile_tree(schema, schema)


def _compile_tree(schema: dict[str, Any], typed: dict[str, Any]) -> RuleTree | None:
    """Compile the rules of ``schema``; ``typed`` is the same place with types, which ``allOf`` parts do not repeat."""
    properties = {}
    for name, child in schema.get("properties", {}).items():
        found = _compile_tree(child, typed.get("properties", {}).get(name, child))
        if found is not None:
            properties[name] = found
    additional = _compile_below(schema, typed, "additionalProperties")
    items = _compile_below(schema, typed, "items")
    parts = tuple(found for part in schema.get("allOf", ()) if (found := _compile_tree(part, typed)) is not None)
    rules = tuple(_compile_rule(rule) for rule in schema.get("x-kubernetes-validations") or ())
    if not (rules or properties or additional or items or parts):
        return None
    return RuleTree(
        rules=rules,
        type=typed.get("type", ""),
        convert=converter(typed) if rules else None,
        properties=properties,
        additional=additional,
        items=items,
        all_of=parts,
        map_keys=tuple(typed.get("x-kubernetes-list-map-keys", ())),
        correlatable=typed.get("x-kubernetes-map-type") != "atomic",
    )


def _compile_below(schema: dict[str, Any], typed: dict[str, Any], keyword: str) -> RuleTree | None:
    child, typed_child = schema.get(keyword), typed.get(keyword)
    if not isinstance(child, dict):
        return None
    return _compile_tree(child, typed_child if isinstance(typed_child, dict) else child)


def _compile_rule(rule: dict[str, Any]) -> Rule:
    # The library is loaded with the first rule: most clusters never see one.
    from devcluster.structural.cel_programs import compile_cel

    expression = rule.get("messageExpression") or ""
    return Rule(
        program=compile_cel(rule.get("rule", "")),
        message=(rule.get("message") or "").strip(),
        message_program=compile_cel(expression) if expression else None,
        field_path=parse_field_path(rule.get("fieldPath") or ""),
        reason=rule.get("reason") or "",
        optional_old_self=bool(rule.get("optionalOldSelf")),
    )


def _outcome(rule: Rule, variables: dict[str, Any], kind: str, path: str) -> FieldError | None:
    try:
        result = rule.program.run(variables)
    except CelError as error:
        return invalid(path or NO_FIELD, kind, f"{error} evaluating rule: {rule.name}")
    if result is True:
        return None
    field = path or NO_FIELD
    if rule.field_path:
        field = f"{path}.{rule.field_path}" if path and not rule.field_path.startswith("[") else path + rule.field_path
    return _error_for(rule, field, kind, _message(rule, variables))


def _message(rule: Rule, variables: dict[str, Any]) -> str:
    if rule.message_program is not None:
        try:
            text = rule.message_program.run(variables)
        except CelError:
            text = MISSING
        if isinstance(text, str):
            text = text.strip()
            if text and "\n" not in text and len(text.encode()) <= _LONGEST_MESSAGE:
                return text
    return rule.message or f"failed rule: {rule.name}"


def _error_for(rule: Rule, field: str, kind: str, detail: str) -> FieldError:
    if rule.reason == "FieldValueForbidden":
        return forbidden(field, detail)
    if rule.reason == "FieldValueRequired":
        return required(field, detail)
    if rule.reason == "FieldValueDuplicate":
        return duplicate(field, kind)
    return invalid(field, kind, detail)
