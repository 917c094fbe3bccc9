"""Placeholder until the rest is there."""
from typing import Any
from devcluster.structural.field_errors import FieldError
def definition_errors(crd: dict[str, Any]) -> list[FieldError]:
    return []
