"""One invalid field as an entry of ``Status.details.causes``, worded as kube-apiserver words it.

The constructors mirror apimachinery's ``field`` package: each names its reason and builds the message from the
offending value. Neighbours: every other module of this package appends to lists of `FieldError`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NO_FIELD = "<nil>"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of ``Status.details.causes``."""

    reason: str
    message: str
    field: str

    def as_cause(self) -> dict[str, str]:
        """Return the entry in the shape of ``Status.details.causes``."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def go_float(number: float) -> str:
    """Format a number as Go's ``%v`` prints a float64 (shortest form, exponent from 1e+06 and below 1e-04)."""
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(float(number))).normalize().as_tuple()
    if not isinstance(exponent, int):
        return str(number)
    scale = len(digits) + exponent - 1
    text = "".join(map(str, digits))
    if -4 <= scale < 21 and (scale < 6 or len(digits) > scale + 1):
        return format(Decimal((sign, digits, exponent)), "f")
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if scale < 0 else '+'}{abs(scale):02d}"


def quoted(text: str) -> str:
    """Quote a text as Go's ``%q`` does for printable characters."""
    return json.dumps(text, ensure_ascii=False)


def printed(value: Any) -> str:
    """Print a field's value as it stands in an error message."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return go_float(value)
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def required(field: str, detail: str = "") -> FieldError:
    """Say that a field is missing."""
    return FieldError("FieldValueRequired", f"Required value: {detail}" if detail else "Required value", field)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """Say that a value breaks a rule."""
    return FieldError("FieldValueInvalid", f"Invalid value: {printed(value)}: {detail}", field)


def type_invalid(field: str, value: Any, detail: str) -> FieldError:
    """Say that a value is of the wrong type."""
    return FieldError("FieldValueTypeInvalid", f"Invalid value: {printed(value)}: {detail}", field)


def forbidden(field: str, detail: str) -> FieldError:
    """Say that a field may not be set like this."""
    return FieldError("FieldValueForbidden", f"Forbidden: {detail}", field)


def duplicate(field: str, value: Any) -> FieldError:
    """Say that a value occurs twice where it may occur once."""
    return FieldError("FieldValueDuplicate", f"Duplicate value: {printed(value)}", field)


def not_supported(field: str, value: Any, supported: list[Any]) -> FieldError:
    """Say that a value is none of an enumeration."""
    names = ", ".join(quoted(item if isinstance(item, str) else printed(item)) for item in supported)
    return FieldError(
        "FieldValueNotSupported", f"Unsupported value: {printed(value)}: supported values: {names}", field
    )


def too_long(field: str, maximum: int) -> FieldError:
    """Say that a text is longer than allowed."""
    return FieldError("FieldValueTooLong", f"Too long: may not be more than {maximum} bytes", field)


def too_many(field: str, actual: int, maximum: int) -> FieldError:
    """Say that a list or a map has more entries than allowed."""
    items = "item" if maximum == 1 else "items"
    return FieldError("FieldValueTooMany", f"Too many: {actual}: must have at most {maximum} {items}", field)
