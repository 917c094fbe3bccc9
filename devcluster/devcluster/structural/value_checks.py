"""The checks of a whole schema, compiled into one function.

`compile_checks` walks a schema once and returns what validates a value and everything below it, or None when there
is nothing to check. Order and wording follow kube-openapi: type, combinations (anyOf, oneOf, allOf, not), text,
format, number, list, enumeration, object.
"""

from __future__ import annotations

from typing import Any

from devcluster.structural.combinations import combination_check
from devcluster.structural.field_errors import FieldError, invalid, required, too_many
from devcluster.structural.scalar_checks import (
    Check,
    enum_check,
    format_check,
    number_check,
    string_check,
    type_check,
)


def compile_checks(schema: dict[str, Any], *, values: bool = True) -> Check | None:
    """Compile a schema; with ``values`` off only types are checked, as for built-in kinds."""
    checks = [type_check(schema)]
    if values:
        checks += [
            combination_check(schema, compile_checks),
            string_check(schema),
            format_check(schema),
            number_check(schema),
        ]
    checks.append(_list_check(schema, values=values))
    if values:
        checks.append(enum_check(schema))
    checks.append(_object_check(schema, values=values))
    return _sequence([check for check in checks if check is not None])


def _sequence(checks: list[Check]) -> Check | None:
    if len(checks) < 2:
        return checks[0] if checks else None
    both = tuple(checks)

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        for one in both:
            one(value, path, errors)

    return check


def _list_check(schema: dict[str, Any], *, values: bool) -> Check | None:
    items = compile_checks(schema["items"], values=values) if isinstance(schema.get("items"), dict) else None
    limits = _list_limits(schema) if values else None
    if items is None and limits is None:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, list):
            return
        if items is not None:
            for index, item in enumerate(value):
                items(item, f"{path}[{index}]", errors)
        if limits is not None:
            limits(value, path, errors)

    return check


def _list_limits(schema: dict[str, Any]) -> Check | None:
    minimum, maximum, unique = schema.get("minItems"), schema.get("maxItems"), schema.get("uniqueItems")
    if minimum is None and maximum is None and not unique:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if minimum is not None and len(value) < minimum:
            errors.append(invalid(path, len(value), f"{path} in body should have at least {minimum} items"))
        if maximum is not None and len(value) > maximum:
            errors.append(too_many(path, len(value), maximum))
        if unique and any(item in value[:index] for index, item in enumerate(value)):
            errors.append(invalid(path, "", f"{path} in body shouldn't contain duplicates"))

    return check


def _object_check(schema: dict[str, Any], *, values: bool) -> Check | None:
    known = schema.get("properties", {})
    properties = {name: found for name in sorted(known) if (found := compile_checks(known[name], values=values))}
    additional = schema.get("additionalProperties")
    others = compile_checks(additional, values=values) if isinstance(additional, dict) else None
    limits = _object_limits(schema) if values else None
    demanded = tuple(schema.get("required", ())) if values else ()
    if not (properties or others or limits or demanded):
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, dict):
            return
        if limits is not None and limits(value, path, errors):
            return
        prefix = f"{path}." if path else ""
        if others is not None:
            for name in value:
                if name not in known:
                    others(value[name], prefix + name, errors)
        for name, one in properties.items():
            if name in value:
                one(value[name], prefix + name, errors)
        errors.extend(required(prefix + name) for name in demanded if name not in value)

    return check


def _object_limits(schema: dict[str, Any]) -> Any:
    """Return a check that answers True when the number of entries is wrong, which ends the object's validation."""
    minimum, maximum = schema.get("minProperties"), schema.get("maxProperties")
    if minimum is None and maximum is None:
        return None

    def check(value: dict[str, Any], path: str, errors: list[FieldError]) -> bool:
        if minimum is not None and len(value) < minimum:
            errors.append(invalid(path, len(value), f"{path} in body should have at least {minimum} properties"))
        elif maximum is not None and len(value) > maximum:
            errors.append(too_many(path, len(value), maximum))
        else:
            return False
        return True

    return check
