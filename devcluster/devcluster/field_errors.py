"""Constructors of the field errors that validation reports, worded like apimachinery's `field` package."""

from typing import Any

import orjson

from devcluster.structural import FieldError


def _quoted(value: Any) -> str:
    return orjson.dumps(value).decode()


def required(path: str, why: str = "") -> FieldError:
    """Return the error about an absent field."""
    return FieldError("FieldValueRequired", f"Required value: {why}" if why else "Required value", path)


def invalid_value(path: str, value: Any, why: str) -> FieldError:
    """Return the error about a value that is not acceptable; the value is shown."""
    return FieldError("FieldValueInvalid", f"Invalid value: {_quoted(value)}: {why}", path)


def forbidden_field(path: str, why: str) -> FieldError:
    """Return the error about a field that may not be set or changed."""
    return FieldError("FieldValueForbidden", f"Forbidden: {why}", path)


def too_long(path: str, limit: int) -> FieldError:
    """Return the error about a value above a limit in bytes."""
    return FieldError("FieldValueTooLong", f"Too long: may not be more than {limit} bytes", path)


def not_supported(path: str, value: Any, supported: list[str]) -> FieldError:
    """Return the error about a value outside an enumeration."""
    choices = ", ".join(_quoted(choice) for choice in supported)
    message = f"Unsupported value: {_quoted(value)}: supported values: {choices}"
    return FieldError("FieldValueNotSupported", message, path)
