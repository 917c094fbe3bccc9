"""The keywords that combine schemas: anyOf, oneOf, allOf and not.

A combination that fails is reported against the whole object (``<nil>``), followed by what its first alternative
has to say, as kube-openapi does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devcluster.structural.field_errors import NO_FIELD, FieldError, invalid, quoted
from devcluster.structural.scalar_checks import Check

Compile = Callable[[dict[str, Any]], Check | None]


def combination_check(schema: dict[str, Any], compile_schema: Compile) -> Check | None:
    """Check all combinations of a schema; ``compile_schema`` compiles the alternatives."""
    checks = [
        _any_of(_compiled(schema, "anyOf", compile_schema)),
        _one_of(_compiled(schema, "oneOf", compile_schema)),
        _all_of(_compiled(schema, "allOf", compile_schema)),
        _not(schema.get("not"), compile_schema),
    ]
    found = tuple(check for check in checks if check is not None)
    if not found:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if value is not None:
            for one in found:
                one(value, path, errors)

    return check


def _compiled(schema: dict[str, Any], keyword: str, compile_schema: Compile) -> list[Check | None]:
    return [compile_schema(alternative) for alternative in schema.get(keyword, ())]


def _failures(check: Check | None, value: Any, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if check is not None:
        check(value, path, errors)
    return errors


def _whole(detail: str) -> FieldError:
    return invalid(NO_FIELD, "", detail)


def _any_of(alternatives: list[Check | None]) -> Check | None:
    if not alternatives:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        failures = []
        for alternative in alternatives:
            found = _failures(alternative, value, path)
            if not found:
                return
            failures.append(found)
        errors.append(_whole(f"{quoted(path)} must validate at least one schema (anyOf)"))
        errors.extend(failures[0])

    return check


def _one_of(alternatives: list[Check | None]) -> Check | None:
    if not alternatives:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        results = [_failures(alternative, value, path) for alternative in alternatives]
        valid = sum(not result for result in results)
        if valid == 1:
            return
        found = f"Found {valid} valid alternatives" if valid else "Found none valid"
        errors.append(_whole(f"{quoted(path)} must validate one and only one schema (oneOf). {found}"))
        if not valid:
            errors.extend(results[0])

    return check


def _all_of(parts: list[Check | None]) -> Check | None:
    if not parts:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        failures = [found for part in parts if (found := _failures(part, value, path))]
        for found in failures:
            errors.extend(found)
        if failures:
            none = ". None validated" if len(failures) == len(parts) else ""
            errors.append(_whole(f"{quoted(path)} must validate all the schemas (allOf){none}"))

    return check


def _not(schema: dict[str, Any] | None, compile_schema: Compile) -> Check | None:
    if schema is None:
        return None
    refused = compile_schema(schema)

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not _failures(refused, value, path):
            errors.append(_whole(f"{quoted(path)} must not validate the schema (not)"))

    return check
