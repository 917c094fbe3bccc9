"""Checks of one value against the scalar keywords of a schema: type, lengths, pattern, ranges, format, enumeration.

Each factory takes a schema and returns a `Check`, or None when the schema has no such keyword. Wording follows
kube-openapi's ``validate`` package. Text lengths count characters; patterns are searched, not anchored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import re2

from devcluster.structural.field_errors import (
    NO_FIELD,
    FieldError,
    go_float,
    invalid,
    not_supported,
    quoted,
    too_long,
    type_invalid,
)
from devcluster.structural.formats import FORMATS

Check = Callable[[Any, str, list[FieldError]], None]

_INTEGER_BITS = {"int32": 31, "int64": 63}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
}


def json_type(value: Any) -> str:
    """Return the JSON name of a value's type, ``integer`` for whole numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for name in ("string", "object", "array", "integer"):
        if isinstance(value, _PYTHON_TYPES[name]):
            return name
    return "number"


def is_number(value: Any) -> bool:
    """Tell whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def type_check(schema: dict[str, Any]) -> Check | None:
    """Check the JSON type; a null is fine where the schema is nullable."""
    wanted = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") else [schema.get("type", "")]
    if not wanted[0]:
        return None
    allowed = tuple(kind for name in wanted for kind in _PYTHON_TYPES.get(name, ()))
    nullable, names = bool(schema.get("nullable")), ",".join(wanted)

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed):
            return
        if value is None and nullable:
            return
        if isinstance(value, float) and value.is_integer() and "integer" in wanted:
            return
        found = json_type(value)
        errors.append(type_invalid(path, found, f"{path} in body must be of type {names}: {quoted(found)}"))

    return check


def string_check(schema: dict[str, Any]) -> Check | None:
    """Check the length, then the pattern; the first failure ends it."""
    maximum, minimum, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if maximum is None and minimum is None and not pattern:
        return None
    search = compile_pattern(pattern).search if pattern else None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not isinstance(value, str):
            return
        if maximum is not None and len(value) > maximum:
            errors.append(too_long(path, maximum))
        elif minimum is not None and len(value) < minimum:
            errors.append(invalid(path, value, f"{path} in body should be at least {minimum} chars long"))
        elif search is not None and not search(value):
            errors.append(invalid(path, value, f"{path} in body should match '{pattern}'"))

    return check


def compile_pattern(pattern: str) -> Any:
    """Compile a Go regular expression.

    Raises:
        ValueError: the pattern is not a regular expression.

    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError("not a regular expression") from error


def number_check(schema: dict[str, Any]) -> Check | None:
    """Check the range of the integer format, multipleOf, maximum and minimum, in this order."""
    bits = _INTEGER_BITS.get(schema.get("format", "")) if schema.get("type") == "integer" else None
    checks = [found for found in (_multiple_of(schema), _bound(schema, "maximum"), _bound(schema, "minimum")) if found]
    if bits is None and not checks:
        return None
    form = schema.get("format", "")

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not is_number(value):
            return
        if bits is not None and not -(1 << bits) <= value < 1 << bits:
            detail = f"Checked value must be of type integer with format {form} in {path}"
            errors.append(invalid(NO_FIELD, "", detail))
        for one in checks:
            one(value, path, errors)

    return check


def _multiple_of(schema: dict[str, Any]) -> Check | None:
    factor = schema.get("multipleOf")
    if not factor:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not (value / factor).is_integer():
            errors.append(invalid(path, value, f"{path} in body should be a multiple of {go_float(factor)}"))

    return check


def _bound(schema: dict[str, Any], keyword: str) -> Check | None:
    bound = schema.get(keyword)
    if bound is None:
        return None
    exclusive = bool(schema.get(f"exclusive{keyword.capitalize()}"))
    sign = 1 if keyword == "maximum" else -1
    comparison = "less than" if keyword == "maximum" else "greater than"
    words = f"should be {comparison}{'' if exclusive else ' or equal to'} {go_float(bound)}"

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        beyond = sign * (value - bound)
        if beyond > 0 or (exclusive and beyond == 0):
            errors.append(invalid(path, value, f"{path} in body {words}"))

    return check


def format_check(schema: dict[str, Any]) -> Check | None:
    """Check the format of a text; formats that are not known are not checked."""
    name = schema.get("format", "")
    matches = FORMATS.get(name)
    if matches is None:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if isinstance(value, str) and not matches(value):
            errors.append(type_invalid(path, value, f"{path} in body must be of type {name}: {quoted(value)}"))

    return check


def enum_check(schema: dict[str, Any]) -> Check | None:
    """Check that the value is one of the enumeration."""
    allowed = schema.get("enum")
    if not allowed:
        return None

    def check(value: Any, path: str, errors: list[FieldError]) -> None:
        if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed):
            errors.append(not_supported(path, value, allowed))

    return check


def is_go_pattern(pattern: str) -> bool:
    """Tell whether a pattern compiles; look-around and back-references do not."""
    try:
        compile_pattern(pattern)
    except (ValueError, re.error):
        return False
    return True
